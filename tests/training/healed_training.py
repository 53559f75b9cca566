"""A training that goes back twice: whole, again, interrupted, and by hand.

Run as: healed_training.py MANIFEST FOLDER METHOD. Writes NAME.semclear for each into FOLDER, and prints their
tables as JSON.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import healing

from semclear import compute

compute.configure(healing.PARAMS.compute)

import numpy as np  # noqa: E402

from semclear.networks import bundle as bundles  # noqa: E402
from semclear.training import fitting  # noqa: E402
from semclear.training.checkpoint import variables_of  # noqa: E402

dataset, folder, method = healing.load(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
settings = healing.settings(method)
sound = fitting.batches_of(settings, dataset)
FIRST, SECOND = (1, 1, np.inf), (2, 0, np.inf)
told = {}


class Killed(Exception):
    """Stands for a SIGKILL."""


def fit(name, faults, place=None, kill=None):
    """Train, end where `kill` is said, and keep what there is."""
    said = []

    def say(text):
        said.append(text)
        if kill is not None and kill in text:
            raise Killed

    try:
        fitted = fitting.fit(settings, dataset, place, say, healing.Faulty(sound, faults))
    except Killed:
        return
    if kill is not None:
        sys.exit(f"never said {kill!r}: {said}")
    bundles.save(fitted.bundle, folder / f"{name}.semclear")
    told[name] = {
        "steps": fitted.steps,
        "epochs": fitted.epochs,
        "recoveries": fitted.recoveries,
        "said": said,
    }


def slower(factor):
    """Return the settings with all learning rates times `factor`."""
    names = ("learning_rate", "discriminator_learning_rate", "encoder_learning_rate")
    rates = {name: factor * getattr(settings.train, name) for name in names}
    return replace(settings, train=settings.train.model_copy(update=rates))


def by_hand():
    """Train an epoch each with one, half and a quarter of the rates, by models of these rates, without `fit`."""
    values, terms = None, []
    for epoch, factor in enumerate((1.0, 0.5, 0.25)):
        model = fitting.build(slower(factor))
        if values is not None:
            for variable, value in zip(variables_of(model), values, strict=True):
                variable.assign(value)
        for x, y in sound.epoch(epoch):
            logs = model.train_on_batch(x, y, return_dict=True)
            terms.append({name: float(value) for name, value in logs.items() if name != "loss"})
        values = [np.array(variable) for variable in variables_of(model)]
    return model, terms


fit("whole", [FIRST, SECOND])
fit("again", [FIRST, SECOND], folder / "again")
# Between the divergence and the state from which it goes on.
fit("a", [FIRST], folder / "a", kill="recovery 1")
fit("resumed-before", [FIRST, SECOND], folder / "a")
# After it has gone on, before the next epoch is whole.
fit("b", [FIRST, None], folder / "b", kill="epoch 2/3")
fit("resumed-after", [SECOND], folder / "b")
model, terms = by_hand()
weights = bundles.load(folder / "whole.semclear").networks["restorer"]
told["by hand"] = {
    "terms": terms,
    "apart": max(
        float(np.abs(a - b).max()) for a, b in zip(weights, model.averaged.get_weights(), strict=True)
    ),
    "moved": max(
        float(np.abs(a - b).max())
        for a, b in zip(weights, fitting.build(settings).averaged.get_weights(), strict=True)
    ),
}
print(json.dumps(told))
