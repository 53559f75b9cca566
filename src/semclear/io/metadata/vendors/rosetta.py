"""The optional extra rosettasciio: pixel size of TIFF dialects that are not known here, such as Olympus SIS."""

from __future__ import annotations

from pathlib import Path

from semclear.io.metadata.vendors.finding import Finding, length_nm


def of_tiff(path: Path) -> Finding | None:
    """Return the pixel size that ``rsciio.tiff.file_reader`` finds, or None.

    Parameters
    ----------
    path : Path
        A TIFF file.

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
            length_nm(axes[name]["scale"], str(axes[name]["units"])) for name in ("width", "height")
        )
    except Exception:  # a guest's failure on an odd file is no reason to refuse the file
        return None
    return Finding(width_nm=width, height_nm=height, source="rosettasciio") if width else None
