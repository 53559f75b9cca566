"""What is refused before memory is taken: other kinds, sizes that no microscope stores, damage; each in one line."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from semclear.errors import ColourError, FileError
from semclear.io.formats import containers, raster
from semclear.io.formats.damage import DamagedError
from semclear.io.formats.page import ColouredError, UnsuitableError

SUFFIXES = tuple(suffix for suffixes in containers.suffixes().values() for suffix in suffixes)
"""Names of files that are taken from a folder, in lower case. What a file is, its first bytes decide."""

LARGEST_PIXELS = 2**28
"""268 million: beyond what scanning microscopes store, and 1 GiB as float32. More is a damaged or hostile header."""

LARGEST_BYTES = 16 * LARGEST_PIXELS
"""A file of that many pixels, four channels of 32 bits each."""


def bytes_of(path: Path) -> bytes:
    """Return the contents of an image of a known kind by its first bytes; of a format of `foreign` these alone.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    SemclearError
        When it is missing, no file, empty, of another kind, unreadable, or larger than any micrograph.
    """
    if path.is_dir():
        raise FileError(path, "got a folder, expected an image file; give a file")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileError(path, "got a device or pipe, expected an image file; give a file")
        if path.stat().st_size > LARGEST_BYTES:
            raise FileError(
                path,
                f"got {path.stat().st_size} bytes, expected at most {LARGEST_BYTES}; crop the image first",
            )
        with path.open("rb") as stream:
            first = stream.read(containers.FIRST_BYTES)
            is_whole = containers.kind_of(first) and not containers.is_read_by_path(first)
            data = first + stream.read() if is_whole else first
    except FileNotFoundError:
        raise FileError(path, "got no such file, expected a micrograph; correct the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(
            path, f"cannot be read ({reason}), expected a micrograph; mend or remove it"
        ) from None
    if not data:
        raise FileError(
            path, "got an empty file (0 bytes), expected a micrograph; copy it again or remove it"
        )
    return data


def check_size(size: tuple[int, int], pages: int = 1, most: int = LARGEST_PIXELS) -> None:
    """Refuse what no microscope stores, before memory is taken for it.

    Parameters
    ----------
    size : tuple of int
        Declared width and height.
    pages : int
        Number of such pages.
    most : int
        Pixels that may be read, where memory allows fewer than `LARGEST_PIXELS`.

    Raises
    ------
    UnsuitableError
        Above `most` or `LARGEST_PIXELS` in all.
    """
    if size[0] * size[1] * pages > min(most, LARGEST_PIXELS):
        many = f" on {pages} pages" if pages > 1 else ""
        said = f"declares {size[0]} x {size[1]} pixels{many}, expected at most"
        if most < LARGEST_PIXELS:
            raise UnsuitableError(
                f"{said} {most / 10**6:.3g} million in the memory allowed; allow more, or crop it"
            )
        raise UnsuitableError(f"{said} {LARGEST_PIXELS // 10**6} million; crop it first")


def kind_of(data: bytes) -> str:
    """Return "TIFF", or a key of `raster.rasters` or `foreign_format.formats`.

    Raises
    ------
    UnsuitableError
        For anything else.
    """
    kind = containers.kind_of(data)
    if kind is None:
        raise UnsuitableError(
            f"got no image that is known (first bytes {data[:4].hex(' ')}), expected "
            f"{containers.listed([*containers.suffixes()])}; convert or remove it"
        )
    return kind


def decode_plain(data: bytes, kind: str, most: int = LARGEST_PIXELS) -> raster.PlainImage:
    """Return the picture of a file of one of `raster.rasters` after looking at the size it declares.

    Raises
    ------
    DamagedError, UnsuitableError
        See `raster.declared_size`, `raster.decode` and `check_size`.
    """
    size = raster.declared_size(data, kind)
    check_size(size, most=most)
    return raster.decode(data, kind, size)


@contextmanager
def one_line_errors(path: Path) -> Iterator[None]:
    """Turn what the decoders raise into the one line that a person reads.

    Raises
    ------
    FileError
        For a `DamagedError` or `UnsuitableError` from the block, with the file's name; `ColourError` for a
        `ColouredError`.
    """
    try:
        yield
    except DamagedError as error:
        raise FileError(
            path, f"is truncated or damaged: {error}, expected a whole image; copy it again or remove it"
        ) from None
    except ColouredError as error:
        raise ColourError(path, str(error)) from None
    except UnsuitableError as error:
        raise FileError(path, str(error)) from None
    except MemoryError:
        raise FileError(
            path, "does not fit into memory, expected a smaller image; crop it or close other programs"
        ) from None


def not_finite(values: np.ndarray) -> UnsuitableError | None:
    """Return the error for floats that hold NaN or infinite values, or None."""
    count = int(values.size - np.isfinite(values).sum())
    if not count:
        return None
    return UnsuitableError(
        f"got NaN or infinite values in {count} places, expected numbers; fill them or remove the file"
    )
