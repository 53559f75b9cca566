"""Who works on an output: one process at a time, told by a file beside it that its owner keeps fresh."""

from __future__ import annotations

import _thread
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import gethostname

from filelock import LeaseCompromise, LeaseSettingsMismatch, SoftFileLease, Timeout

from semclear.errors import SemclearError

SUFFIX = ".lock"
#: Seconds between two signs of life.
BEAT = 2.0
#: Seconds without a sign of life after which the claim of another computer is taken over. Several beats, as compiling a
#: network may keep a process from giving one. A process of this computer is known by its number and start.
LEASE = 15.0


def place_of(output: Path) -> Path:
    """Return where the claim on an output lies: ``NAME.semclear.lock`` beside it."""
    return output.with_name(f"{output.name}{SUFFIX}")


def _owner_text(lease: SoftFileLease) -> str:
    """Return whose claim it is, as a person looks for it."""
    owner = lease.owner
    if owner is None:
        return "another process"
    since = ""
    if owner.hostname == gethostname():
        import psutil

        with suppress(psutil.Error):
            began = time.localtime(psutil.Process(owner.pid).create_time())
            since = f", since {time.strftime('%Y-%m-%d %H:%M:%S', began)}"
    return f"process {owner.pid} on {owner.hostname}{since}"


class Claim:
    """A claim that stands, and is kept fresh by a thread until `release`.

    Parameters
    ----------
    output : Path
        What is to be made; its folder is there.

    Attributes
    ----------
    taken_by : str or None
        Who took it over while this process gave no sign of life (a computer
        asleep); the main thread was interrupted then.

    Raises
    ------
    SemclearError
        When another process has it.
    OSError
        When the system refuses the file.
    """

    def __init__(self, output: Path) -> None:
        self.taken_by: str | None = None
        self._lease = SoftFileLease(
            place_of(output),
            lease_duration=LEASE,
            heartbeat_interval=BEAT,
            on_compromise=self._lost,
            thread_local=False,
        )
        try:
            self._lease.acquire(timeout=1.5 * LEASE, cancel_check=self._is_of_a_neighbour)
        except (Timeout, LeaseSettingsMismatch):  # the latter of another version of semclear
            raise SemclearError(
                f"{output}: is being made by {_owner_text(self._lease)}, expected one command at a time; wait for it "
                f"or stop it, or choose another output with -o (if no such process runs, remove {place_of(output)})"
            ) from None

    def _is_of_a_neighbour(self) -> bool:
        """Return whether the claim is one of this computer, where a process that is gone keeps none for a moment."""
        owner = self._lease.owner
        return owner is not None and owner.hostname == gethostname()

    def _lost(self, loss: LeaseCompromise) -> None:
        """Claim it anew if it was removed by hand or could not be reached for a while; called by the lease's thread."""
        if loss.reason != "owner-changed":
            try:
                self._lease.release(force=True)
                self._lease.acquire(blocking=False)
                return
            except OSError as error:
                if not isinstance(error, Timeout):  # a network drive that is away
                    return
        self.taken_by = _owner_text(self._lease)
        _thread.interrupt_main()

    def release(self) -> None:
        """Give the output free."""
        self._lease.release(force=True)


def check_free(output: Path) -> None:
    """Refuse an output that another process works on; a claim whose owner is gone is removed.

    Raises
    ------
    SemclearError
        With its number and its computer.
    """
    if place_of(output).exists():
        Claim(output).release()


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
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        claim = Claim(output)
    except OSError as error:
        raise SemclearError(
            f"{output}: cannot be written ({error.strerror or error}); choose another output with -o"
        ) from None
    try:
        yield claim
    except KeyboardInterrupt:
        if claim.taken_by is None:
            raise
        raise SemclearError(
            f"{output}: was taken over by {claim.taken_by}, as this one gave no sign of life; expected one command "
            "at a time; leave it to that one"
        ) from None
    finally:
        claim.release()
