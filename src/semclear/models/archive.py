"""What a model file holds, looked at before anything is loaded from it, and its damage told in a person's words."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError

if TYPE_CHECKING:
    from semclear.models.release import Release

HEADER = "bundle.json"
RELEASE = "release.json"
LARGEST_HEADER = 16 * 2**20  # bytes of JSON; more is damaged or hostile
NAMED = 5  # members that a message names at most

DAMAGE = (OSError, zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error)
"""What reading a damaged archive or JSON text may raise."""

_REASONS = (
    (r"not a zip file|File size|truncated", "it is no zip archive, or only a part of one"),
    (r"Bad CRC-32|while decompressing|Bad magic number|Overlapped", "its content does not fit its checksum"),
    (
        r"allow_pickle|pickled",
        "it holds pickled objects, which may be code, expected arrays of numbers",
    ),
    (r"no item named '?\"?([\w.]+)", r"it holds no \1"),
    (r"JSON|Expecting|Extra data|Unterminated|codec can't decode|delimiter", "its text is no JSON"),
    (r"^'(\w+)'$", r"its header holds no \1"),
)
"""From what libraries say of damage to what a person is told."""

_FROM_BELOW = re.compile(r"damaged or no (?:bundle|release) \((.*)\); [^;()]*$", re.DOTALL)


def _line(error: BaseException | str) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _reason(text: str) -> str:
    for pattern, said in _REASONS:
        if (found := re.search(pattern, text)) is not None:
            return found.expand(said)
    return text


def damaged(path: str | Path, error: BaseException | str) -> SemclearError:
    """Return the one error that a damaged model file is told by.

    Parameters
    ----------
    path : str or Path
        The file.
    error : exception or str
        What reading it raised, or what is wrong.
    """
    text = (error.strerror if isinstance(error, OSError) else None) or _line(error)
    return SemclearError(
        f"{path}: damaged or no semclear model ({_reason(text)}); fetch it anew or make it again"
    )


def member(path: str | Path, name: str) -> dict[str, Any]:
    """Return a member that is a JSON object.

    Raises
    ------
    KeyError
        When there is none of this name.
    OSError, ValueError or another of `DAMAGE`
        When the file is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo(name).file_size > LARGEST_HEADER:
            raise ValueError(f"its {name} is too large")
        values = json.loads(archive.read(name))
    if not isinstance(values, dict):
        raise ValueError(f"its {name} is no JSON object")
    return values


def alias_of(path: Path) -> str:
    """Return the name that a release has inside, where its file is called otherwise; "" for all other files."""
    if path.suffix != ".semclear":
        return ""
    try:
        name = member(path, RELEASE).get("name")
    except (KeyError, *DAMAGE):
        return ""
    return name if isinstance(name, str) and name != path.stem else ""


def _check_members(path: str | Path, networks: Any) -> None:
    """Refuse what neither a bundle nor a release holds: something else came along, which may be code."""
    if not isinstance(networks, list) or not all(isinstance(name, str) for name in networks):
        raise damaged(path, "its header does not list its networks")
    with zipfile.ZipFile(path) as archive:
        counts = Counter(archive.namelist())
    known = [HEADER, *(f"{name}.npz" for name in networks), RELEASE]
    unknown = [name for name in counts if name not in known]
    if unknown:
        named = ", ".join(map(repr, unknown[:NAMED])) + (" and others" if len(unknown) > NAMED else "")
        raise SemclearError(
            f"{path}: got {named} inside, expected {', '.join(known[:-1])} and for a release {RELEASE}; a model is "
            "numbers and text alone, and what else came with it may be code: fetch it anew from where it was made"
        )
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise damaged(path, f"it holds {twice[0]} twice")


def header_of(path: str | Path) -> dict[str, Any]:
    """Return the header of a bundle or release, without reading weights.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    SemclearError
        When the file is damaged or no model, or holds a member that no model has.
    """
    try:
        values = member(path, HEADER)
        _check_members(path, values.get("networks"))
    except (KeyError, *DAMAGE) as error:
        raise damaged(path, _line(error.args[0]) if isinstance(error, KeyError) else error) from None
    return values


@contextmanager
def one_wording(path: str | Path) -> Iterator[None]:
    """Tell the damage that the layers below find in a model as `damaged` does.

    Raises
    ------
    SemclearError
        In place of theirs.
    """
    try:
        yield
    except SemclearError as error:
        found = _FROM_BELOW.search(str(error))
        if found is None:
            raise
        raise damaged(path, found[1]) from None


def read(path: str | Path) -> Release:
    """Read a bundle or release whose members are those of a model.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Release
        See `semclear.models.release.read`.

    Raises
    ------
    SemclearError
        As `header_of`, and when its weights or calibration are damaged or of another version.
    """
    from semclear.models import release

    header_of(path)
    with one_wording(path):
        return release.read(path)
