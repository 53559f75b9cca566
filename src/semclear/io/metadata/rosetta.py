"""The optional extra rosettasciio: pixel size of TIFF dialects that are not known here, such as Olympus SIS."""

from __future__ import annotations

from pathlib import Path

from semclear.io.formats.damage import PARSER_ERRORS, reason_of
from semclear.io.metadata.finding import Finding, length_nm

FAILURES = (*PARSER_ERRORS, OSError, RuntimeError)
"""What a reader of damaged or unknown files raises; RuntimeError has NotImplementedError in it."""


def of_tiff(path: Path, notes: list[str]) -> Finding | None:
    """Return the pixel size that ``rsciio.tiff.file_reader`` finds, or None.

    Parameters
    ----------
    path : Path
        A TIFF file.
    notes : list of str
        Receives why rosettasciio could not read it: a guest's failure on an odd file is no reason to refuse the file.

    Returns
    -------
    Finding or None
        None when rosettasciio is not installed, fails, or finds no calibrated axes.
    """
    try:
        from rsciio.tiff import file_reader
    except ImportError:
        return None
    try:
        axes = {axis["name"]: axis for axis in file_reader(str(path))[0]["axes"]}
        width, height = (
            length_nm(axis["scale"], str(axis["units"])) if (axis := axes.get(name)) else None
            for name in ("width", "height")
        )
    except FAILURES as error:
        notes.append(f"rosettasciio cannot read the pixel size ({reason_of(error)}): it stays unknown")
        return None
    return Finding(width_nm=width, height_nm=height, source="rosettasciio") if width else None
