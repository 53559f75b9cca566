"""The trained models of one data set that make an ensemble: named, or found where a study and quality.py left them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semclear import params
from semclear.datasets import manifest
from semclear.errors import SemclearError
from semclear.files import sha256

METHOD = "cyclegan-physics"


def named(words: Sequence[str], datasets: Sequence[str]) -> dict[str, list[Path]]:
    """Return the bundles of each data set from words like ``hybrid=FILE,FILE``.

    Raises
    ------
    SemclearError
        When a word has another form, or names a data set that the study lacks or an earlier word has.
    """
    found: dict[str, list[Path]] = {}
    for word in words:
        dataset, equals, files = word.partition("=")
        paths = [Path(file) for file in files.split(",") if file]
        if not equals or not paths or dataset not in datasets or dataset in found:
            raise SemclearError(
                f"--models: got {word!r}, expected DATASET=BUNDLE[,BUNDLE...] with a data set of {sorted(datasets)}, "
                "each once; correct it"
            )
        found[dataset] = paths
    return found


def searched(study: Path, settings: params.Params, folders: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the study's own bundle of each synthetic data set, and those that `quality.py` left in `folders`.

    Parameters
    ----------
    study : Path
        Folder of a finished study.
    settings : params.Params
        Of the study.
    folders : sequence of Path
        Working folders of `quality.py`.
    """
    found: dict[str, list[Path]] = {}
    for name, line in settings.experiments.items():
        if line.study is None and line.method == METHOD and line.dataset in settings.degradations:
            found.setdefault(line.dataset, [study / "results" / "models" / f"{name}.semclear"])
    for dataset, paths in found.items():
        for folder in folders:
            paths += sorted(folder.glob(f"trainings/{dataset}-{METHOD}-*/model.semclear"))
    return found


def _settings_of(bundle: Any) -> tuple[Any, ...]:
    own = ("seed", "recoveries")  # what a training met on its way is no setting
    training = {key: value for key, value in bundle.training.items() if key not in own}
    return bundle.method, bundle.size, bundle.model, training


def by_seed(paths: Sequence[Path], data_sha256: str, strict: bool) -> dict[str, tuple[Path, Any]]:
    """Return bundles by training seed, those of the first one's data and settings.

    Parameters
    ----------
    paths : sequence of Path
        The first stands for the single model.
    data_sha256 : str
        Of the manifest of the data set they are for.
    strict : bool
        True: a bundle of other data or of a seed that there is already is an
        error, and settings may differ. False: what does not fit is left out.

    Returns
    -------
    dict of str to (Path, Bundle)
        By training seed, the first one first, the others in the order of their seeds.

    Raises
    ------
    SemclearError
        When a bundle cannot be read, is of other data or of paired training, or
        two different ones have the same seed.
    """
    from semclear.networks import bundle as bundles

    found: dict[str, tuple[Path, Any]] = {}
    for path in paths:
        bundle = bundles.load(path)
        if bundle.data_sha256 != data_sha256 or bundle.method == "paired":
            if found and not strict:
                continue
            raise SemclearError(
                f"{path}: got a model ({bundle.method}) of data {bundle.data_sha256[:12]}, expected one without pairs "
                f"of data {data_sha256[:12]}; name bundles of the study's data set"
            )
        if found and not strict and _settings_of(bundle) != _settings_of(next(iter(found.values()))[1]):
            continue
        seed = str(bundle.training["seed"])
        if seed in found:
            there = found[seed][0]
            # The first one stands for its seed; the same file twice is one model.
            if not strict and (there == paths[0] or sha256(there) == sha256(path)):
                continue
            raise SemclearError(
                f"{path}: got training seed {seed} a second time after {there}, expected one model a seed; "
                "name the bundles with --models"
            )
        found[seed] = path, bundle
    (leader, *rest) = found
    return {seed: found[seed] for seed in (leader, *sorted(rest, key=int))}


class Judged:
    """The models of a data set, restoring a micrograph, and the trust flag of the first one."""

    def __init__(
        self, bundles: Mapping[str, Any], dataset: manifest.Dataset, settings: params.Params
    ) -> None:
        from semclear.restoration import network_step
        from semclear.restoration.restorer import Restorer

        self._first, *rest = bundles
        choosing = settings.restoration.choosing
        first = Restorer(bundles[self._first], ensembling=True, choosing=choosing)
        self._calibration = network_step.Calibration(first, dataset, settings.restoration)
        self._others = {seed: Restorer(bundles[seed], ensembling=True, choosing=choosing) for seed in rest}

    def __call__(self, image: np.ndarray) -> dict[str, Any]:
        """Return the restorations of a micrograph (H, W) in [0, 1] by training seed."""
        others = {seed: one.inspect(image) for seed, one in self._others.items()}
        return {self._first: self._calibration.inspect(image), **others}

    def flag(self, made: Mapping[str, Any]) -> bool | None:
        """Return whether the first model's trust flag is raised; None where its family is too small for one."""
        flag = self._calibration.checks_of(made[self._first], None).get("trust_flag")
        return None if flag is None else bool(flag)
