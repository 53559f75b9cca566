"""Pseudo-pairs: made without any truth, as noisy as what they imitate, and a whole trial at smoke scale."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pseudo_pairs
import pytest
import trial
import yaml
from scipy.ndimage import gaussian_filter

from semclear import params
from semclear.datasets import manifest
from semclear.datasets.degraded import degrade
from semclear.datasets.scenes import synthesize
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.networks import bundle as bundles
from semclear.networks import physics
from semclear.networks.degraders import generator_of
from semclear.restoration.checks.consistency import noise_of

ROOT = Path(__file__).parents[2]
SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study's settings, data of hybrid at smoke scale, and an untrained model of them."""
    folder = tmp_path_factory.mktemp("study")
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    values["scale"] = "smoke"
    (folder / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    settings = params.load(folder / "params.yaml")
    scenes, data = folder / "scenes" / "manifest.json", folder / "data" / "hybrid" / "manifest.json"
    synthesize(settings.scenes, settings.scales["smoke"].data, settings.seed, scenes)
    degrade(settings.degradations["hybrid"], settings.seed, "hybrid", scenes, data)
    networks = {
        "restorer": generator_of(SIZE, settings.model, "restorer").get_weights(),
        "degrader": physics.build_encoder(SIZE.width, name="degrader").get_weights(),
    }
    made = bundles.Bundle("cyclegan-physics", SIZE, settings.model, sha256(data), networks, {"seed": 0})
    (folder / "results/models").mkdir(parents=True)
    bundles.save(made, folder / "results/models/hybrid.semclear")
    return folder


def _dataset(study):
    return manifest.load(study / "data/hybrid/manifest.json")


def _bundle(study):
    return bundles.load(study / "results/models/hybrid.semclear")


def _without_truth(dataset):
    records = tuple(
        r.model_copy(update={"truth_file": None, "truth_sha256": None, "parameters": None})
        if r.split == "degraded"
        else r
        for r in dataset.records
    )
    return replace(dataset, records=records)


def test_noise_adds_up_to_what_was_measured():
    rng = np.random.default_rng(0)
    clear = gaussian_filter(rng.random((128, 128)), 6) + 0.02 * rng.standard_normal((128, 128))
    assert noise_of(pseudo_pairs.noised(clear, 0.05, rng)) == pytest.approx(0.05, rel=0.05)
    np.testing.assert_array_equal(pseudo_pairs.noised(clear, 0.01, rng), np.clip(clear, 0, 1))


def test_formula_pairs_are_clear_micrographs_under_other_micrographs_readings(study):
    dataset = _dataset(study)
    clear, degraded = dataset.split("clear"), dataset.split("degraded")
    pairs = list(pseudo_pairs.formula_pairs(dataset, _bundle(study), 2, 5))
    assert len(pairs) == 2 * len(clear) and len({pair.id for pair in pairs}) == len(pairs)
    for pair, record in zip(pairs, clear * 2, strict=True):
        np.testing.assert_array_equal(pair.truth, record.image())
        assert pair.source == record.source and not np.array_equal(pair.image, pair.truth)
    # An untrained encoder says nearly the same of every micrograph, so that the noise tells whose reading it is.
    strengths = sorted(noise_of(record.image()) for record in degraded)
    assert sorted(noise_of(pair.image) for pair in pairs[: len(clear)]) == pytest.approx(strengths, rel=0.25)


@pytest.mark.parametrize("kind", ["formula", "restored"])
def test_no_truth_of_degraded_micrographs_enters(study, kind, tmp_path):
    bundle, written = _bundle(study), []
    for name, dataset in (("with", _dataset(study)), ("without", _without_truth(_dataset(study)))):
        made = {
            "formula": lambda: pseudo_pairs.formula_pairs(dataset, bundle, 1, 5),  # noqa: B023
            "restored": lambda: pseudo_pairs.restored_pairs(dataset, bundle),  # noqa: B023
        }[kind]()
        path = tmp_path / name / "manifest.json"
        pseudo_pairs.write(made, dataset, path)
        written.append(path.read_bytes())
        loaded = manifest.load(path, verify=True)
        known = {r.truth_sha256 for r in _dataset(study).split("degraded")}
        used = {r.truth_sha256 for r in loaded.split("degraded")} | {r.sha256 for r in loaded.records}
        assert not known & used and not loaded.split("clear")
        for split in ("validation", "test"):
            pairs = zip(loaded.split(split), dataset.split(split), strict=True)
            assert all(
                np.array_equal(a.image(), b.image()) and np.array_equal(a.truth(), b.truth())
                for a, b in pairs
            )
    assert written[0] == written[1]


def test_a_model_of_other_data_is_refused(study):
    path = study / "results/models/hybrid.semclear"
    with pytest.raises(SemclearError, match="expected cyclegan-physics of data"):
        pseudo_pairs.bundle_of(path, "0" * 64)
    values = {"experiments": {"a": {"dataset": "fog", "method": "paired"}}}
    with pytest.raises(SemclearError, match="got no cyclegan-physics on fog"):
        pseudo_pairs.model_of(study, values, "fog")


def test_a_whole_trial(study, tmp_path, monkeypatch):
    data = study / "data/hybrid/manifest.json"
    monkeypatch.setattr(trial, "data_of", lambda given, values: data)
    words = ["t1", "hybrid", "both", "train.seed=3", "--scale", "smoke", "--copies", "1"]
    words += ["--params", str(study / "params.yaml"), "--study", str(study)]
    words += ["--work", str(tmp_path / "work"), "--results", str(tmp_path / "results")]
    assert pseudo_pairs.main(words) == 0
    with (tmp_path / "results/quality.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["trial"], row["method"], row["seed"]) == ("t1", "paired", "3")
    assert row["changed"] == "pseudo-pairs=both; copies=1"
    assert row["steps"] == "6" and float(row["psnr"]) > 0 and float(row["validation_ssim_ensemble"]) > 0
    (path,) = (tmp_path / "work/pseudo-pairs").glob("hybrid-both-*/manifest.json")
    assert row["data_sha256"] == sha256(path)[:16]
    assert len(manifest.load(path).split("degraded")) == 12
    assert pseudo_pairs.main(words) == 1  # the name is taken
