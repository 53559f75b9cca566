"""Looking through folders of real micrographs before anything is made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.io import read_single
from semclear.io.databar import Box
from semclear.io.formats import guards

FULL_16_BIT = 65535


@dataclass(frozen=True)
class Original:
    """A real micrograph that has been read and found good; its pixels are not kept.

    Attributes
    ----------
    path : Path
        The file.
    source : str
        The source micrograph it belongs to.
    sha256 : str
        Of the file.
    content : str
        SHA-256 of its pixels as floats: the same for copies in other formats.
    shape : tuple of int
        Rows and columns of the whole image.
    box : Box
        The picture in it, without data bar and frame.
    white : int or None
        Number that is white in a 16-bit file, see `read_single.Micrograph`; None of other files.
    dtype : str
        Stored type.
    pixel_size_nm : float or None
        From the file's tags.
    """

    path: Path
    source: str
    sha256: str
    content: str
    shape: tuple[int, int]
    box: Box
    white: int | None
    dtype: str
    pixel_size_nm: float | None

    def picture(self, white: int, box: Box | None = None) -> np.ndarray:
        """Read the file again and return its picture, float32 (H, W) in [0, 1].

        Parameters
        ----------
        white : int
            What 16-bit files call white, see `white_of`.
        box : Box, optional
            The part to return; `self.box` by default.
        """
        image = (box or self.box).of(read_single.read(self.path).image)
        if self.white is None:
            return image
        return np.minimum(image * np.float32(np.iinfo(self.dtype).max / white), np.float32(1))


def list_images(folder: Path) -> list[Path]:
    """Return a folder's PNG, TIFF, BMP and JPEG files, sorted by name; other and hidden files are passed over.

    Raises
    ------
    SemclearError
        When there is no such folder, or no image in it.
    """
    if not folder.is_dir():
        raise SemclearError(
            f"{folder}: got no such folder, expected one with micrographs; correct the path in params.yaml"
        )
    try:
        found = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in guards.SUFFIXES and path.name[0] != "."
        ]
    except OSError as error:
        raise SemclearError(f"{folder}: cannot be read ({error.strerror}); change its permissions") from None
    if not found:
        raise SemclearError(
            f"{folder}: got no image, expected {', '.join(guards.SUFFIXES)} files; put micrographs there"
        )
    return sorted(found)


def content_of(picture: np.ndarray) -> str:
    """Return `Original.content` of a picture, (H, W) float32."""
    return hashlib.sha256(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes()).hexdigest()


def look_at(path: Path, source: str, least: int) -> Original:
    """Read and check one micrograph.

    Parameters
    ----------
    path : Path
        The file.
    source : str
        Its source micrograph.
    least : int
        Least rows and columns that its picture must have.

    Raises
    ------
    SemclearError
        When it cannot be read (see `read_single.read`) or its picture is too small.
    """
    micrograph = read_single.read(path)
    image = micrograph.image
    box = micrograph.box
    if min(box.width, box.height) < least:
        raise SemclearError(
            f"{path}: got {box.width} x {box.height} pixels of picture (file {image.shape[1]} x {image.shape[0]}), "
            f"expected at least {least} x {least}; remove it or lower scales.*.data.size"
        )
    picture = box.of(image)
    if picture.min() == picture.max():
        raise SemclearError(
            f"{path}: got one grey value above its data bar, expected a picture; remove the file"
        )
    content = content_of(picture)
    is_16_bit = np.dtype(micrograph.dtype).itemsize == 2
    return Original(
        path,
        source,
        sha256(path),
        content,
        image.shape,
        box,
        micrograph.white if is_16_bit else None,
        micrograph.dtype,
        micrograph.pixel_size_nm,
    )


def look_through(folder: Path, source_of: Callable[[Path], str], least: int) -> list[Original]:
    """Read and check every micrograph of a folder, in the order of their names; see `list_images` and `look_at`."""
    return [look_at(path, source_of(path), least) for path in list_images(folder)]


def white_of(originals: Sequence[Original]) -> int:
    """Return the number that is white in the 16-bit files of a data set.

    Cameras of 10, 12 or 14 bits write 16-bit files that never reach 65535; divided by it they would be black, with
    few grey levels left in 8 bits. White is the largest that `semclear.io.intensity` finds in any of the files: one
    number a data set, so that its images stay comparable.

    Returns
    -------
    int
        65535 where no file has 16 bits.
    """
    return max((original.white for original in originals if original.white is not None), default=FULL_16_BIT)


def check_apart(clear: Sequence[Original], others: Sequence[Original]) -> None:
    """Prove that the clear domain shares nothing with the others, and that no picture has two sources.

    Parameters
    ----------
    clear, others : sequence of Original
        The clear training domain; degraded micrographs and their truths.

    Raises
    ------
    SemclearError
        When a source stands on both sides, or a picture does under any name
        or format, or one side has the same picture under two sources.
    """
    clear_sources = {original.source: original for original in clear}
    first: dict[str, tuple[bool, Original]] = {}
    for is_clear, original in [(True, item) for item in clear] + [(False, item) for item in others]:
        if not is_clear and (twin := clear_sources.get(original.source)):
            raise SemclearError(
                f"{original.path}: got source {original.source} also in {twin.path}, expected no source in both "
                "domains; remove one, or rename it if it shows another field"
            )
        side, twin = first.setdefault(original.content, (is_clear, original))
        if side != is_clear or twin.source != original.source:
            raise SemclearError(
                f"{original.path}: got the same picture as {twin.path}, expected every source once; remove one of the "
                "two"
            )
