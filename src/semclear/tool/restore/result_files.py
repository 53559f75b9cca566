"""The account beside each restored file: what was read, what was done by which model, and what speaks against it."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semclear import __version__
from semclear.errors import FileError
from semclear.files import move_new, rounded, whole_file
from semclear.io.metadata.provenance import LEFT_OUT, parsed, place_of

if TYPE_CHECKING:
    import numpy as np

__all__ = ["place_of", "record_of", "rounded", "uncertainty_place_of", "write"]
FORMAT = 1
UNCERTAINTY = ".uncertainty.tif"  # ends the name of an uncertainty map
SOFTWARE_TAG, SOFTWARE = 305, "semclear"  # of an uncertainty map


def uncertainty_place_of(output: Path) -> Path:
    """Return where the uncertainty map of an output lies: ``NAME.tif.uncertainty.tif``."""
    return output.with_name(f"{output.name}{UNCERTAINTY}")


def places_of(output: Path, uncertainty: bool) -> list[Path]:
    """Return all that is written of one input: image, account, and the uncertainty map if it is asked for."""
    return [output, place_of(output), *([uncertainty_place_of(output)] if uncertainty else [])]


def is_own(path: Path) -> bool:
    """Return whether an account or uncertainty map was written by semclear, by what stands in it."""
    try:
        if not path.name.endswith(UNCERTAINTY):
            return parsed(path.read_text(encoding="utf-8")) is not None
        import tifffile

        with tifffile.TiffFile(path) as tiff:
            return tiff.pages.first.tags.valueof(SOFTWARE_TAG) == SOFTWARE
    except Exception:  # whatever a parser makes of it: semclear's own can be read
        return False


def record_of(
    *,
    source: Mapping[str, Any],
    output: str,
    engine: Mapping[str, Any],
    pages: Sequence[Mapping[str, Any]],
    warnings: Sequence[Mapping[str, str]],
    sentence: str,
    earlier: Sequence[Mapping[str, Any]] = (),
    missing: int = 0,
    selection: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the account of one file, as JSON holds it; no date and no duration: equal runs give equal accounts.

    Parameters
    ----------
    source : mapping
        What was understood of the file, see `description.described`, with its hash.
    output : str
        File name of the result.
    engine : mapping
        `Engine.record`.
    pages : sequence of mapping
        Of each page its data bar, trust figures and flag.
    warnings : sequence of mapping
        `code` and `text` each.
    sentence : str
        On what may be invented.
    earlier : sequence of mapping
        Accounts of the restorations that the file went through before, see `provenance.chain`.
    missing : int
        How many there were before these, which no file tells any more.
    selection : mapping, optional
        The pages, region and mask that alone were to be restored, see `selection.Selection.record`.
    """
    return {
        "format": FORMAT,
        "semclear": __version__,
        "input": dict(source),
        "output": output,
        **engine,
        "pages": [dict(page) for page in pages],
        "warnings": [dict(warning) for warning in warnings],
        "may_be_invented": sentence,
        "earlier": [dict(account) for account in earlier],
        **({LEFT_OUT: missing} if missing else {}),
        **({"selection": dict(selection)} if selection else {}),
    }


def write(path: str | Path, record: Mapping[str, Any], seconds: float) -> None:
    """Write the account and the seconds it took, which alone differ between equal runs; whole or not at all.

    Raises
    ------
    SemclearError
        When the disk refuses it.
    """
    text = (
        json.dumps(
            {**record, "seconds": round(seconds, 2)},
            sort_keys=True,
            indent=1,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    )
    with whole_file(path) as scratch:
        # Bytes of a file name that are no text become JSON's own escapes.
        scratch.write_bytes(text.encode("utf-8", errors="backslashreplace"))


CENTIMETRE, NO_UNIT = 3, 1
NANOMETRES = 1e7  # in a centimetre


def write_maps(path: str | Path, maps: Iterable[np.ndarray], pixel_size_nm: float | None) -> None:
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
    import numpy as np
    import tifffile

    resolution: dict[str, Any] = {"resolutionunit": NO_UNIT}
    if pixel_size_nm is not None:
        pixels = NANOMETRES / pixel_size_nm
        resolution = {"resolution": (pixels, pixels), "resolutionunit": CENTIMETRE}
    with whole_file(path) as scratch, tifffile.TiffWriter(scratch) as tiff:
        for values in maps:
            tiff.write(
                np.asarray(values, np.float32),
                photometric="minisblack",
                metadata=None,
                software=SOFTWARE,
                description="uncertainty: standard deviation over the model's orientations, in grey units of the "
                "micrograph",
                **resolution,
            )


SPARE = 2**20  # bytes that are left free beside a result


def _moved(files: Iterable[Path], folder: Path, replace: bool) -> None:
    """Move files into a folder, all or none of them; without `replace` nothing that stands there is touched.

    Looking first would not do: between looking and moving, another run may put its own there.
    """
    moved: list[Path] = []
    try:
        for file in files:
            place = folder / file.name
            if replace:
                file.replace(place)
                continue
            move_new(file, place)
            moved.append(place)
    except BaseException:
        for place in moved:
            place.unlink(missing_ok=True)
        raise


@contextmanager
def staged(image: Path, replace: bool = False) -> Iterator[Path]:
    """Yield a scratch folder whose files move beside `image` when the block succeeds.

    Parameters
    ----------
    image : Path
        Place of the restored image; what the block writes under that name is moved last.
    replace : bool
        True takes the place of what stands there.

    Raises
    ------
    files.TakenError
        When without `replace` something stands there by now.
    SemclearError
        When the system refuses a write. Nothing of this result is left then.
    """
    try:
        image.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".semclear-", dir=image.parent))
    except OSError as error:
        raise FileError(
            image, f"cannot be written ({error.strerror}); free some space or choose another folder"
        ) from None
    try:
        yield scratch
        files = sorted(scratch.iterdir(), key=lambda file: file.name == image.name)
        _moved(files, image.parent, replace)
    except FileError as error:
        if error.path.parent != scratch:
            raise
        raise FileError(image.parent / error.path.name, error.said) from None
    except OSError as error:
        raise FileError(
            image, f"cannot be written ({error.strerror or error}); free some space or choose another folder"
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
    FileError
        When less is free.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free, least = shutil.disk_usage(folder).free, least + SPARE
    if free < least:  # rounded apart, so that the two numbers differ
        raise FileError(
            folder,
            f"got {math.floor(free / 1e5) / 10:.1f} MB free, expected at least {math.ceil(least / 1e5) / 10:.1f} MB; "
            "free some space or choose another folder",
        )
