"""Pixel size and instrument from the file, its side-car and rosettasciio, in this order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from semclear.io.metadata import rosetta, sidecars
from semclear.io.metadata.finding import Finding
from semclear.io.metadata.pixel_size import believable, of_this_picture


def understood(embedded: Finding, path: Path, kind: str, size: tuple[int, int], notes: list[str]) -> Finding:
    """Return what the file says, completed from its side-car and, last, from rosettasciio.

    A pixel size in the file itself comes first. A side-car that speaks of another number of pixels a row belongs to
    an image before it was resized or cropped: its pixel size is not taken, and a note says so.

    Parameters
    ----------
    embedded : Finding
        What the file itself says.
    path : Path
        The file.
    kind : str
        Its format.
    size : tuple of int
        Width and height in stored pixels.
    notes : list of str
        Receives remarks.
    """
    width, height = size
    beside = sidecars.beside(path, height, width)
    if beside is not None:
        notes += beside.notes
        beside = replace(believable(beside), metadata=beside.metadata | {"found_in": beside.source})
    if embedded.metadata:
        embedded = replace(
            embedded, metadata=embedded.metadata | {"found_in": embedded.source or "TIFF tags"}
        )
    elif beside is not None:
        embedded = replace(embedded, vendor=beside.vendor, metadata=beside.metadata, picture=beside.picture)
    if embedded.picture[0] not in (None, width):
        embedded = replace(embedded, picture=(None, None))
    if embedded.width_nm is None and beside is not None:
        beside = of_this_picture(beside, width, notes)
        if beside.width_nm is not None:
            return replace(
                embedded, width_nm=beside.width_nm, height_nm=beside.height_nm, source=beside.source
            )
    asked = embedded.width_nm is None and kind == "TIFF" and not embedded.of_another  # it would say the same
    if asked and (guest := rosetta.of_tiff(path, notes)):
        guest = believable(guest)
        return replace(embedded, width_nm=guest.width_nm, height_nm=guest.height_nm, source=guest.source)
    return embedded
