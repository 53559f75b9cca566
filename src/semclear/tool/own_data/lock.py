"""Who works on an output: one process at a time, told by a file beside it that its owner keeps fresh."""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semclear.errors import SemclearError

SUFFIX = ".lock"
#: Seconds between two signs of life.
BEAT = 2.0
#: Seconds to wait for a sign of life where the number of a process tells nothing: on another computer, or under Windows.
#: Several beats, as compiling a network may keep a process from giving one.
WATCH = 15.0
#: Seconds after which a process of this computer that runs under the owner's number must show a sign of life, too:
#: numbers are given anew after a restart.
FRESH = 30.0


def place_of(output: Path) -> Path:
    """Return where the claim on an output lies: ``NAME.semclear.lock`` beside it."""
    return output.with_name(f"{output.name}{SUFFIX}")


@dataclass(frozen=True)
class Owner:
    """Whose claim it is.

    Attributes
    ----------
    pid : int
        Number of the process; 0 where the file does not say.
    host : str
        Name of its computer; "" where the file does not say.
    since : str
        Local time at which it began.
    token : str
        Tells this claim from every other.
    """

    pid: int
    host: str
    since: str
    token: str

    def text(self) -> str:
        """Return the owner as a person looks for it."""
        if not self.pid:
            return "another process"
        return f"process {self.pid} on {self.host}, since {self.since}"


def _read(path: Path) -> Owner | None:
    """Return whose claim a file is; None where there is none."""
    for _ in range(3):  # it is empty for a moment between its making and its writing
        try:
            values: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return Owner(int(values["pid"]), *(str(values[key]) for key in ("host", "since", "token")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            time.sleep(0.1)
    return Owner(0, "", "", "")


def _stamp(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _is_process(pid: int) -> bool | None:
    """Return whether a process of this computer has a number; None where asking for it is not harmless."""
    if os.name != "posix":  # Windows would send it Ctrl-C
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


def _lives(path: Path, owner: Owner) -> bool:
    """Return whether a claim's owner still works."""
    if owner.pid and owner.host == platform.node():
        there = _is_process(owner.pid)
        if there is False:
            return False
        stamp = _stamp(path)
        if there and stamp is not None and abs(time.time() - stamp / 1e9) < FRESH:
            return True
    # A change of the time, not the time itself: clocks of computers differ.
    before, end = _stamp(path), time.monotonic() + WATCH
    while time.monotonic() < end:
        time.sleep(min(BEAT, WATCH) / 4)
        now = _stamp(path)
        if now is None:
            return False
        if now != before:
            return True
    return False


def _refusal(output: Path, path: Path, owner: Owner) -> SemclearError:
    return SemclearError(
        f"{output}: is being made by {owner.text()}, expected one command at a time; wait for it or stop it, or choose "
        f"another output with -o (if no such process runs, remove {path})"
    )


def check_free(output: Path) -> None:
    """Refuse an output that another process works on; nothing is written.

    Raises
    ------
    SemclearError
        With its number, its computer and since when.
    """
    path = place_of(output)
    owner = _read(path)
    if owner is not None and _lives(path, owner):
        raise _refusal(output, path, owner)


class Claim:
    """A claim that stands, and is kept fresh by a thread until `release`.

    Attributes
    ----------
    taken_by : Owner or None
        Who took it over while this process was stopped for long (Ctrl-Z, a
        computer asleep); the main thread was interrupted then.
    """

    def __init__(self, path: Path, token: str) -> None:
        self._path, self._token = path, token
        self.taken_by: Owner | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="semclear claim", daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while not self._end.wait(BEAT):
            owner = _read(self._path)
            if owner is None:  # removed by hand: nobody else has it, so it is written again
                with contextlib.suppress(OSError):
                    _write(self._path, self._token)
            elif owner.token == self._token:
                with contextlib.suppress(OSError):  # a network drive may be away for a moment
                    os.utime(self._path)
            elif owner.token:
                self.taken_by = owner
                _thread.interrupt_main()
                return

    def release(self) -> None:
        """Give the output free."""
        self._end.set()
        self._thread.join()
        owner = _read(self._path)
        if owner is not None and owner.token == self._token:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


def _write(path: Path, token: str) -> None:
    """Write a claim where there is none; FileExistsError where there is one."""
    values = {
        "pid": os.getpid(),
        "host": platform.node(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "token": token,
    }
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    try:
        os.write(handle, (json.dumps(values) + "\n").encode())
    finally:
        os.close(handle)


@contextmanager
def held(output: Path) -> Iterator[Claim]:
    """Claim an output for the block; a claim whose owner is gone is taken over.

    Parameters
    ----------
    output : Path
        What is to be made. Its folder is made if needed.

    Raises
    ------
    SemclearError
        When another process has it, as `check_free`, or the system refuses the file; and at the end of the block,
        instead of KeyboardInterrupt, when another process took the output over.
    """
    path, token = place_of(output), secrets.token_hex(16)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                _write(path, token)
                break
            except FileExistsError:
                owner = _read(path)
                if owner is None:
                    continue
                if _lives(path, owner):
                    raise _refusal(output, path, owner) from None
                if _read(path) == owner:
                    path.unlink(missing_ok=True)
    except OSError as error:
        raise SemclearError(
            f"{output}: cannot be written ({error.strerror or error}); choose another output with -o"
        ) from None
    claim = Claim(path, token)
    try:
        yield claim
    except KeyboardInterrupt:
        if claim.taken_by is None:
            raise
        raise SemclearError(
            f"{output}: was taken over by {claim.taken_by.text()}, as this one gave no sign of life; expected one command "
            "at a time; leave it to that one"
        ) from None
    finally:
        claim.release()
