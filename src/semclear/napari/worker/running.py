"""A process with pipes to it, and a file that keeps what it last said when it ends."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO, cast

from semclear.errors import SemclearError
from semclear.napari.worker import messages

NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""On Windows, where alone it is known: no console appears."""
PATIENCE = 5
"""Seconds that a process has to end after it closed its pipes."""
LONGEST = 300
"""Letters of its last line that are shown."""


class Running:
    """A process that answers messages.

    Parameters
    ----------
    command : sequence of str
        How it is started.

    Raises
    ------
    SemclearError
        When there is no such program.
    """

    def __init__(self, command: Sequence[str]) -> None:
        # A file, not a pipe: nobody must empty it.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                creationflags=NO_WINDOW,
            )
        except OSError as error:
            self._log.close()
            raise SemclearError(
                f"restoring: got no process of {command[0]!r} ({error}), expected Python; start napari from the "
                "environment that semclear is installed in"
            ) from None
        self._stdin, self._stdout = (
            cast(BinaryIO, pipe) for pipe in (self._process.stdin, self._process.stdout)
        )

    @property
    def pid(self) -> int | None:
        """Number of the process; None where it ended."""
        return self._process.pid if self._process.poll() is None else None

    def send(self, message: Any) -> None:
        """See `messages.send`."""
        messages.send(self._stdin, message)

    def receive(self) -> Any:
        """See `messages.receive`."""
        return messages.receive(self._stdout)

    def kill(self) -> None:
        """End it at once; who waits in `receive` finds it ended."""
        self._process.kill()

    def close(self) -> None:
        """End it and let go of its pipes; not while another thread is in `send` or `receive`."""
        self._process.kill()
        self._process.wait()
        for stream in (self._stdin, self._stdout, self._log):
            with suppress(OSError):  # what was not sent, to nobody
                stream.close()

    def epitaph(self) -> str:
        """Return how it ended by itself, and its last line."""
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        how = f"exit code {code}"
        if code < 0:
            with suppress(ValueError):
                how = signal.Signals(-code).name
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"{how}: {last[:LONGEST]}" if last else how
