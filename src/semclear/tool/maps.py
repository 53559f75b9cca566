"""Writing maps as 32-bit float TIFF with the pixel size of the micrograph they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from semclear.files import whole_file

CENTIMETRE, NO_UNIT = 3, 1
NANOMETRES = 1e7  # in a centimetre


def write(path: str | Path, maps: Iterable[np.ndarray], pixel_size_nm: float | None) -> None:
    """Write maps, one page each, whole or not at all; no date, so that equal maps give equal bytes.

    Parameters
    ----------
    path : str or Path
        The TIFF to appear.
    maps : iterable of ndarray, (H, W), float32
        A page each, in the micrograph's own grey units.
    pixel_size_nm : float or None
        Stored as resolution in pixels a centimetre; without it no resolution is claimed.

    Raises
    ------
    SemclearError
        When the disk refuses the file.
    """
    import tifffile

    resolution = {"resolutionunit": NO_UNIT}
    if pixel_size_nm is not None:
        pixels = NANOMETRES / pixel_size_nm
        resolution = {"resolution": (pixels, pixels), "resolutionunit": CENTIMETRE}
    with whole_file(path) as scratch, tifffile.TiffWriter(scratch) as tiff:
        for values in maps:
            tiff.write(
                np.asarray(values, np.float32),
                photometric="minisblack",
                metadata=None,
                software="semclear",
                description="uncertainty: standard deviation over eight orientations, in grey units of the micrograph",
                **resolution,
            )
