"""From what a person names on the command line to the files that are meant."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semclear.errors import SemclearError
from semclear.files import readings
from semclear.io.volumes.zarr_folder import is_volume
from semclear.tool.restore import result_files

REPORT = "report.html"
NAMED = 3  # files that a note names at most


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


@dataclass(frozen=True)
class Found:
    """What was meant.

    Attributes
    ----------
    items : tuple of Input
        At least one, see `find`.
    notes : tuple of str
        What was passed over though it was named, and why.
    """

    items: tuple[Input, ...]
    notes: tuple[str, ...] = ()


def identity(path: str | Path) -> str:
    """Return the file behind all links; unlike `Path.resolve` no loop of links is an error."""
    return os.path.normcase(os.path.realpath(path))


def _is_image(name: str) -> bool:
    """Return whether a folder's file is taken: uncertainty maps of an earlier run are no micrographs."""
    from semclear.io.formats import guards  # loads OpenCV, which a wrong word needs not

    name, maps = name.lower(), result_files.UNCERTAINTY
    return not name.startswith(".") and name.endswith(guards.SUFFIXES) and not name.endswith(maps)


def _is_made_here(path: Path) -> bool:
    """Return whether a file that was named is what `semclear restore` writes beside results: map, account or report."""
    name = path.name.lower()
    if name.endswith(".json"):
        return path.with_name(path.name[: -len(".json")]).is_file()
    return name.endswith(result_files.UNCERTAINTY) or name == REPORT


def _inside(folder: Path, recursive: bool, left_out: str | None) -> Iterator[Input]:
    """Yield a folder's images by name, and what is named like one; linked folders are entered, each once: loops end."""
    waiting, seen = [(folder, Path())], {identity(folder)}
    while waiting:
        here, below = waiting.pop(0)
        try:
            paths = [(path, path.is_dir()) for path in sorted(here.iterdir())]
        except OSError as error:
            raise SemclearError(
                f"{here}: cannot be listed ({error.strerror}), expected a folder of micrographs; change its permissions"
            ) from None
        for path, is_folder in paths:
            name = path.name
            if is_folder and is_volume(path):
                if not name.startswith("."):  # the unfinished result of another run
                    yield Input(path, below)
            elif is_folder:
                behind = identity(path)
                if recursive and not name.startswith(".") and behind not in seen and behind != left_out:
                    seen.add(behind)
                    waiting.append((path, below / name))
            elif _is_image(name):
                yield Input(path, below)


def _looked_at(word: str) -> tuple[Path, bool, bool]:
    """Return the path of a word, whether it is a folder, and whether it is there at all."""
    try:
        path = Path(word).expanduser()
        return path, path.is_dir(), path.exists() or path.is_symlink()
    except (
        OSError,
        RuntimeError,
    ) as error:  # no permission, a name that is too long, no such person behind "~"
        reason = getattr(error, "strerror", None) or error
        raise SemclearError(
            f"{word}: cannot be looked at ({reason}), expected a file or folder; correct the path or its permissions"
        ) from None


def _matches(pattern: str) -> list[Input]:
    """Return the files of a pattern, in folders that are there by its very letters.

    Where none fits, those that fit it with its brackets taken as they stand.
    """
    known, rest = Path(), list(Path(pattern).parts)
    while len(rest) > 1 and (known / rest[0]).is_dir():
        known /= rest.pop(0)
    for tail in (Path(*rest), Path(*(part.replace("[", "[[]") for part in rest))):
        whole = Path(glob.escape(str(known))) / tail
        paths = [Path(match) for match in sorted(glob.glob(str(whole), recursive=True))]  # noqa: PTH207 (may be absolute)
        if files := [Input(path) for path in paths if not path.is_dir() or is_volume(path)]:
            return files
    return []


def _meant_by(word: str, recursive: bool, left_out: str | None) -> list[Input]:
    if not word.strip():
        raise SemclearError(
            "INPUT: got an empty name, expected a file, folder or pattern; is a variable of your shell unset?"
        )
    for reading in readings(word):
        path, is_folder, is_there = _looked_at(reading)
        if is_there:
            break
    if is_folder and is_volume(path):
        return [Input(path)]
    if is_folder:
        found = list(_inside(path, recursive, left_out))
        if not found:
            from semclear.io.formats import guards

            deeper = "" if recursive else ", or add --recursive for the folders in it"
            raise SemclearError(
                f"{word}: got no image, expected {', '.join(guards.SUFFIXES)} files; name another folder{deeper}"
            )
        return found
    if is_there:
        return [Input(path)]
    if not glob.has_magic(word):
        raise SemclearError(
            f"{word}: got no such file or folder, expected micrographs; correct the path (quote names with spaces)"
        )
    files = _matches(str(path))
    if not files:
        raise SemclearError(f"{word}: got no file that matches, expected at least one; correct the pattern")
    return files


def _is_special(path: Path) -> bool:
    """Return whether reading might wait for ever: a pipe, socket or device."""
    return path.exists() and not path.is_file() and not is_volume(path)


def _listed(paths: Sequence[Path]) -> str:
    more = len(paths) - NAMED
    return ", ".join(str(path) for path in paths[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _each_once(meant: Sequence[Input]) -> tuple[list[Input], list[str]]:
    """Return each file once, and notes on links to files that are meant, too: the file is taken, not the link."""
    found: dict[str, Input] = {}
    notes = []
    for item in meant:
        behind = identity(item.path)
        known = found.setdefault(behind, item)
        if os.path.abspath(known.path) == os.path.abspath(item.path):  # noqa: PTH100 (links are not to be followed)
            continue
        other = item
        if known.path.is_symlink() and not item.path.is_symlink():
            found[behind], other = item, known
        notes.append(f"{other.path}: passed over, it is the same file as {found[behind].path}")
    return list(found.values()), notes


def find(
    words: Sequence[str],
    recursive: bool = False,
    output: str | Path | None = None,
    aside: Collection[Path] = (),
) -> Found:
    """Return the files that are meant, each once, in the order they were named, and notes on those passed over.

    A pattern, also one that the shell has expanded, may name what `semclear
    restore` wrote beside results: accounts, uncertainty maps and a report are
    passed over where anything else is meant.

    Parameters
    ----------
    words : sequence of str
        Files, folders and patterns such as ``"*.tif"`` or ``"**/*.tif"``
        (also those that no shell expands), and addresses such as
        ``file:///data/a.tif``. A folder gives its images, hidden
        files passed over; a file that stands there is itself even if its
        name looks like a pattern. Of a file and links to it the file is meant.
    recursive : bool
        Also the folders within folders, linked ones included, each once.
    output : str or Path, optional
        Folder of results, which is not searched for inputs.
    aside : collection of Path
        Files that are given for another purpose, as a mask that lies in the same folder.

    Returns
    -------
    Found
        With one file at least. Links that lead nowhere are among them: reading says so.

    Raises
    ------
    SemclearError
        When a word gives no file, or a folder cannot be listed.
    """
    if not words:
        raise SemclearError("INPUT: got nothing, expected files, folders or patterns; name some micrographs")
    left_out = None if output is None else identity(output)
    meant = [item for word in words for item in _meant_by(word, recursive, left_out)]
    special = {item.path for item in meant if _is_special(item.path)}
    meant = [item for item in meant if item.path not in special]
    if not meant:
        raise SemclearError(
            f"{_listed(sorted(special))}: got a pipe, socket or device, expected image files; name some micrographs"
        )
    purposes = {identity(path) for path in aside}
    used = {item.path for item in meant if identity(item.path) in purposes}
    made = {item.path for item in meant if _is_made_here(item.path)}
    others = [item for item in meant if item.path not in made | used]
    if not others:
        made, used, others = set(), set(), meant
    items, notes = _each_once(others)
    if used:
        notes.insert(0, f"{_listed(sorted(used))}: passed over, it is given as an option")
    if special:
        notes.insert(0, f"{_listed(sorted(special))}: passed over, a pipe, socket or device is no file")
    if made:
        notes.insert(0, f"{_listed(sorted(made))}: passed over, semclear writes such files beside results")
    return Found(tuple(items), tuple(dict.fromkeys(notes)))
