"""Outputs appear whole or not at all; contents are named by their hash; names are read as meant, and quoted."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from semclear.errors import FileError

#: Names of scratch files and folders: hidden, with eight random characters, as the module tempfile makes them.
SCRATCH = re.compile(r"\.(.+?)\.[a-z0-9_]{8}(\.\w+)?")
DIGITS = 6  # significant digits of measures: more would only differ between computers


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class TakenError(FileError):
    """Something has the name that a new file was to get: it stays as it is."""


def move_new(file: Path, place: Path) -> None:
    """Move a file to a name that nothing has yet; of several programs that try at once, one succeeds.

    Raises
    ------
    TakenError
        When something has that name.
    OSError
        When the system refuses it otherwise.
    """
    try:
        try:
            os.link(file, place)  # which fails, unlike a renaming, where something stands
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            try:
                file.replace(place)
            except OSError:
                place.unlink()
                raise
        else:
            file.unlink()
    except FileExistsError:
        raise TakenError(
            place,
            "appeared while this ran (another run?), expected a free place; it is left as it is, add --overwrite to "
            "replace it, or choose another place",
        ) from None


#: What lacks where it is not space: the right to write, or a file system that takes it.
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def _refused(path: Path, error: OSError) -> FileError:
    way = "make the folder writable" if error.errno in _FORBIDDEN else "free some space"
    if nested := SCRATCH.fullmatch(
        path.name
    ):  # a scratch file's own: a person knows the name that it would get
        path = path.with_name(nested[1] + (nested[2] or ""))
    return FileError(path, f"cannot be written ({error.strerror or error}); {way} or choose another folder")


def _of_folder(error: OSError, path: Path) -> bool:
    """Return whether the folder of `path`, or a scratch name in its own, is what the system refused."""
    refused, folder = Path(error.filename).absolute(), path.parent.absolute()
    return refused == folder or (refused.parent == folder and SCRATCH.fullmatch(refused.name) is not None)


@contextmanager
def whole_file(path: str | Path, replace: bool = True) -> Iterator[Path]:
    """Yield a scratch path beside `path` that takes its place when the block succeeds.

    Parameters
    ----------
    path : str or Path
        The file to appear. Its folder is made if needed.
    replace : bool
        False refuses to take the place of what has that name by then.

    Yields
    ------
    Path
        Where to write. On any exception the scratch file is removed and
        `path` is left as it was.

    Raises
    ------
    TakenError
        When without `replace` something stands there.
    FileError
        When the system refuses the write (full disk, no permission).
    """
    path = Path(path)
    scratch = path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        scratch = Path(name)
        yield scratch
        scratch.chmod(0o644)
        if replace:
            scratch.replace(path)
        else:
            move_new(scratch, path)
    except OSError as error:
        if error.filename is None or Path(error.filename) in (scratch, path) or _of_folder(error, path):
            raise _refused(path, error) from error
        raise
    finally:
        if scratch != path:
            scratch.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Yield a scratch folder beside `path` that replaces it when the block succeeds.

    Parameters
    ----------
    path : str or Path
        The folder to appear; what stood there before is removed only then.

    Yields
    ------
    Path
        The empty folder to fill.

    Raises
    ------
    SemclearError
        When the system refuses the write (full disk, no permission).
    """
    path = Path(path)
    scratch = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        scratch.chmod(0o755)
        yield scratch
        if path.exists():
            shutil.rmtree(path)
        scratch.replace(path)
    except OSError as error:
        inside = scratch is not None and str(error.filename or scratch).startswith(str(scratch))
        if inside or Path(error.filename or path) == path or _of_folder(error, path):
            raise _refused(path, error) from error
        raise
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def remove_scratch(folder: str | Path) -> list[Path]:
    """Remove what `whole_file` and `whole_folder` left below a folder where their process was killed.

    To be called only where nobody writes there.

    Parameters
    ----------
    folder : str or Path
        Need not exist.

    Returns
    -------
    list of Path
        What was removed.
    """
    found = [path for path in Path(folder).rglob(".*") if SCRATCH.fullmatch(path.name)]
    for path in found:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return found


def readings(word: str) -> Iterator[str]:
    """Yield what may be meant by the name of a file, the likelier one first where all of them exist.

    Parameters
    ----------
    word : str
        As a person gave it.

    Yields
    ------
    str
        Itself; itself without spaces around it; and, of an address that a file manager copies (RFC 8089,
        ``file:///data/a%20b``), the path, which is the last one.
    """
    from urllib.parse import urlsplit  # instant help needs none of this
    from urllib.request import url2pathname

    yield word
    if word.strip() != word:
        yield word.strip()
    try:
        address = urlsplit(word.strip())
    except ValueError:  # brackets that are no server's number: a name, no address
        return
    path = url2pathname(address.path) if address.scheme == "file" else ""
    if path and "\0" not in path:
        yield path


def quoted(name: str | Path) -> str:
    """Return a file's name as it can be copied into a shell's line.

    Parameters
    ----------
    name : str or Path
        Any characters.

    Returns
    -------
    str
        As it is where no shell minds; in double quotes, which POSIX shells, PowerShell and cmd all take, where it has
        spaces, brackets or letters beyond ASCII; in a POSIX shell's single quotes where it has what such a shell
        would expand in double ones.
    """
    text = str(name)
    if re.fullmatch(r"[A-Za-z0-9_+:./][A-Za-z0-9_@+=:./-]*", text):
        return text
    # Within double quotes a backslash alone, as in Windows' paths, stands for itself.
    return shlex.quote(text) if re.search(r"""["$`!\n]|\\\\|\\$""", text) else f'"{text}"'


def rounded(values: Mapping[str, float]) -> dict[str, float | None]:
    """Return measures with six significant digits; what is not finite becomes None, which JSON can hold."""
    return {
        name: float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
        for name, value in sorted(values.items())
    }
