"""A model file, opened once and looked at before anything is loaded from it; its damage told in a person's words."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from semclear.errors import SemclearError, one_line

if TYPE_CHECKING:
    from semclear import params
    from semclear.models.release import Release

HEADER = "bundle.json"
RELEASE = "release.json"
LARGEST_HEADER = 16 * 2**20  # bytes of JSON; more is damaged or hostile
NAMED = 5  # members that a message names at most

DAMAGE = (OSError, zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error)
"""What reading a damaged archive or JSON text may raise."""


def _reason(error: BaseException | str) -> str:
    """Return what is wrong in a person's words, not in those of a library."""
    if isinstance(error, str):
        return error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, zipfile.BadZipFile | zlib.error):
        return "its content does not fit its checksum"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "its text is no JSON"
    if isinstance(error, KeyError):
        return f"its header holds no {error.args[0]}"
    text = one_line(error)
    if isinstance(error, ValueError) and "allow_pickle" in text:  # NumPy has no error of its own for this
        return "it holds pickled objects, which may be code, expected arrays of numbers"
    return text or type(error).__name__


def damaged(path: str | Path, error: BaseException | str) -> SemclearError:
    """Return the one error that a damaged model file is told by.

    Parameters
    ----------
    path : str or Path
        The file.
    error : exception or str
        What reading it raised, or what is wrong.
    """
    return SemclearError(
        f"{path}: damaged or no semclear model ({_reason(error)}); fetch it anew or make it again"
    )


def settings_of(path: str | Path, header: Mapping[str, Any]) -> tuple[params.ModelScale, params.Model]:
    """Return what the networks of a model are built from: their size, and the other settings.

    Parameters
    ----------
    path : str or Path
        The file, for messages.
    header : mapping
        Of `Archive`; of an ONNX file its metadata, which hold JSON as text.

    Raises
    ------
    SemclearError
        When they are not there or wrong.
    """
    from semclear import params

    try:
        size, model = (
            json.loads(header[key]) if isinstance(header[key], str) else header[key]
            for key in ("size", "model")
        )
        return params.ModelScale.model_validate(size), params.Model.model_validate(model)
    except (KeyError, ValueError) as error:
        raise damaged(path, error) from None


class Archive:
    """A bundle or release that is open: its header, what its release says, its hash and the whole of it.

    Opening it reads no weights. To be closed, or used as a context manager.

    Parameters
    ----------
    path : str or Path
        The file.

    Attributes
    ----------
    path : Path
        As given.
    header : dict
        ``bundle.json``.

    Raises
    ------
    SemclearError
        When the file is damaged or no model, or holds a member that no model has.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._zip = zipfile.ZipFile(self.path)
        except DAMAGE as error:
            no_zip = "it is no zip archive, or only a part of one"
            raise damaged(path, error if isinstance(error, OSError) else no_zip) from None
        try:
            self.header = self._object(HEADER)
            self._check_members()
        except BaseException as error:
            self.close()
            if isinstance(error, DAMAGE):
                raise damaged(path, error) from None
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def _object(self, name: str) -> dict[str, Any]:
        """Return a member that is a JSON object; raises one of `DAMAGE`, or what `damaged` returns."""
        if name not in self._zip.namelist():
            raise damaged(self.path, f"it holds no {name}")
        if self._zip.getinfo(name).file_size > LARGEST_HEADER:
            raise damaged(self.path, f"its {name} is too large")
        values = json.loads(self._zip.read(name))
        if not isinstance(values, dict):
            raise damaged(self.path, f"its {name} is no JSON object")
        return values

    def _check_members(self) -> None:
        """Refuse what neither a bundle nor a release holds: something else came along, which may be code."""
        networks = self.header.get("networks")
        if not isinstance(networks, list) or not all(isinstance(name, str) for name in networks):
            raise damaged(self.path, "its header does not list its networks")
        counts = Counter(self._zip.namelist())
        expected = [HEADER, *(f"{name}.npz" for name in networks)]
        unknown = [name for name in counts if name not in (*expected, RELEASE)]
        if unknown:
            named = ", ".join(map(repr, unknown[:NAMED])) + (" and others" if len(unknown) > NAMED else "")
            raise SemclearError(
                f"{self.path}: got {named} inside, expected {', '.join(expected)} and for a release "
                f"{RELEASE}; a model is "
                "numbers and text alone, and what else came with it may be code: fetch it anew from where it was made"
            )
        for name in expected:
            if counts[name] != 1:
                raise damaged(self.path, f"it holds {name} twice" if counts[name] else f"it holds no {name}")
        if counts[RELEASE] > 1:
            raise damaged(self.path, f"it holds {RELEASE} twice")

    @property
    def _stream(self) -> IO[bytes]:
        if self._zip.fp is None:
            raise ValueError(f"{self.path}: read after it was closed")
        return self._zip.fp

    @cached_property
    def about(self) -> dict[str, Any]:
        """``release.json``: name, calibration and card; empty where the file is no release, or this part is damaged."""
        try:
            return self._object(RELEASE)
        except (SemclearError, *DAMAGE):
            return {}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        stream = self._stream
        stream.seek(0)
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]

    def release(self) -> Release:
        """Read the whole, see `semclear.models.release.read`.

        Raises
        ------
        SemclearError
            When its weights or calibration are damaged or of another version, or when another file took its place.
        """
        from semclear.models import release

        try:
            read = release.read(self.path, self._zip)
        except release.Damaged as error:
            raise damaged(self.path, error.reason) from None
        if not os.path.samestat(os.fstat(self._stream.fileno()), self.path.stat()):  # weights of another hash
            raise SemclearError(f"{self.path}: was replaced while it was read; run the command again")
        return read


def read(path: str | Path) -> Release:
    """Read a bundle or release whose members are those of a model, see `Archive` and `Archive.release`."""
    with Archive(path) as archive:
        return archive.release()
