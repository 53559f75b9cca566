"""What the encoder of cyclegan-physics reads, trained alone on drawn degradations of clear crops.

    python benchmarks/encoder_trial.py NAME [model.drawn.absent=0.0 ...] [--steps 750]

Trains on clear crops, with the noise of degraded ones, of one data set (hybrid); reads the test micrographs of every data
set that has known parameters. Appends a row a data set to benchmarks/results/encoder_trials.csv.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import trainings
from ledger import Ledger
from provenance import ROOT, commit, machine
from quality_trainings import make_data

from semclear import compute, params, seeds
from semclear.datasets import manifest
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.params.overrides import values_of

ERRORS = ("sigma_bias_px", "sigma_mae_px", "sigma_r", "transmission_bias", "transmission_mae", "airlight_mae")
COLUMNS = (
    *("trial", "dataset", "features", "draws", "steps", "batch", *ERRORS),
    *(
        "scale",
        "seed",
        "learning_rate",
        "study_seed",
        "data_sha256",
        "settings_sha256",
        "code",
        "commit",
        "machine",
    ),
)
#: Epoch of the stream of crops, in steps: its length changes no more than the order of the micrographs.
EPOCH = 100


def truth_of(parameters: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return sigma (0 without blur), mean transmission (1 without veil) and airlight (NaN without veil)."""
    blur, fog = parameters.get("blur"), parameters.get("fog")
    sigma = blur["sigma"] if blur else 0.0
    return (sigma, fog["transmission"], fog["airlight"]) if fog else (sigma, 1.0, float("nan"))


def errors(read: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Return bias and mean absolute errors of what was read.

    Parameters
    ----------
    read, true : ndarray, (n, 3)
        Sigma in pixels, transmission, airlight of n micrographs.

    Returns
    -------
    dict
        `ERRORS`; NaN where all true sigmas are equal (`sigma_r`) or there is no veil (`airlight_mae`).
    """
    wrong = read - true
    veiled = np.isfinite(true[:, 2])
    varied = np.ptp(true[:, 0]) > 0 and np.ptp(read[:, 0]) > 0
    values = (
        wrong[:, 0].mean(),
        np.abs(wrong[:, 0]).mean(),
        np.corrcoef(read[:, 0], true[:, 0])[0, 1] if varied else np.nan,
        wrong[:, 1].mean(),
        np.abs(wrong[:, 1]).mean(),
        np.abs(wrong[veiled, 2]).mean() if veiled.any() else np.nan,
    )
    return dict(zip(ERRORS, map(float, values), strict=True))


def trained(dataset: manifest.Dataset, settings: Any, steps: int) -> Any:
    """Return the encoder, trained on nothing but parameters drawn and put into clear crops.

    Parameters
    ----------
    dataset : Dataset
        Whose clear and degraded crops it sees.
    settings : training.fitting.Settings
        Of cyclegan-physics.
    steps : int
        Length of the training.
    """
    import keras

    from semclear.networks.degraders import PhysicsDegrader
    from semclear.training import fitting
    from semclear.training.optimizer import ConstantThenLinear

    seed = seeds.seed_of(settings.seed, "encoder trial", settings.train.seed) % 2**32
    keras.utils.set_random_seed(seed)
    degrader = PhysicsDegrader(settings.size.width, settings.model.drawn, keras.random.SeedGenerator(seed))

    class Reading(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.degrader, self.encoder, self.built = degrader, degrader.network, True

        def call(self, images: Any) -> Any:
            return self.encoder(images)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return self.degrader(y, x, y, None)["parameters"]

    model = Reading()
    rate = ConstantThenLinear(settings.train.encoder_learning_rate, steps, settings.train.decay_from)
    model.compile(optimizer=keras.optimizers.Adam(rate, beta_1=0.5), jit_compile=False)
    batches = fitting.batches_of(settings, dataset).endless()
    for number, (degraded, clear) in zip(range(1, steps + 1), batches, strict=False):
        loss = float(model.train_on_batch(degraded, clear))
        if not np.isfinite(loss):
            raise SemclearError(f"step {number}: the loss is not a number; lower train.encoder_learning_rate")
        if number % EPOCH == 0:
            print(f"step {number} of {steps}: disagreement {loss:.3f}", file=sys.stderr, flush=True)
    return degrader.network


def read(encoder: Any, dataset: manifest.Dataset) -> dict[str, float]:
    """Return the errors on the test micrographs of a data set, their sides cut to multiples of 32."""
    found, true = [], []
    for record in dataset.split("test"):
        image = record.image()
        height, width = (side - side % 32 for side in image.shape)
        out = encoder.predict_on_batch(image[None, :height, :width, None])
        found.append([float(np.mean(out[name])) for name in ("sigma", "transmission", "airlight")])
        true.append(truth_of(record.parameters or {}))
    return errors(np.array(found), np.array(true))


def run(given: argparse.Namespace) -> Sequence[dict[str, Any]]:
    """Train, read and record; return the rows.

    Raises
    ------
    SemclearError
        When the name is taken, a setting is wrong, or a step of the data fails.
    """
    table = Ledger(given.results / "encoder_trials.csv", COLUMNS, ("trial", "dataset"))
    if any(row["trial"] == given.name for row in table.rows):
        raise SemclearError(f"NAME: got {given.name}, which {table.path} holds already; choose another")
    values = values_of(given.params, given.scale, given.changes)
    if given.dataset not in values["degradations"]:
        raise SemclearError(
            f"--dataset: got {given.dataset!r}, expected one of {sorted(values['degradations'])}"
        )
    names = sorted(values["degradations"])
    data = make_data(values, names, given.work.resolve(), given.study.resolve(), float("inf"))
    compute.configure(params.validate(params.Compute, values["compute"], "compute"))
    from semclear.training.run import settings_of

    piece = trainings.slice_for(values, given.name, given.dataset, "cyclegan-physics")
    settings = settings_of(piece, given.name)
    encoder = trained(manifest.load(data[given.dataset]), settings, given.steps)
    about = {
        "trial": given.name,
        "features": "present",
        "draws": "; ".join(given.changes) or "as in params.yaml",
        "steps": given.steps,
        "batch": settings.scale.batch,
        "scale": given.scale,
        "seed": settings.train.seed,
        "learning_rate": settings.train.encoder_learning_rate,
        "study_seed": values["seed"],
        "settings_sha256": trainings.digest(piece, given.dataset),
        "code": trainings.code_of("train", files=["benchmarks/encoder_trial.py"]),
        "commit": commit(),
        "machine": machine(),
    }
    rows = [
        {
            **about,
            "dataset": name,
            "data_sha256": sha256(data[name])[:16],
            **read(encoder, manifest.load(data[name])),
        }
        for name in names
    ]
    table.add(rows)
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="of the trial, not yet in the table")
    parser.add_argument("changes", nargs="*", help="like model.drawn.absent=0.0")
    parser.add_argument("--steps", type=int, default=750)
    parser.add_argument("--dataset", default="hybrid", help="whose crops the encoder is trained on")
    parser.add_argument("--scale", default="laptop", help="key of scales in params.yaml")
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--study", type=Path, default=ROOT, help="folder of a study, whose data are taken")
    parser.add_argument("--work", type=Path, default=ROOT / ".quality", help="folder for data")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    try:
        rows = run(parser.parse_args(arguments))
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for row in rows:
        print(row["dataset"], *(f"{name} {row[name]:.3f}" for name in ERRORS))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
