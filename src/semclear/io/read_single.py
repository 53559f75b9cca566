"""Reading one micrograph for a data set: its grey levels as shares of the type's range, comparable between files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semclear.errors import SemclearError
from semclear.io.databar import Box
from semclear.io.read import Page
from semclear.io.read import read as read_file


def _check_opaque(page: Page, path: Path) -> None:
    if page.stored.layout not in ("gray+alpha", "rgba"):
        return
    alpha = page.stored.pixels[..., -1]
    if alpha.min() != alpha.max():
        raise SemclearError(
            f"{path}: got a varying transparency (alpha channel), expected an opaque image; flatten it"
        )


def read(path: str | Path) -> Micrograph:
    """Read a file of one gray micrograph, as `semclear.io.read.read` does, for a data set.

    Integers without negative ones are divided by the largest number of their type (255, 65535), so that grey levels of
    different files stay comparable; floats have no such number, and files with negative numbers no black: they are
    scaled as `semclear.io.read.read` does. A constant alpha channel is dropped. Thumbnail pages of a TIFF are passed
    over.

    Parameters
    ----------
    path : str or Path
        The file; its first bytes say what it is, not its name.

    Returns
    -------
    Micrograph
        With float32 `image` in [0, 1].

    Raises
    ------
    SemclearError
        In one line that names the file, as `semclear.io.read.read`, and for several pages or varying transparency.

    Examples
    --------
    >>> import tempfile, numpy, tifffile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "a.tif"
    >>> tifffile.imwrite(path, numpy.arange(256, dtype="uint8").reshape(16, 16))
    >>> micrograph = read(path)
    >>> micrograph.dtype, micrograph.white, micrograph.image.shape
    ('uint8', 255, (16, 16))
    >>> folder.cleanup()
    """
    path = Path(path)
    original = read_file(path)
    if len(original.pages) != 1:
        raise SemclearError(
            f"{path}: got {len(original.pages)} pages, expected one micrograph; save the page you want alone"
        )
    (page,) = original.pages
    _check_opaque(page, path)
    image, white, notes = page.image, None, original.notes
    if page.values.dtype.kind in "iu" and original.low == 0:
        white, largest = int(original.high), int(np.iinfo(page.values.dtype).max)
        if white != largest:
            notes = (*notes, f"divided by {largest} all the same: white is {white}")
        image = np.maximum(page.values.astype(np.float32) / np.float32(largest), np.float32(0))
    return Micrograph(image, original.pixel_size_nm, original.dtype, path, page.box, notes, white)


@dataclass(frozen=True)
class Micrograph:
    """One gray image and what its file says of it.

    Attributes
    ----------
    image : ndarray, (H, W), float32
        Black 0, white 1. Integers are divided by the largest number of their type.
    pixel_size_nm : float or None
        Edge of a pixel in nanometres, where the file's tags give it.
    dtype : str
        Type of the stored numbers, such as ``uint16``.
    path : Path
        Where it was read.
    box : Box
        The picture, without data bar and frame.
    notes : tuple of str
        What a person should know of the conversion (floats scaled by their own range, ...).
    white : int or None
        Stored number that `intensity` takes for white in the picture without data bar and frame: 4095 of a 12-bit
        detector's, or the largest of the type; None of floats, and where some numbers are negative. ``image`` times
        that largest over `white` is what `semclear.io.read.read` makes of the file, apart from clipping.
    """

    image: np.ndarray
    pixel_size_nm: float | None
    dtype: str
    path: Path
    box: Box
    notes: tuple[str, ...] = ()
    white: int | None = None
