"""The files of one result appear together, each whole; the image, by which a result is known, last."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from semclear.errors import SemclearError

SPARE = 2**20  # bytes that are left free beside a result


@contextmanager
def staged(image: Path) -> Iterator[Path]:
    """Yield a scratch folder whose files move beside `image` when the block succeeds.

    Parameters
    ----------
    image : Path
        Place of the restored image; what the block writes under that name is moved last.

    Raises
    ------
    SemclearError
        When the system refuses a write. Nothing of this result is left then.
    """
    try:
        image.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".semclear-", dir=image.parent))
    except OSError as error:
        raise SemclearError(
            f"{image}: cannot be written ({error.strerror}); free some space or choose another folder"
        ) from None
    try:
        yield scratch
        for file in sorted(scratch.iterdir(), key=lambda file: file.name == image.name):
            file.replace(image.parent / file.name)
    except SemclearError as error:
        raise SemclearError(str(error).replace(str(scratch), str(image.parent))) from None
    except OSError as error:
        raise SemclearError(
            f"{image}: cannot be written ({error.strerror or error}); free some space or choose another folder"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_space(folder: Path, least: int) -> None:
    """Refuse a result that cannot fit, before work is spent on it.

    Parameters
    ----------
    folder : Path
        Where it is to appear; its nearest existing parent is asked.
    least : int
        Bytes that it needs uncompressed.

    Raises
    ------
    SemclearError
        When less is free.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < least + SPARE:
        raise SemclearError(
            f"{folder}: got {free / 1e6:.0f} MB free, expected at least {(least + SPARE) / 1e6:.0f} MB; "
            "free some space or choose another folder"
        )
