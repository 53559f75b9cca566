"""Maps of several models, their intervals, which bundles make an ensemble, and the whole benchmark on tiny ones."""

import csv
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.stats import norm

from benchmarks.quality.fresh_test import fresh
from benchmarks.trust import uncertainty as benchmark
from benchmarks.trust import uncertainty_maps as maps
from benchmarks.trust import uncertainty_models as models
from benchmarks.trust import uncertainty_tables as tables
from benchmarks.trust.uncertainty_maps import (
    BOTH,
    FITTED,
    ORIENTATIONS,
    ROUNDING,
    SEEDS,
    Interval,
    Map,
    Product,
)
from semclear import params
from semclear.datasets.degraded import degrade
from semclear.datasets.scenes import synthesize
from semclear.errors import SemclearError
from semclear.evaluation.metrics import psnr
from semclear.files import sha256
from semclear.networks import bundle as bundles
from semclear.networks.forward import physics
from semclear.networks.generator import generator_of
from semclear.restoration.checks import uncertainty as worth
from semclear.restoration.outcome import Outcome

ROOT = Path(__file__).parents[2]
PARAMS = params.load(ROOT / "params.yaml")
RNG = np.random.default_rng(3)
SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)


def _made(stack):
    """Return what a model makes of eight restorations (8, H, W)."""
    return Outcome(stack.mean(axis=0), stack.std(axis=0), None, {})


def test_total_variance_is_that_of_all_restorations():
    stacks = {"0": RNG.random((8, 6, 5)), "2": RNG.random((8, 6, 5)), "7": RNG.random((8, 6, 5))}
    found = maps.products({seed: _made(stack) for seed, stack in stacks.items()})
    everything = np.concatenate(list(stacks.values()))
    assert list(found) == benchmark.kinds_of(list(stacks))
    both, seeds = found[Map(BOTH, "0 2 7")], found[Map(SEEDS, "0 2 7")]
    np.testing.assert_allclose(both.uncertainty, everything.std(axis=0))
    np.testing.assert_allclose(both.image, everything.mean(axis=0))
    np.testing.assert_allclose(
        seeds.uncertainty, np.std([stack.mean(axis=0) for stack in stacks.values()], axis=0)
    )
    np.testing.assert_array_equal(found[Map(ORIENTATIONS, "2")].image, stacks["2"].mean(axis=0))
    assert list(maps.products({"4": _made(stacks["0"])})) == [Map(ORIENTATIONS, "4")]
    assert benchmark.shown_outside(list(found)) == [Map(ORIENTATIONS, "0"), Map(BOTH, "0 2 7")]


def _calibrated(scale_of):
    """Return the intervals calibrated on normal errors, whose standard deviation is `scale_of` the map."""
    pairs = [(spread := RNG.uniform(0.001, 0.05, (64, 64)), scale_of(spread) * RNG.standard_normal((64, 64)))]
    made = iter(pairs)

    def restore(image):
        spread, error = next(made)
        return {"0": Outcome(image + error, spread, None, {})}

    images = [(np.zeros((64, 64)), np.zeros((64, 64)))]
    return maps.calibrated(images, restore, 0.9)[Map(ORIENTATIONS, "0")]


def test_intervals_of_normal_errors_are_the_normal_distributions():
    made = _calibrated(lambda spread: spread + worth.FLOOR)
    assert made[ROUNDING].factor == pytest.approx(norm.ppf(0.95), rel=0.05)
    assert made[ROUNDING].floor == pytest.approx(worth.FLOOR)


def test_a_map_that_says_nothing_gets_a_high_floor():
    made = _calibrated(lambda spread: np.full_like(spread, 0.05))
    assert made[FITTED].floor == pytest.approx(max(maps.FLOORS))
    assert made[FITTED].factor * (0.025 + made[FITTED].floor) == pytest.approx(0.05 * norm.ppf(0.95), rel=0.1)
    assert made[FITTED].factor * (0.025 + made[FITTED].floor) < made[ROUNDING].factor * (0.025 + worth.FLOOR)


def test_worth_of_a_map_is_as_restoration_measures_it():
    truth, spread = RNG.uniform(0.2, 0.8, (32, 32)), RNG.uniform(0.01, 0.1, (32, 32))
    product = Product(truth + spread * RNG.standard_normal((32, 32)), spread)
    found = maps.measure(product, truth, {"a": Interval(1.5, worth.FLOOR), "b": Interval(1e9, 0.1)})
    known = worth.measure(spread, product.image - truth, 1.5)
    assert found["coverage"] == {"a": pytest.approx(known["coverage"]), "b": 1.0}
    assert found["interval_width"]["a"] == pytest.approx(known["interval_width"])
    assert found["correlation"] == pytest.approx(known["uncertainty_correlation"])
    assert found["area"] == pytest.approx(known["sparsification_area"])
    assert found["psnr"] == pytest.approx(psnr(truth, product.image), abs=0.05)  # rounded to 8 bits
    constant = maps.measure(Product(product.image, np.zeros((32, 32))), truth, {})
    assert np.isnan(constant["correlation"]) and constant["coverage"] == {}


def _measured(coverage, correlation=0.5):
    values = {"psnr": 20.0, "ssim": 0.5, "error": 0.1, "correlation": correlation, "area": 0.2}
    key = ("fresh", ROUNDING)
    return (
        values
        | {"curve": np.ones(2), "best": np.zeros(2)}
        | {"coverage": {key: coverage}, "interval_width": {key: 0.3}}
    )


def test_rows_by_hand():
    measured = [_measured(0.9), _measured(0.7, float("nan")), _measured(0.8)]
    indices = RNG.integers(3, size=(400, 3))
    row = tables.summarise(measured, ("fresh", ROUNDING), [False, True, False], indices, 0.95)
    assert set(row) == set(tables.VALUES)
    assert row["coverage"] == pytest.approx(0.8) and row["coverage_spread"] == pytest.approx(0.1)
    assert row["coverage_least"] == pytest.approx(0.72)
    assert row["coverage_low"] == pytest.approx(0.7) and row["coverage_high"] == pytest.approx(0.9)
    assert row["flagged"] == pytest.approx(1 / 3) and row["passed"] == 2
    assert row["coverage_passed"] == pytest.approx(0.85)
    assert (row["coverage_passed_low"], row["coverage_passed_high"]) == (
        pytest.approx(0.8),
        pytest.approx(0.9),
    )
    assert row["correlation"] == row["correlation_low"] == row["correlation_high"] == pytest.approx(0.5)
    assert row["curve"] == "1.0000 1.0000"
    unknown = tables.summarise(measured, ("fresh", ROUNDING), [None] * 3, indices, 0.95)
    assert unknown["flagged"] is None and unknown["passed"] is None and unknown["coverage_passed"] is None
    every = tables.summarise(measured, ("fresh", ROUNDING), [True] * 3, indices, 0.95)
    assert every["flagged"] == 1.0 and every["passed"] == 0 and every["coverage_passed"] is None


def test_sets_have_no_micrograph_in_common():
    settings = PARAMS.model_copy(update={"scale": "smoke"})
    starts = (0, benchmark.CALIBRATION, benchmark.TEST)
    names = [{one.id for one in islice(fresh(settings, "fog", 3, start), 3)} for start in starts]
    assert len(set.union(*names)) == 9
    assert benchmark.TEST - benchmark.CALIBRATION >= benchmark.CALIBRATION


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of fog at smoke scale, whose model and those of other seeds are not trained."""
    folder = tmp_path_factory.mktemp("study")
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    values["scale"] = "smoke"
    values["scales"]["smoke"]["data"]["size"] = 32
    (folder / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    settings = params.load(folder / "params.yaml")
    scenes, data = folder / "scenes" / "manifest.json", folder / "data" / "fog" / "manifest.json"
    synthesize(settings.scenes, settings.scales["smoke"].data, settings.seed, scenes)
    degrade(settings.degradations["fog"], settings.seed, "fog", scenes, data)
    for seed in (0, 1, 2):
        restorer = generator_of(SIZE, settings.model, "restorer").get_weights()
        encoder = physics.build_encoder(SIZE.width, name="degrader").get_weights()
        made = bundles.Bundle(
            "cyclegan-physics",
            SIZE,
            settings.model,
            sha256(data),
            {"restorer": restorer, "degrader": encoder},
            {"seed": seed, "learning_rate": 0.002},
        )
        own = folder / "results/models/fog.semclear"
        other = folder / f"work/trainings/fog-cyclegan-physics-{seed}-ab/model.semclear"
        (own if seed == 0 else other).parent.mkdir(parents=True, exist_ok=True)
        bundles.save(made, own if seed == 0 else other)
    return folder


def _variant(path, to, **changes):
    to.parent.mkdir(parents=True, exist_ok=True)
    bundles.save(replace(bundles.load(path), **changes), to)
    return to


def test_models_are_found_by_seed(study, tmp_path):
    settings = params.load(study / "params.yaml")
    found = models.searched(study, settings, [study / "work"])
    own, one, two = found["fog"]
    assert own == study / "results/models/fog.semclear"
    data = sha256(study / "data/fog/manifest.json")
    training = {"seed": 4, "learning_rate": 0.002}
    others = [
        _variant(own, tmp_path / "data.semclear", data_sha256="0" * 64, training=training),
        _variant(own, tmp_path / "rate.semclear", training=training | {"learning_rate": 0.1}),
        _variant(one, tmp_path / "again.semclear", training=training | {"seed": 0}),
        _variant(one, tmp_path / "copy.semclear"),
    ]
    chosen = models.by_seed([own, two, one, *others], data, strict=False)
    assert {seed: path for seed, (path, _) in chosen.items()} == {"0": own, "1": one, "2": two}
    assert list(chosen) == ["0", "1", "2"]
    assert list(models.by_seed([two, others[1]], data, strict=True)) == ["2", "4"]
    with pytest.raises(SemclearError, match="expected one without pairs of data"):
        models.by_seed([own, others[0]], data, strict=True)
    with pytest.raises(SemclearError, match="got training seed 0 a second time"):
        models.by_seed([own, others[2]], data, strict=True)
    clash = _variant(two, tmp_path / "clash.semclear", training=training | {"seed": 1})
    with pytest.raises(SemclearError, match="got training seed 1 a second time"):
        models.by_seed([own, one, clash], data, strict=False)


@pytest.mark.parametrize("word", ["fog", "mist=a", "fog="])
def test_words_that_name_no_models(word):
    with pytest.raises(SemclearError, match="expected DATASET=BUNDLE"):
        models.named([word], ["fog"])
    assert models.named(["fog=a,b"], ["fog"]) == {"fog": [Path("a"), Path("b")]}


def test_the_whole_benchmark_and_that_it_goes_on(study, tmp_path, monkeypatch):
    files = [study / "results/models/fog.semclear"]
    files.append(study / "work/trainings/fog-cyclegan-physics-1-ab/model.semclear")
    words = [
        "--study",
        str(study),
        "--models",
        f"fog={files[0]},{files[1]}",
        "--micrographs",
        "2",
        "--calibration",
        "1",
    ]
    words += ["--results", str(tmp_path), "--figure", str(tmp_path / "figure.png")]
    assert benchmark.main(words) == 0
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(written) == {"uncertainty.csv", "uncertainty.md", "figure.png"}
    with (tmp_path / "uncertainty.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    inside = [row for row in rows if row["degradation"] == "in family"]
    # four maps in family and two outside, by two calibrations and two floors; a veil has eight degradations
    assert len(inside) == 4 * 4 and len(rows) == 4 * 4 + 8 * 2 * 4
    assert all(0 <= float(row["coverage"]) <= 1 and float(row["interval_width"]) > 0 for row in rows)
    assert {row["flagged"] for row in rows} == {""}, "eight members are too few for a flag"
    assert "orientations, seed 0" in written["uncertainty.md"].decode()

    # An interrupted run: what is missing is measured with the intervals that the table holds.
    lines = (tmp_path / "uncertainty.csv").read_text().splitlines(keepends=True)
    (tmp_path / "uncertainty.csv").write_text("".join(lines[:-8]))
    monkeypatch.setattr(benchmark, "calibrated", None)
    assert benchmark.main(words) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == written
    monkeypatch.setattr(models, "Judged", None)
    assert benchmark.main(words) == 0
    for option in ("--micrographs", "--calibration"):
        assert benchmark.main([*words, option, "0"]) == 1
