"""The files that microscopes write beside an image."""

from __future__ import annotations

from pathlib import Path

from semclear.io.metadata.finding import Finding
from semclear.io.metadata.texts import text_in
from semclear.io.metadata.vendor import vendors

LARGEST_BYTES = 2**20
"""A side-car has a few kilobytes; more is some other text of the same name."""


def names(path: Path) -> list[str]:
    """Return what side-cars of an image may be called, in upper or lower case."""
    endings = dict.fromkeys(ending for vendor in vendors() for ending in vendor.endings)
    return [path.stem + ending.format(suffix=path.suffix[1:]) for ending in endings]


def beside(path: Path, height: int, width: int | None = None) -> Finding | None:
    """Return what the side-car of an image says.

    Parameters
    ----------
    path : Path
        The image.
    height : int
        Its rows.
    width : int, optional
        Its columns, for texts that say how wide the field is and not how many pixels it has.

    Returns
    -------
    Finding or None
        None where there is none, or none that is known. A side-car that cannot be read counts as none.
    """
    wanted = {name.lower() for name in names(path)}
    try:
        files = sorted(
            file for file in path.parent.iterdir() if file.name.lower() in wanted and file.is_file()
        )
    except OSError:
        return None
    for file in files:
        try:
            if file.stat().st_size > LARGEST_BYTES:
                continue
            text = text_in(file.read_bytes())
        except OSError:
            continue
        source = f"side-car {file.name}"
        for vendor in vendors():
            if vendor.beside and (found := vendor.beside(text, source, height, width)) is not None:
                return found
    return None
