"""Restoring with a trained network: whole micrographs, one at a time, each with its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semclear import row_noise
from semclear.datasets import manifest
from semclear.datasets.record import Record
from semclear.networks import bundle as bundles
from semclear.params import Choosing, Recommending
from semclear.params import Restoration as Settings
from semclear.restoration import restored
from semclear.restoration.checks import gain, invention, null_tests, tiles, uncertainty
from semclear.restoration.checks.gain import Gain
from semclear.restoration.checks.invention import Invention
from semclear.restoration.checks.trust_flag import LEAST, Family
from semclear.restoration.outcome import Outcome
from semclear.restoration.restorer import Restorer

Restore = Callable[..., np.ndarray]

#: Already clear micrographs that the null test restores.
CLEAR = 6


def method_of(
    bundle: bundles.Bundle,
    network: str = "restorer",
    ensembling: bool = False,
    choosing: Choosing | None = None,
) -> Restore:
    """Return a network of a bundle as a restoring function.

    Parameters
    ----------
    bundle : Bundle
        A trained model.
    network : str
        "restorer" (the product) or "oracle".
    ensembling : bool
        Whether to take the mean over the model's orientations.
    choosing : params.Choosing, optional
        As of `Restorer`.

    Returns
    -------
    callable
        ``restore(image, known=None)``: (H, W) float32 in [0, 1] to the same;
        `known` is ignored, as nothing needs to be told to a network.
    """
    return Restorer(bundle, ensembling, network, choosing=choosing)


def spread(records: Sequence[Record], count: int) -> list[Record]:
    """Return `count` of the records (or all, if fewer), evenly spread over their order."""
    if count >= len(records):
        return list(records)
    return [records[int(place)] for place in np.linspace(0, len(records) - 1, max(count, 0)).round()]


def _rounded(value: float) -> float:
    return float(f"{value:.10g}")


class Calibration:
    """What the micrographs of the family tell of a model: limits of its checks, and the width of its intervals.

    Validation micrographs come first. Where they are too few, degraded
    training micrographs fill up the family; intervals need truth and are
    calibrated on validation alone, which the training did not see. A family
    too small to flag anything at its level flags nothing and gives no flag.

    Whole test micrographs may be larger than the squares of a training, so
    that all checks are averaged over tiles that fit into every member.

    Parameters
    ----------
    restorer : Restorer
        The model.
    dataset : manifest.Dataset
        What it was trained on.
    settings : Settings
        Number of family members, level of the flag, nominal coverage.
    """

    def __init__(self, restorer: Restorer, dataset: manifest.Dataset, settings: Settings) -> None:
        own = dataset.split("validation")
        more = spread(dataset.split("degraded"), settings.family - len(own))
        self._restorer, self._choosing, members = restorer, settings.choosing, [*own, *more]
        shapes = [record.image().shape for record in members]
        self.side = min([tiles.SIDE, *(length for shape in shapes for length in shape)])
        rows, scores, self.coverage = [], [], settings.coverage
        for record in members:
            made = self.inspect(record.image())
            rows.append({name: _rounded(value) for name, value in made.checks.items()})
            truth = record.truth() if record.split == "validation" else None
            if truth is not None and made.uncertainty is not None:
                scores.append(uncertainty.normalised(made.uncertainty, made.image - truth))
        self.family = Family(rows, settings.flag_level) if len(rows) >= LEAST else None
        self.factor = _rounded(uncertainty.factor(scores, settings.coverage)) if scores else None
        self.calibrated_on = len(scores)
        self.invention, self.gain, self.told_by = calibrated_invention(
            restorer, members, settings.recommending
        )

    def inspect(self, image: np.ndarray, known: Mapping[str, Any] | None = None) -> Outcome:
        """Return `Restorer.inspect` of a micrograph (H, W), on tiles as large as the family's."""
        return self._restorer.inspect(image, known, self.side)

    def checks_of(self, made: Outcome, truth: np.ndarray | None) -> dict[str, float]:
        """Return a restoration's checks with what the calibration adds: the flag, and with truth the map's worth."""
        checks = dict(made.checks)
        if self.family is not None and self.family.enough:
            verdict = self.family.judge(checks)
            checks |= {"trust_flag": float(verdict.flag), "trust_p": verdict.p}
        if truth is not None and made.uncertainty is not None:
            checks |= uncertainty.measure(made.uncertainty, made.image - truth, self.factor)
        return checks

    def described(self) -> dict[str, Any]:
        """Return interval factor, and the family by its members' checks and limits: what judges further micrographs.

        `Family.of_columns` makes of "members" and "level" the family again;
        "tile" is the side for `inspect`.
        """
        values: dict[str, Any] = {}
        if self.factor is not None:
            values["interval_factor"] = self.factor
            values["interval_coverage"] = self.coverage
            values["interval_micrographs"] = self.calibrated_on
        if self.invention is not None:
            values |= {"invention": self.invention.record(), "told_by": self.told_by}
        if self._restorer.chooses:
            values["choosing"] = self._choosing.model_dump()
        if self.gain is not None:
            values["gain"] = self.gain.record()
        if self.family is not None:
            values["flag"] = {
                "level": self.family.level,
                "tile": self.side,
                "family": len(self.family.scores),
                "enough": self.family.enough,
                "limits": {k: [_rounded(v) for v in ends] for k, ends in self.family.limits().items()},
                "members": self.family.columns(),
            }
        return values


def calibrated_invention(
    restorer: Restorer, records: Iterable[Record], rules: Recommending
) -> tuple[Invention | None, Gain | None, int]:
    """Return what tells a model's inventions and gains, by micrographs of known truth, and how many these are.

    Parameters
    ----------
    restorer : Restorer
        The model. One that does not keep the veil, or is without orientations, tells nothing.
    records : iterable of Record
        Micrographs; those without a truth are passed over.
    rules : params.Recommending
        What the gain recommends by.

    Returns
    -------
    invention : Invention or None
        None with fewer than three micrographs of known truth.
    gain : Gain or None
        None with fewer than `gain.LEAST`.
    count : int
        Of the micrographs that were looked at.
    """
    seen = []
    for record in records:
        truth = record.truth()
        shown = None if truth is None else restorer.shown(record.image())
        if truth is not None and shown is not None:
            seen.append((record.image(), truth, *shown))
    if len(seen) < LEAST:
        return None, None, 0
    told = Invention.fitted(
        (invention.evidence(made, spread, conditions), invention.against_truth(made, truth))
        for _, truth, made, spread, conditions in seen
    )
    rows, gains, worse = [], [], []
    for image, truth, made, spread, conditions in seen:
        found, _ = told.judged(made, spread, conditions)
        rows.append(gain.checks_of(image, made, found) | {"read_sigma": conditions.sigma})
        gains.append(gain.similarity(truth, made) - gain.similarity(truth, image))
        # A veil that is kept is in both, and hardly counts in which of the two is nearer.
        worse.append(bool(gains[-1] < 0 or np.mean((made - truth) ** 2) > np.mean((image - truth) ** 2)))
    return told, Gain.fitted(rows, gains, worse, rules), len(seen)


def _equal(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def _nulls(restorer: Restorer, test: Sequence[Record]) -> list[null_tests.Trial]:
    images = [record.image() for record in test]
    truths = {r.id: truth for r in spread(test, CLEAR) if (truth := r.truth()) is not None}
    return null_tests.tried(
        restorer, null_tests.fields_of(images, [row_noise.strength(image) for image in images]), truths
    )


def restore_test_set(
    name: str,
    data_path: Path,
    bundle_path: Path,
    manifest_path: Path,
    settings: Settings,
    maker: Callable[..., Restorer] = Restorer,
) -> None:
    """Restore the test split with a model and, where there is one, with its oracle selection.

    Parameters
    ----------
    name : str
        Of the trained model.
    data_path : Path
        Manifest of the data set.
    bundle_path : Path
        The trained model.
    manifest_path : Path
        Manifest of the restored micrographs, written with its images. The
        product's have checks, and beside them their maps of uncertainty and
        residual; its method has the calibration and what null tests changed,
        and the images of these are written too.
    settings : Settings
        Whether to ensemble, and how to calibrate.
    maker : callable
        Makes restorers, with `bundle`, `ensembling`, `network` and `choosing` of `Restorer`.

    Raises
    ------
    SemclearError
        When bundle or data set cannot be read.
    """
    dataset, bundle = manifest.load(data_path), bundles.load(bundle_path)
    test = dataset.split("test")
    product = maker(bundle, settings.ensemble, choosing=settings.choosing)
    calibration = Calibration(product, dataset, settings)
    parameters = {"network": "restorer", "ensemble": settings.ensemble}
    trials = _nulls(product, test)
    methods: dict[str, dict[str, Any]] = {
        bundle.method: {
            "parameters": parameters,
            **calibration.described(),
            "nulls": null_tests.measure(trials),
        }
    }
    oracle = f"{bundle.method}-oracle"
    if bundle.method != "paired" and "oracle" in bundle.networks:
        methods[oracle] = {"parameters": {**parameters, "network": "oracle"}}

    def images() -> Iterator[restored.Image]:
        made_of = {}
        for record in test:
            made = calibration.inspect(record.image(), record.parameters)
            every = {"uncertainty": made.uncertainty, "residual": made.residual}
            maps = {name: values for name, values in every.items() if values is not None}
            made_of[record.id] = made.image
            yield bundle.method, record.id, made.image, calibration.checks_of(made, record.truth()), maps
        if oracle in methods:
            # Where the last epoch was the best, the oracle's weights are the product's.
            same = _equal(bundle.networks["oracle"], bundle.networks["restorer"])
            restore = (
                None
                if same
                else maker(bundle, settings.ensemble, network="oracle", choosing=settings.choosing)
            )
            for record in test:
                yield oracle, record.id, restore(record.image()) if restore else made_of[record.id], {}

    restored.write(
        manifest_path,
        dataset=dataset.name,
        model=name,
        data_sha256=dataset.digest,
        methods=methods,
        images=images(),
        nulls=[
            # A clear micrograph lies in the data set already.
            (
                bundle.method,
                trial.test,
                trial.id,
                trial.after,
                None if trial.test == "clear" else trial.before,
            )
            for trial in trials
        ],
    )
