"""From what a person names on the command line to the files that are meant."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semclear.errors import SemclearError
from semclear.tool import sidecar

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg")
"""Names that are taken from a folder, in lower case. A file that is named itself is taken whatever its name."""


@dataclass(frozen=True)
class Input:
    """A file to restore.

    Attributes
    ----------
    path : Path
        As it was named or found.
    folder : Path
        Where its output goes below the output folder: ``.``, or with
        `recursive` the folder below the one that was named.
    """

    path: Path
    folder: Path = Path()


def _identity(path: str | Path) -> str:
    """Return the file behind all links; unlike `Path.resolve` no loop of links is an error."""
    return os.path.normcase(os.path.realpath(path))


def _is_image(name: str) -> bool:
    """Return whether a folder's file is taken: uncertainty maps of an earlier run are no micrographs."""
    name = name.lower()
    return not name.startswith(".") and name.endswith(SUFFIXES) and not name.endswith(sidecar.UNCERTAINTY)


def _inside(folder: Path, recursive: bool, left_out: str | None) -> Iterator[Input]:
    """Yield a folder's images by name; linked folders are entered, each folder once, so that loops end."""
    waiting, seen = [(folder, Path())], {_identity(folder)}
    while waiting:
        here, below = waiting.pop(0)
        try:
            paths = sorted(here.iterdir())
        except OSError as error:
            raise SemclearError(
                f"{here}: cannot be listed ({error.strerror}), expected a folder of micrographs; change its permissions"
            ) from None
        for path in paths:
            name = path.name
            if path.is_dir():
                identity = _identity(path)
                if recursive and not name.startswith(".") and identity not in seen and identity != left_out:
                    seen.add(identity)
                    waiting.append((path, below / name))
            elif _is_image(name):
                yield Input(path, below)


def _meant_by(word: str, recursive: bool, left_out: str | None) -> list[Input]:
    path = Path(word).expanduser()
    if path.is_dir():
        found = list(_inside(path, recursive, left_out))
        if not found:
            deeper = "" if recursive else ", or add --recursive for the folders in it"
            raise SemclearError(
                f"{word}: got no image, expected {', '.join(SUFFIXES)} files; name another folder{deeper}"
            )
        return found
    if path.exists() or path.is_symlink():
        return [Input(path)]
    if not glob.has_magic(word):
        raise SemclearError(
            f"{word}: got no such file or folder, expected micrographs; correct the path (quote names with spaces)"
        )
    matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 (a pattern may be absolute)
    files = [Input(Path(match)) for match in matches if not Path(match).is_dir()]
    if not files:
        raise SemclearError(f"{word}: got no file that matches, expected at least one; correct the pattern")
    return files


def find(words: Sequence[str], recursive: bool = False, output: str | Path | None = None) -> list[Input]:
    """Return the files that are meant, each once, in the order they were named.

    Parameters
    ----------
    words : sequence of str
        Files, folders and patterns such as ``"*.tif"`` or ``"**/*.tif"``
        (also those that no shell expands). A folder gives its images, hidden
        files passed over; a file that stands there is itself even if its
        name looks like a pattern.
    recursive : bool
        Also the folders within folders, linked ones included, each once.
    output : str or Path, optional
        Folder of results, which is not searched for inputs.

    Returns
    -------
    list of Input
        At least one. Links that lead nowhere are among them: reading says so.

    Raises
    ------
    SemclearError
        When a word gives no file, or a folder cannot be listed.
    """
    if not words:
        raise SemclearError("INPUT: got nothing, expected files, folders or patterns; name some micrographs")
    left_out = None if output is None else _identity(output)
    found: dict[str, Input] = {}
    for word in words:
        for item in _meant_by(word, recursive, left_out):
            found.setdefault(_identity(item.path), item)
    return list(found.values())
