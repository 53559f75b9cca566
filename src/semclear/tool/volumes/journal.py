"""The unfinished result of a volume: a folder beside its place, from which a run that was killed goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from semclear.errors import FileError
from semclear.files import TakenError, whole_file

ENDING = ".partial"


def folder_of(place: Path) -> Path:
    """Return where the unfinished result of a place lies: hidden, beside it."""
    return place.with_name(f".{place.name}{ENDING}")


class Journal:
    """What is done of a result; see `opened`.

    Attributes
    ----------
    target, scratch : Path
        Folders of the result, and of maps.
    goes_on : bool
        Whether an earlier run with the same settings left something.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder / fingerprint[:16]
        self.target, self.scratch = self._folder / "result", self._folder / "maps"
        self.goes_on = (self._folder / "begun").is_file()

    def forget(self) -> None:
        """Take nothing as done."""
        for file in [*self._folder.glob("plane*"), *self._folder.glob("blocks-*")]:
            file.unlink()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def begin(self) -> None:
        """Note that the arrays are there."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        (self._folder / "begun").touch()
        self.goes_on = True

    def _file(self, number: int, ending: str) -> Path:
        return self._folder / f"plane{number}.{ending}"

    def plane(self, number: int) -> dict[str, Any] | None:
        """Return what was noted of a plane that is done, else None."""
        file = self._file(number, "json")
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None

    def plane_done(self, number: int, told: Mapping[str, Any]) -> None:
        """Note a plane as done; the notes and maps of its blocks go."""
        with whole_file(self._file(number, "json")) as scratch:
            scratch.write_text(json.dumps(told, allow_nan=False), encoding="utf-8")
        self._file(number, "blocks").unlink(missing_ok=True)
        for maps in self.scratch.glob(f"{number}.*"):
            shutil.rmtree(maps, ignore_errors=True)

    def blocks(self, number: int) -> dict[int, dict[str, list[float]]]:
        """Return the sums of the blocks of a plane that are done, by their numbers."""
        file, found = self._file(number, "blocks"), {}
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        for line in lines:
            try:
                place, sums = json.loads(line)
            except ValueError:  # empty, or the last line of a run that was killed
                continue
            found[int(place)] = sums
        return found

    def block_done(self, number: int, place: int, sums: Mapping[str, list[float]]) -> None:
        """Note a block as done: it lies in the result."""
        with self._file(number, "blocks").open("a", encoding="utf-8") as stream:
            # A line that was cut off before is ended first; empty ones are passed over.
            stream.write(f"\n{json.dumps([place, dict(sums)])}\n")

    def move(self, place: Path, replace: bool) -> None:
        """Put the result in its place.

        Raises
        ------
        TakenError
            When without `replace` something stands there.
        """
        old = self._folder / "replaced"
        if place.exists() and not replace:
            raise TakenError(
                place,
                "appeared while this ran (another run?), expected a free place; add --overwrite to replace it",
            )
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
            place.rename(old)
        self.target.rename(place)


def fingerprint(settings: Any) -> str:
    """Return the hash of all that a result hangs on, as JSON holds it."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def opened(place: Path, settings: Any) -> Iterator[Journal]:
    """Yield the journal of a result: that of an earlier run with equal settings, or a new one.

    When the block succeeds, the folder goes; after an error or an interruption it stays, for a run that goes on.

    Parameters
    ----------
    place : Path
        Where the result will be.
    settings : any
        All that it hangs on, as JSON holds it.

    Raises
    ------
    FileError
        When another run works on the same result, or the system refuses a write.
    """
    folder = folder_of(place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            journal = Journal(folder, fingerprint(settings))
            for other in folder.iterdir():
                if other.is_dir() and other != journal.target.parent:
                    shutil.rmtree(other, ignore_errors=True)
            if not journal.goes_on:
                shutil.rmtree(journal.target.parent, ignore_errors=True)
            yield journal
    except Timeout:
        raise FileError(
            place, "another run is writing it, expected a free place; wait for it, or choose another output"
        ) from None
    except OSError as error:
        raise FileError(
            place, f"cannot be written ({error.strerror or error}); free some space or choose another folder"
        ) from error
    shutil.rmtree(folder, ignore_errors=True)
