"""The process that restores: ``python -m semclear.napari.worker.child``, which `process` starts and talks to.

Beside a window TensorFlow can crash: it and the OpenGL of Mesa each bring their
LLVM. A process of its own also leaves the viewer alive whatever happens in here,
and can be ended in the middle of a tile.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import fields
from typing import Any, BinaryIO

from semclear.errors import SemclearError, one_line
from semclear.napari.model_choice import Loaded, Loader
from semclear.napari.worker.messages import Ended, Failed, Made, PartsDone, Ready, Request, receive, send

STDIN, STDOUT, STDERR = 0, 1, 2
Reply = Callable[[Any], None]


def ready(loaded: Loaded) -> Ready:
    """Return what is loaded without what only this process can call: `process.loaded_by` puts ways to ask it there."""
    values = {one.name: getattr(loaded.engine, one.name) for one in fields(loaded.engine)}
    return Ready({name: value for name, value in values.items() if not callable(value)}, loaded.grid)


def _unforeseen(request: Request, error: Exception) -> Failed:
    traceback.print_exc()
    return Failed(
        f"restoring with {request.choice.value}: got {type(error).__name__} ({one_line(error)}), "
        "expected a restored picture; check that semclear restore works with it on the command line"
    )


def answer(request: Request, load: Callable[..., Loaded], reply: Reply) -> Ready | Made | Failed:
    """Return the last answer to a request; progress is replied before.

    Parameters
    ----------
    request : Request
        What is asked.
    load : callable
        See `model_choice.Loader`.
    reply : callable
        Takes what is to be sent.

    Raises
    ------
    Ended
        By `reply`.
    """
    try:
        loaded = load(request.choice, request.ensembling, request.memory)
        if request.image is None:
            return ready(loaded)
        from semclear.restoration.outcome import Outcome

        made = loaded.engine.inspect(
            request.image, lambda done, total: reply(PartsDone(int(done), int(total)))
        )
        # Without residual and map of inventions, which no layer shows.
        told = Outcome(
            made.image,
            made.uncertainty,
            checks=dict(made.checks),
            lifted=made.lifted,
            left_alone=made.left_alone,
        )
        return Made(told, loaded.engine.tiling())
    except SemclearError as error:
        return Failed(str(error))
    except MemoryError as error:
        return Failed(str(error), memory=True)
    except Ended:
        raise
    except Exception as error:
        return _unforeseen(request, error)


def _listen(stream: BinaryIO, requests: queue.SimpleQueue[Request]) -> None:
    """Queue requests; when the viewer is gone, end the process at once, whatever it does."""
    while True:
        try:
            requests.put(receive(stream))
        except Ended:
            os._exit(0)


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return standard input and output, for messages alone.

    What libraries print goes to standard error. Standard input becomes empty:
    under Windows, a library that looks at it while it is loaded would wait
    for the thread that reads.
    """
    pipes = os.fdopen(os.dup(STDIN), "rb"), os.fdopen(os.dup(STDOUT), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, STDIN)
    os.close(nothing)
    os.dup2(STDERR, STDOUT)
    return pipes


def main() -> None:
    """Answer requests from standard input on standard output until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the viewer
    wishes, replies = _own_pipes()
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(wishes, requests), daemon=True).start()
    load = Loader()

    def reply(message: Any) -> None:
        send(replies, message)

    while True:
        request = requests.get()
        made = answer(request, load, reply)
        try:
            reply(made)
        except Ended:
            raise
        except Exception as error:  # it cannot be pickled
            reply(_unforeseen(request, error))


if __name__ == "__main__":
    main()
