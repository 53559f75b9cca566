"""Where the pieces of work are done: in this process, or by the workers of a dask.distributed cluster."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from semclear.errors import SemclearError, one_line
from semclear.io.volumes.zarr_folder import need
from semclear.tool.restore.engine import Engine
from semclear.tool.volumes import work

REACHED, POLL, LOST = 15.0, 5.0, 300.0
"""Seconds within which the scheduler has to answer, between two looks at its workers, and without any worker until it
is given up."""

AHEAD = 2
"""Pieces of work a thread of the cluster that are handed out: the rest waits here."""


class Runner(Protocol):
    """Does pieces of `work.WORK`."""

    together: int
    """Planes that are worth being worked on at once."""

    def one(self, name: str, *words: Any) -> Any:
        """Return what one piece of work returns."""
        ...

    def many(self, name: str, calls: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
        """Yield what each call returns, with its place in `calls`, as they are done."""
        ...


@dataclass
class Here:
    """This process, one piece after the other.

    Parameters
    ----------
    engine : Engine
        What restores.
    """

    engine: Engine
    together: int = 1

    def one(self, name: str, *words: Any) -> Any:
        """See `Runner`."""
        return work.WORK[name](self.engine, *words)

    def many(self, name: str, calls: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
        """See `Runner`."""
        for place, words in enumerate(calls):
            yield place, self.one(name, *words)


class Cluster:
    """The workers of a dask.distributed scheduler; to be used as a context manager.

    A worker that dies loses nothing but its time: the scheduler gives its pieces to others, which write the same
    chunks again.

    Parameters
    ----------
    address : str
        Of the scheduler, like ``tcp://10.0.0.1:8786``.
    method : Method
        What restores; each worker loads it once.
    digest : str
        Hash of the model, see `work.digest_of`.

    Raises
    ------
    SemclearError
        When nobody answers there, or dask's extra is not installed.
    """

    together = 2

    def __init__(self, address: str, method: work.Method, digest: str) -> None:
        self._distributed = need("distributed")
        self._method, self._digest, self._address = method, digest, address
        try:
            self._client = self._distributed.Client(address, timeout=REACHED, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise SemclearError(
                f"--cluster: got {address}, where no scheduler answers ({one_line(error) or type(error).__name__}), "
                "expected an address like tcp://HOST:8786; start `dask scheduler`, or correct it"
            ) from None

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _threads(self) -> int:
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return sum(worker["nthreads"] for worker in workers)

    def _done(self, futures: list[Any]) -> list[Any]:
        """Wait for one of these at least, and return those that are done."""
        last = time.monotonic()
        while True:
            try:
                return list(self._distributed.wait(futures, timeout=POLL, return_when="FIRST_COMPLETED").done)
            except TimeoutError:
                now = time.monotonic()
                last = now if self._threads() else last
                if now - last > LOST:
                    raise SemclearError(
                        f"--cluster: {self._address} has had no worker for {LOST:.0f} s, expected one at least; start "
                        "`dask worker`, and go on with the same command"
                    ) from None

    def one(self, name: str, *words: Any) -> Any:
        """See `Runner`."""
        return next(self.many(name, [words]))[1]

    def many(self, name: str, calls: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
        """See `Runner`."""
        waiting = deque(enumerate(calls))
        running: dict[Any, int] = {}
        try:
            while waiting or running:
                room = AHEAD * max(self._threads(), 1)
                while waiting and len(running) < room:
                    place, words = waiting.popleft()
                    future = self._client.submit(
                        work.elsewhere, name, self._method, self._digest, *words, pure=False
                    )
                    running[future] = place
                for future in self._done(list(running)):
                    yield running.pop(future), self._result(future)
        finally:
            self._client.cancel(list(running))

    def _result(self, future: Any) -> Any:
        try:
            made = future.result()
        except self._distributed.scheduler.KilledWorker as error:
            raise SemclearError(
                f"--cluster: every worker died over the same work ({one_line(error)}); give less with --memory, or "
                "start workers with more"
            ) from None
        if isinstance(made, work.Refused):
            raise SemclearError(made.text)
        return made
