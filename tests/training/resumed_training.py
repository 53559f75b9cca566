"""A training as a whole, and one killed and resumed. Run as: resumed_training.py MANIFEST FOLDER.

Writes FOLDER/whole.semclear and resumed.semclear, and prints the steps of both and what was said, as JSON.
"""

import json
import sys
from pathlib import Path

from semclear import compute, params

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")
compute.configure(PARAMS.compute)

import keras  # noqa: E402

from semclear.datasets import manifest  # noqa: E402
from semclear.networks import bundle as bundles  # noqa: E402
from semclear.training import fitting  # noqa: E402

SCALE = PARAMS.scales["smoke"]


class Killed(Exception):
    """Stands for a SIGKILL."""


class Killer(keras.callbacks.Callback):
    """Kills in the middle of the second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == SCALE.train.steps_per_epoch + 1:
            raise Killed


dataset, folder = manifest.load(sys.argv[1]), Path(sys.argv[2])
settings = fitting.Settings(
    seed=1,
    method="cyclegan",
    size=SCALE.model.model_copy(update={"levels": 2}),
    model=PARAMS.model,
    scale=SCALE.train,
    train=PARAMS.train,
)
whole = fitting.fit(settings, dataset, None, lambda text: None)
said, usual = [], keras.Model.fit


def killed_fit(self, *args, callbacks, **kwargs):
    """Fit with the killer among the callbacks."""
    return usual(self, *args, callbacks=[*callbacks, Killer()], **kwargs)


keras.Model.fit = killed_fit
try:
    fitting.fit(settings, dataset, folder / "state", said.append)
    sys.exit("it was not killed")
except Killed:
    keras.Model.fit = usual
resumed = fitting.fit(settings, dataset, folder / "state", said.append)
bundles.save(whole.bundle, folder / "whole.semclear")
bundles.save(resumed.bundle, folder / "resumed.semclear")
print(json.dumps({"whole": whole.steps, "resumed": resumed.steps, "said": said}))
