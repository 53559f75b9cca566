"""Trainings at smoke scale, with more steps, and batches that go wrong in chosen tries."""

from pathlib import Path

import numpy as np

from semclear import params
from semclear.datasets import degraded, manifest, scenes

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")
SCALE = PARAMS.scales["smoke"]


def write(root):
    """Write a small data set and return its manifest's path."""
    scenes.synthesize(PARAMS.scenes, SCALE.data, 1, root / "scenes/manifest.json")
    degraded.degrade(
        PARAMS.degradations["hybrid"], 1, "hybrid", root / "scenes/manifest.json", root / "h/manifest.json"
    )
    return root / "h/manifest.json"


def settings(method, epochs=3, steps=4, **train):
    """Return settings of scale `smoke`, in which a term may explode after four steps."""
    from semclear.training import fitting

    return fitting.Settings(
        seed=1,
        method=method,
        size=SCALE.model.model_copy(update={"levels": 2}),
        model=PARAMS.model,
        scale=SCALE.train.model_copy(update={"epochs": epochs, "steps_per_epoch": steps}),
        train=PARAMS.train.model_copy(update={"explosion_after": 4, **train}),
    )


def load(path):
    """Return the data set at `path`."""
    return manifest.load(path)


class Faulty:
    """Batches whose clear crops are multiplied from a step of an epoch on, in chosen tries.

    By tries, not by draws: a backend draws ahead of what it trains on.

    Parameters
    ----------
    batches : Batches
        The sound ones.
    faults : sequence of (epoch, step, factor) or None
        What is wrong in each try, counted from 0; nothing in further tries.
    """

    def __init__(self, batches, faults):
        self.batches, self.faults, self.tries = batches, list(faults), 0

    def endless(self, first):
        fault = self.faults[self.tries] if self.tries < len(self.faults) else None
        self.tries += 1
        return self._drawn(first, fault)

    def _drawn(self, epoch, fault):
        while True:
            for step, (x, y) in enumerate(self.batches.epoch(epoch)):
                wrong = fault is not None and epoch == fault[0] and step >= fault[1]
                yield x, (np.float32(fault[2]) * y if wrong else y)
            epoch += 1
