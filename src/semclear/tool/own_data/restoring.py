"""The held-out micrographs of a training on own images restored and calibrated on: bounded memory, progress told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from semclear import params
from semclear.datasets.manifest import Dataset
from semclear.datasets.record import Record
from semclear.restoration import network_step
from semclear.restoration.checks import tiles
from semclear.restoration.outcome import Outcome
from semclear.restoration.tiled.large import LargeRestorer
from semclear.tool.terminal import Progress

#: What is restored, for people, and its rows and columns.
Pass = tuple[str, tuple[int, int]]


def _shape(record: Record) -> tuple[int, int]:
    height, width = record.image().shape
    return height, width


def passes(dataset: Dataset, settings: params.Restoration) -> list[Pass]:
    """Return every restoration that `network_step.restore_test_set` makes, in its order.

    Parameters
    ----------
    dataset : Dataset
        With truth, the training keeps an oracle, which restores the test set once more.
    settings : params.Restoration
        On how many micrographs is calibrated.
    """
    test, validation = dataset.split("test"), dataset.split("validation")
    family = [*validation, *network_step.spread(dataset.split("degraded"), settings.family - len(validation))]
    clear = [record for record in network_step.spread(test, network_step.CLEAR) if record.truth_file]
    made = [(f"calibrating on {record.id}", _shape(record)) for record in family]
    made += [(f"trying a field of {kind}", _shape(test[0])) for kind in ("one grey", "noise")]
    made += [(f"trying the truth of {record.id}", _shape(record)) for record in clear]
    made += [(f"restoring {record.id}", _shape(record)) for record in test]
    if validation:
        made += [(f"restoring {record.id} as the truth would choose", _shape(record)) for record in test]
    return made


def progress_of(work: Sequence[Pass], say: Callable[[str], None], **more: Any) -> Progress:
    """Return the progress of these passes by their pixels; `more` as `Progress` has it."""
    weights = [height * width for _, (height, width) in work]
    names = [Path(name) for name, _ in work]
    return Progress(
        names, weights=weights, listener=lambda text: say(f"restoring and calibrating: {text}"), **more
    )


class Watched(LargeRestorer):
    """The restorer of `semclear restore`, which tells its progress.

    Parameters
    ----------
    progress : Progress
        Hears of every restoration.
    memory : int or None
        Bytes, as for `LargeRestorer`.
    bundle, ensembling, network, choosing
        As for `restorer.Restorer`.
    """

    def __init__(
        self,
        progress: Progress,
        memory: int | None,
        bundle: Any,
        ensembling: bool = True,
        network: str = "restorer",
        choosing: params.Choosing | None = None,
    ) -> None:
        super().__init__(bundle, ensembling, memory, None, network, choosing=choosing)
        self._of_work = progress

    def __call__(self, image: np.ndarray, known: Mapping[str, Any] | None = None) -> np.ndarray:
        """Return the restored micrograph: (H, W) in [0, 1] to the same; `known` is ignored."""
        self._of_work.start()
        return self.restore(image, self._of_work.within)

    def inspect(
        self,
        image: np.ndarray,
        known: Mapping[str, Any] | None = None,
        side: int = tiles.SIDE,
        progress: Callable[[int, int], None] | None = None,
    ) -> Outcome:
        """Restore and check, see `LargeRestorer.inspect`."""
        self._of_work.start()
        return super().inspect(image, known, side, progress or self._of_work.within)


def restore(
    name: str,
    files: Mapping[str, Path],
    dataset: Dataset,
    settings: params.Restoration,
    memory: int | None,
    say: Callable[[str], None],
) -> None:
    """Restore the test split and calibrate, as the study's step does; see `network_step.restore_test_set`.

    Parameters
    ----------
    name : str
        Of the model.
    files : mapping
        "data" and "bundle", which are there; "restored", to appear.
    dataset : Dataset
        That of "data".
    settings : params.Restoration
        How to restore and calibrate.
    memory : int or None
        Bytes that it may take, as for `LargeRestorer`.
    say : callable
        Takes a line.

    Raises
    ------
    SemclearError
        When the memory does not suffice, or the disk refuses a write.
    """
    with progress_of(passes(dataset, settings), say) as progress:
        maker = partial(Watched, progress, memory)
        network_step.restore_test_set(
            name, files["data"], files["bundle"], files["restored"], settings, maker
        )
