"""Writing restored micrographs in the form of the files they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import FileError
from semclear.files import whole_file
from semclear.io.compose import as_stored, checked, composed, cropped
from semclear.io.formats import encode_tiff
from semclear.io.formats.containers import TIFF, TIFF_SUFFIXES, suffixes
from semclear.io.formats.foreign.foreign_format import formats
from semclear.io.formats.page import StoredPage
from semclear.io.formats.raster import per_metre, rasters
from semclear.io.formats.rasters import png
from semclear.io.metadata import past_processing, provenance
from semclear.io.read import Original

LOSSLESS = png.RASTER
"""What the result of a format that loses something becomes."""

SUFFIXES = {
    name: LOSSLESS.suffixes
    if name in rasters() and rasters()[name].is_lossy
    else TIFF_SUFFIXES
    if name in formats()
    else known
    for name, known in suffixes().items()
}
"""Suffixes of the output by the format of the input, the usual one first."""


def name_for(original: Original) -> str:
    """Return the name of the restored file: the input's, with the suffix of its true format.

    A JPEG becomes a PNG, since compressing again would lose what was restored; a format of `foreign` becomes a TIFF. A
    file whose name is wrong about its format gets the right suffix.
    """
    fitting = SUFFIXES[original.format]
    right = original.path.suffix.lower() in fitting
    return original.path.name if right else original.path.stem + fitting[0]


def _description(
    description: Mapping[str, Any] | None, original: Original, path: Path
) -> tuple[str | None, list[str]]:
    """Return one line of ASCII JSON, with the accounts before it and the input's own description, and remarks."""
    entries, container = dict(description or {}), original.container
    before = container.description if container and not (container.is_imagej or container.is_ome) else ""
    if entries and original.account is not None:
        entries.setdefault(provenance.EARLIER, provenance.chain(original.account))
        if missing := provenance.missing(original.account):
            entries.setdefault(provenance.LEFT_OUT, missing)
        before = past_processing.without(before)
    if before:
        entries["input_description"] = before
    if not entries:
        return None, []
    try:
        entries = provenance.fitting(entries)
        text = json.dumps(entries, ensure_ascii=True, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise FileError(
            path, f"got a description that is no JSON ({error}), expected plain numbers and texts; correct it"
        ) from None
    left_out = entries.get(provenance.LEFT_OUT)
    notes = [f"the image file has no room for {left_out} earlier accounts"] if left_out else []
    return text, notes


def _encode(
    original: Original, pages: Sequence[StoredPage], description: Mapping[str, Any] | None, path: Path
) -> tuple[bytes, list[str]]:
    size_nm = None
    if original.pixel_size_nm is not None:
        size_nm = (original.pixel_size_nm, original.pixel_height_nm or original.pixel_size_nm)
        size_nm = size_nm[::-1] if original.orientation > 4 else size_nm  # along the stored rows
    container = original.container
    raster = rasters().get(original.format)
    has_texts = raster is None or raster.has_texts
    text, notes = _description(description, original, path) if has_texts else (None, [])
    if container is not None:
        in_tags = original.pixel_size_source in ("TIFF resolution", "ImageJ")
        keep = size_nm is None or (in_tags and encode_tiff.holds(container, size_nm))
        data, remarks = encode_tiff.tiff(pages, container, size_nm, text, keep)
        notes += remarks
        if size_nm is not None and not keep and encode_tiff.resolution_of(size_nm) is None:
            notes.append("the pixel size is too small for the resolution tags of TIFF")
        return data, notes
    resolution = per_metre(size_nm, original.per_metre)
    if size_nm is not None and resolution is None:
        notes.append(f"the pixel size is too small for the resolution of {original.format}")
    if description and not has_texts:
        notes.append(f"{original.format} has no place for a description: it was left out of the image file")
    encode = (raster and raster.encode) or png.encode
    return encode(pages[0], resolution, original.chunks, text), notes


def write(
    path: str | Path,
    original: Original,
    images: Sequence[np.ndarray],
    *,
    description: Mapping[str, Any] | None = None,
    crop_databar: bool = False,
) -> tuple[str, ...]:
    """Write restored pages in the format, type, range, layout and size of the input, whole or not at all.

    Data bar, frame, transparency and whatever else lies outside `Page.box` are copied from the stored values. The
    pixel size goes into the resolution of TIFF, PNG (pHYs) and BMP, and into the ImageJ or OME description of a
    TIFF; where it is unknown, the input's resolution is repeated. Vendors' TIFF tags are kept. The same arguments
    give the same bytes.

    Parameters
    ----------
    path : str or Path
        The file to appear, best named by `name_for`; its folder is made if needed.
    original : Original
        What `read.read` returned.
    images : sequence of ndarray, (H, W) or (H - databar_rows, W), float
        One a page, 0 to 1 as in `Page.image`; values outside are clipped.
    description : mapping, optional
        Plain numbers, texts, lists and mappings: JSON in ImageDescription of a TIFF (line ``semclear=``, or the
        image's Description in OME-XML) or in the tEXt part ``semclear`` of a PNG. A TIFF's own description that is
        neither ImageJ's nor OME's is kept there as ``input_description``, the accounts of earlier restorations as
        ``earlier``, the oldest of them left out where they would take more than `provenance.ROOM`.
    crop_databar : bool
        True cuts the data bar off.

    Returns
    -------
    tuple of str
        What a person should know, such as that a JPEG became a PNG.

    Raises
    ------
    SemclearError
        When `path` is the input itself, `images` do not fit the pages or are not finite, `description` is no JSON,
        the pages' data bars differ in height and are to be cut, or the system refuses the write.
    """
    path = Path(path)
    if len(images) != len(original.pages):
        raise FileError(
            path, f"got {len(images)} images, expected {len(original.pages)}, one a page; restore every page"
        )
    _refuse_input(path, original)
    notes = []
    pages: list[StoredPage] = []
    for image, page in zip(images, original.pages, strict=True):
        restored, missing = composed(checked(image, page, str(path)), page, original)
        if missing:
            notes.append(f"the palette is full: {missing} gray levels became their nearest")
        kept = cropped(restored, page.databar_rows) if crop_databar else restored
        pages.append(as_stored(kept, original.orientation))
    if len({page.pixels.shape for page in pages}) != 1:
        raise FileError(
            path,
            "got pages whose data bars differ in height, expected equal ones; keep the bars or give their rows",
        )
    if original.format in rasters() and rasters()[original.format].is_lossy:
        notes.append(f"{original.format} became {LOSSLESS.name}, which loses nothing")
    if original.format in formats():
        notes.append(f"{original.format} became {TIFF}")
    data, more = _encode(original, pages, description, path)
    try:
        with whole_file(path) as scratch:
            scratch.write_bytes(data)
    except OSError as error:
        raise FileError(
            path,
            f"cannot be written ({error.strerror or error}), expected a folder that can be written; "
            "choose another one",
        ) from error
    return (*notes, *more)


def _refuse_input(path: Path, original: Original) -> None:
    try:
        same = path.exists() and path.samefile(original.path)
    except OSError:
        same = False
    if same:
        raise FileError(path, "got the input itself, expected another file; choose another folder")
