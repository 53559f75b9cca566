"""What OME-XML says of each page beyond the pixel size: channel and instrument; by the package ome-types (an extra)."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

from semclear.io.metadata.finding import Finding, known, length_nm

SOURCE = "OME-XML"


@lru_cache(maxsize=2)  # each page of a file asks for the same text
def _model(xml: str) -> Any:
    """Return the parsed text; None where ome-types is not installed, or the text is not as the OME schema wants it."""
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:  # no part of OME-XML, and expanding them can fill the memory
        return None
    try:
        import ome_types
    except ImportError:
        return None
    try:
        with warnings.catch_warnings():  # of what is odd in the text, which no person can change
            warnings.simplefilter("ignore")
            return ome_types.from_xml(xml, validate=False)
    except Exception:  # a text that anybody may have written; `ome.pixel_size` reads what there is of it
        return None


def _channel_of(pixels: Any, plane: int) -> Any:
    """Return the channel of an image's n-th page: dimensions follow one another in the image's own order."""
    channels = pixels.channels
    if not channels:
        return None
    before = 1
    for axis in pixels.dimension_order.value[2:]:
        length = len(channels) if axis == "C" else {"Z": pixels.size_z, "T": pixels.size_t}[axis]
        if axis == "C":
            return channels[plane // before % length]
        before *= length
    return channels[0]


def _pages_of(pixels: Any, file: str | None) -> list[tuple[int | None, int]]:
    """Return page of this file (None: the next one) and place in the image of each of its pictures."""
    samples = pixels.channels[0].samples_per_pixel if pixels.channels else 1
    count = max(1, pixels.size_c // (samples or 1)) * pixels.size_z * pixels.size_t
    blocks = [block for block in pixels.tiff_data_blocks if block.ifd is not None]
    if not blocks:
        return [(None, plane) for plane in range(count)]
    sizes = {"C": max(1, len(pixels.channels)), "Z": pixels.size_z, "T": pixels.size_t}
    found: list[tuple[int | None, int]] = []
    for block in blocks:
        if file and block.uuid and block.uuid.value != file:  # of a set of several files
            continue
        first, before = 0, 1
        for axis in pixels.dimension_order.value[2:]:
            first += before * {"C": block.first_c, "Z": block.first_z, "T": block.first_t}[axis]
            before *= sizes[axis]
        many = min(block.plane_count or 1, count)
        found += [(block.ifd + number, first + number) for number in range(many)]
    return found


def _instrument_of(model: Any, image: Any) -> str | None:
    wanted = image.instrument_ref.id if image.instrument_ref else None
    scopes = [one.microscope for one in model.instruments if wanted in (None, one.id) and one.microscope]
    words = (scopes[0].manufacturer, scopes[0].model) if scopes else ()
    return " ".join(word for word in words if word) or None


def of_page(xml: str, page: int) -> Finding | None:
    """Return what OME-XML says of a page: pixel size of its scene, channel, and instrument.

    Parameters
    ----------
    xml : str
        ImageDescription of an OME-TIFF.
    page : int
        Number of the page in the file, from 0: images of the text (scenes) follow one another where they do not name
        their pages.

    Returns
    -------
    Finding or None
        None where ome-types is not installed or refuses the text, or no image of it has this page.
    """
    model = _model(xml)
    if model is None:
        return None
    following = 0
    for image in model.images:
        pixels = image.pixels
        for at, plane in _pages_of(pixels, model.uuid):
            at = following if at is None else at
            following = max(following, at + 1)
            if at != page:
                continue
            channel = _channel_of(pixels, plane)
            sizes = [
                length_nm(float(size), unit.value) if size else None
                for size, unit in (
                    (pixels.physical_size_x, pixels.physical_size_x_unit),
                    (pixels.physical_size_y, pixels.physical_size_y_unit),
                )
            ]
            told = known(detector=channel.name if channel else None, instrument=_instrument_of(model, image))
            return Finding("", sizes[0], sizes[1], SOURCE, (pixels.size_x, None), told)
    return None
