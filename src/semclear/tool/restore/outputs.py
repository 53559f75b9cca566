"""Where results go, refused before anything runs if they would take another file's place."""

from __future__ import annotations

import errno
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from semclear.errors import SemclearError
from semclear.io.volumes.zarr_folder import SUFFIX, is_volume
from semclear.tool.restore import result_files
from semclear.tool.restore.inputs import Input, identity


def _kind(path: Path) -> str | None:
    """Return the kind of an image by its first bytes; "" for another file, None for one that cannot be read."""
    from semclear.io.formats import containers

    try:
        if not path.is_file():
            return None  # a pipe would be waited for
        with path.open("rb") as stream:
            return containers.kind_of(stream.read(containers.FIRST_BYTES)) or ""
    except OSError:
        return None  # reading it will say what is wrong


def is_no_image(path: Path) -> bool:
    """Return whether a file is no image by its first bytes: reading it will fail, and nothing be written for it."""
    return _kind(path) == ""


def _file_name(path: Path) -> str:
    """Return the name of a file's output, by its first bytes as `write.name_for` by its contents."""
    from semclear.io.write import SUFFIXES

    if is_volume(path):
        return path.name if path.suffix.lower() == SUFFIX else path.name + SUFFIX
    suffixes = SUFFIXES.get(_kind(path) or "", (path.suffix.lower(),))
    return path.name if path.suffix.lower() in suffixes else path.stem + suffixes[0]


def planned(inputs: Sequence[Input], folder: str | Path) -> dict[Path, Path]:
    """Return the output of each input, by the input's path.

    Of ``b.jpg`` beside ``b.png`` both would become ``b.png``: what changes its ending becomes ``b.jpg.png`` then.

    Parameters
    ----------
    inputs : sequence of Input
        See `inputs.find`.
    folder : str or Path
        The output folder; it need not exist.

    Raises
    ------
    SemclearError
        When it is the folder of an input, or two images of one name would have one
        output (capitals do not tell files apart everywhere, so they do not here).
    """
    folder = Path(folder)
    places: dict[Path, Path] = {}
    taken: dict[str, Path] = {}
    named = {item.path: _file_name(item.path) for item in inputs}
    meant = Counter(str(item.folder / named[item.path]).casefold() for item in inputs)
    for item in inputs:
        name = named[item.path]
        if name != item.path.name and meant[str(item.folder / name).casefold()] > 1:
            name = item.path.name + Path(name).suffix  # b.jpg beside b.png
        place = folder / item.folder / name
        if identity(place.parent) == identity(item.path.parent):
            raise SemclearError(
                f"{folder}: got the folder of {item.path} as output, expected another one; originals are never replaced"
            )
        places[item.path] = place
        if is_no_image(item.path):
            continue
        other = taken.setdefault(str(place).casefold(), item.path)
        if other != item.path:
            raise SemclearError(
                f"{item.path}: would have the same output as {other} ({place}); restore them into two folders, "
                "or rename one"
            )
    return places


def check_free(files: Sequence[Path], overwrite: bool) -> None:
    """Refuse to take the place of files that stand there: results, accounts and maps.

    Raises
    ------
    SemclearError
        Without `overwrite`, when an output exists.
    """
    standing = [file for file in files if file.exists() or file.is_symlink()]
    if standing and not overwrite:
        raise SemclearError(
            f"{standing[0]}: {len(standing)} of {len(files)} outputs exist already; add --overwrite to replace them, "
            "--skip-existing to leave them, or choose another folder"
        )


def check_own(places: Sequence[Path]) -> None:
    """Refuse to complete results beside which stands what semclear did not write: notes of a person, say.

    Parameters
    ----------
    places : sequence of Path
        Images that are missing, while something of their results is there.

    Raises
    ------
    SemclearError
        When an account or map of theirs is another program's or person's file.
    """
    # The map also where none is asked for: one of an earlier run is removed.
    standing = [file for place in places for file in result_files.places_of(place, True)[1:] if file.exists()]
    for file in standing:
        if not result_files.is_own(file):
            raise SemclearError(
                f"{file}: exists already and is not semclear's, expected nothing there or what an earlier run left; "
                "move it away, or choose another folder"
            )


def check_writable(folder: str | Path, try_it: bool = True) -> None:
    """Make the output folder and try whether a file can be made in it.

    Parameters
    ----------
    folder : str or Path
        The output folder.
    try_it : bool
        False makes nothing and asks the nearest folder that exists.

    Raises
    ------
    SemclearError
        When it cannot be.
    """
    folder, reason = Path(folder), ""
    try:
        if try_it:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as stream:
                stream.write(b"semclear")
        else:
            there = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
            if not there.is_dir():
                reason = os.strerror(errno.EEXIST if there == folder else errno.ENOTDIR)
            elif not os.access(there, os.W_OK | os.X_OK):
                reason = os.strerror(errno.EACCES)
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise SemclearError(
            f"{folder}: cannot be written to ({reason}), expected a folder for results; choose another"
        )
