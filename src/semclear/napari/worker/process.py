"""The process that restores, seen from the viewer: begun when it is needed, kept warm, ended at once.

It is none of `multiprocessing`: that would run the script that napari was
started by once more in the new process, window and all, where it does not
protect its last lines by ``if __name__ == "__main__"``; and nobody would hear
the last words of a process that was killed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semclear.errors import SemclearError
from semclear.napari.model_choice import Choice, Loaded
from semclear.napari.restore_layer import Cancelled, Progress
from semclear.napari.worker.messages import Ended, Failed, Made, PartsDone, Ready, Request
from semclear.napari.worker.running import Running


def command(python: str) -> tuple[str, ...]:
    """Return how the process is started by an interpreter; under Windows by the one that has standard streams."""
    program = Path(python)
    if program.name.lower() == "pythonw.exe":
        program = program.with_name("python.exe")
    # -P: a file like random.py in the folder that napari was started in is not imported.
    return (str(program), "-P", "-m", "semclear.napari.worker.child")


class RestoringProcess:
    """A process of `child`, which answers one request after another.

    When this object is gone, or the whole program, however that ended, the
    process finds the end of its input and ends, too.

    Parameters
    ----------
    started_by : sequence of str, optional
        How it is started; see `command`.
    """

    def __init__(self, started_by: Sequence[str] | None = None) -> None:
        self._command = tuple(started_by or command(sys.executable))
        self._lock = threading.Lock()
        self._running: Running | None = None
        self._asked = False

    @property
    def pid(self) -> int | None:
        """Number of the process; None where none runs."""
        running = self._running
        return None if running is None else running.pid

    def ask(self, request: Request, progress: Progress) -> Any:
        """Return the answer to a request; starts the process where none runs.

        Parameters
        ----------
        request : Request
            One at a time.
        progress : callable
            PartsDone the parts done and their number, first 0 of 0, in this
            thread; what it raises ends the process and is raised again.

        Raises
        ------
        Cancelled
            When `end` was called meanwhile.
        SemclearError
            What the process says is wrong, or that it ended by itself.
        MemoryError
            When memory ran out in it.
        """
        running = self._begin()
        try:
            answer = self._answer(running, request, progress)
        except Ended:
            if self._running is not running:
                raise Cancelled from None
            how = running.epitaph()
            self.end()
            raise SemclearError(
                f"restoring: the process that restores ended ({how}), expected an answer; often memory ran out: close "
                "other programs, or write less under memory; the next try starts it anew"
            ) from None
        except BaseException:
            self.end()
            raise
        finally:
            with self._lock:
                self._asked = False
                ended = self._running is not running
            if ended:
                running.close()
        if isinstance(answer, Failed):
            raise MemoryError(answer.text) if answer.memory else SemclearError(answer.text)
        return answer

    def end(self) -> None:
        """End the process, also in the middle of an answer; from any thread."""
        with self._lock:
            running, self._running = self._running, None
            asked = self._asked
        if running is not None:
            running.kill()
            if not asked:  # else `ask` holds its pipes, and closes them
                running.close()

    def _begin(self) -> Running:
        with self._lock:
            left = self._running
            if left is not None and left.pid is not None:
                running = left
            else:
                if left is not None:
                    left.close()
                running = self._running = Running(self._command)
            self._asked = True
            return running

    @staticmethod
    def _answer(running: Running, request: Request, progress: Progress) -> Any:
        progress(0, 0)  # who cancelled while the process began is heard here
        running.send(request)
        while isinstance(answer := running.receive(), PartsDone):
            progress(answer.done, answer.total)
        return answer


def loaded_by(process: RestoringProcess) -> Callable[[Choice, bool, str, Progress], Loaded]:
    """Return what loads and restores as `model_choice.Loader` does, but in the process."""

    def load(choice: Choice, ensembling: bool, memory: str, progress: Progress) -> Loaded:
        from semclear.tool.restore.engine import Engine

        request = Request(choice, ensembling, memory)
        ready: Ready = process.ask(request, progress)
        last: dict[str, Any] = {}

        def inspect(image: Any, progress: Progress | None = None) -> Any:
            def of_picture(done: int, total: int) -> None:
                if progress is not None:
                    progress(done, max(total, 1))  # of a picture it is known that nothing of it is done

            made: Made = process.ask(replace(request, image=image), of_picture)
            last.update(made.tiling)
            return made.outcome

        return Loaded(Engine(**ready.engine, inspect=inspect, tiling=lambda: dict(last)), ready.grid)

    return load
