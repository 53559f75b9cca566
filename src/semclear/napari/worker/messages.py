"""What the viewer and the process that restores say to each other, as pickles on a pipe."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from semclear.napari.model_choice import Choice
from semclear.napari.region import Grid

if TYPE_CHECKING:
    import numpy as np

    from semclear.restoration.outcome import Outcome


class Ended(Exception):
    """The other side is gone."""


@dataclass(frozen=True, eq=False)
class Request:
    """What is to be restored, by what; see `model_choice.Loader` for the first three.

    Attributes
    ----------
    choice, ensembling, memory
        What restores. Part of every request, so that a process begun anew can answer.
    image : ndarray, (H, W), float32, or None
        In [0, 1]; None only loads.
    """

    choice: Choice
    ensembling: bool = True
    memory: str = ""
    image: np.ndarray | None = None


@dataclass(frozen=True)
class PartsDone:
    """Progress: parts done, and their number."""

    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Ready:
    """What is loaded: of its engine, by name, what not only the process can call; and its grid."""

    engine: Mapping[str, Any]
    grid: Grid


@dataclass(frozen=True, eq=False)
class Made:
    """A restored picture, and `Engine.tiling` of it."""

    outcome: Outcome
    tiling: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """Why there is no result, in words for a person."""

    text: str
    memory: bool = False


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message; nothing of it where it cannot be pickled.

    Raises
    ------
    Ended
        When nobody can read it any more.
    Exception
        Whatever pickling it raises.
    """
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    try:
        stream.write(data)
        stream.flush()
    except (OSError, ValueError) as error:  # ValueError: the stream is closed
        raise Ended from error


def receive(stream: BinaryIO) -> Any:
    """Return the next message.

    Raises
    ------
    Ended
        When there is none any more, only a part of one, or something else.
    """
    try:
        return pickle.load(stream)
    except MemoryError:
        raise
    except Exception as error:  # whatever bytes that are no message make of it
        raise Ended from error
