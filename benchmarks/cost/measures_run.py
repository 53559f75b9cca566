"""What `measures.py` runs with each copy of the code: the first steps of trainings on data that go wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from semclear import params

#: Times the study's learning rates, of the data called "fast".
HASTE = 100.0
#: Of the data called "bursts": every so many steps, and times what its greys are.
EVERY, BURST = 5, np.float32(1e3)


class Bursts:
    """Sound batches of which every fifth has greys up to a thousand."""

    def __init__(self, batches: Any) -> None:
        self.batches = batches

    def endless(self, first_epoch: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the batches of all epochs from `first_epoch` on."""
        for step, (x, y) in enumerate(self.batches.endless(first_epoch), start=1):
            yield (x, y) if step % EVERY else (BURST * x, BURST * y)


def wild(images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return saturated greys, a constant, a chessboard and one hot pixel, of the first image's shape."""
    board = (np.indices(images[0].shape).sum(axis=0) // 4 % 2).astype(np.float32)
    dark = np.zeros_like(images[0], np.float32)
    dark[20, 20] = 1e4
    return [1e4 * (images[0].astype(np.float32) - 0.5), np.full_like(dark, 0.5), board, dark]


def _trained(given: Mapping[str, Any], values: params.Params, dataset: Any) -> dict[str, Any]:
    from benchmarks.cost.watching import Enough, Watch, not_finite, watched
    from semclear.errors import Diverged
    from semclear.training import fitting

    scale = values.scales["smoke"]
    train = values.train.model_copy(update={"recovery_attempts": 0})
    if given["data"] == "fast":
        rates = {
            name: HASTE * getattr(train, name)
            for name in type(train).model_fields
            if name.endswith("learning_rate")
        }
        train = train.model_copy(update=rates)
    settings = fitting.Settings(
        seed=given["seed"],
        method=given["method"],
        size=scale.model,
        model=values.model,
        scale=scale.train.model_copy(update={"epochs": 1, "steps_per_epoch": given["steps"]}),
        train=train,
    )
    batches = fitting.batches_of(settings, dataset)
    if given["data"] == "wild":
        batches = replace(batches, degraded=wild(batches.degraded), clear=wild(batches.clear))
    if given["data"] == "bursts":
        batches = Bursts(batches)
    watch = Watch(given["steps"])
    try:
        with watched(fitting, watch):
            fitting.fit(settings, dataset, None, lambda text: None, batches)
    except (Enough, Diverged):
        pass
    step, terms = not_finite(watch.rows)
    whole = all(np.isfinite(values).all() for values in watch.model.get_weights())
    largest = max(
        (
            (abs(value), name)
            for row in watch.rows
            for name, value in row.items()
            if name != "step" and np.isfinite(value)
        ),
        default=(None, ""),
    )
    finished = step is None and whole
    return {
        "done": watch.rows[-1]["step"],
        "outcome": "finished" if finished else "not a number",
        "failed_step": step,
        "failed_terms": terms,
        "largest_term": largest[1],
        "largest_value": largest[0],
    }


def train(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Train each piece and return what became of it.

    Parameters
    ----------
    given : mapping
        "pieces": each with "data" ("wild", "bursts" or "fast"), "method", "seed" and
        "steps"; "source": the code, for params.yaml; "work": folder for the
        data set, made where it does not stand.
    """
    from semclear.datasets import degraded, manifest, scenes

    values = params.load(Path(given["source"]) / "params.yaml")
    work = Path(given["work"])
    path = work / "hybrid" / "manifest.json"
    if not path.is_file():
        drawn = work / "scenes" / "manifest.json"
        scenes.synthesize(values.scenes, values.scales["smoke"].data, 1, drawn)
        degraded.degrade(values.degradations["hybrid"], 1, "hybrid", drawn, path)
    dataset = manifest.load(path)
    return [_trained(piece, values, dataset) for piece in given["pieces"]]
