"""The files that microscopes write beside an image."""

from __future__ import annotations

from pathlib import Path

from semclear.io.metadata.vendors import hitachi, jeol, tescan
from semclear.io.metadata.vendors.finding import Finding
from semclear.io.metadata.vendors.texts import text_in

LARGEST_BYTES = 2**20
"""A side-car has a few kilobytes; more is some other text of the same name."""


def beside(path: Path, height: int, width: int | None = None) -> Finding | None:
    """Return what the side-car of an image says.

    Looked for, in upper or lower case: ``NAME.hdr`` and ``NAME-tif.hdr`` (TESCAN, the latter with the image's suffix),
    ``NAME.txt`` (Hitachi, JEOL, TESCAN).

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
    names = (f"{path.stem}.hdr", f"{path.stem}-{path.suffix[1:]}.hdr", f"{path.stem}.txt")
    wanted = {name.lower() for name in names}
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
        found = (
            hitachi.of_text(text, source)
            or jeol.of_text(text, source, width)
            or tescan.of_text(text, source, height)
        )
        if found is not None:
            return found
    return None
