"""The benchmark of quality on made-up scores: closures, their spread, tests, and rows that are kept once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from benchmarks.common.trainings import OutOfTime, step
from benchmarks.quality import quality
from benchmarks.quality import quality_tables as tables
from benchmarks.quality import quality_trainings as trainings
from semclear import params
from semclear.errors import SemclearError
from semclear.evaluation.multiple_testing import holm
from semclear.params.overrides import values_of

FILE = Path(__file__).parents[2] / "params.yaml"
EVALUATION = params.Evaluation(bootstrap=200, confidence=0.95)
RNG = np.random.default_rng(0)
BASE = {"psnr": RNG.normal(15, 1, 12), "ssim": RNG.normal(0.4, 0.02, 12)}
#: Gain over degraded of each method and seed; the PSNR in dB, the SSIM a twentieth of it.
GAINS = {
    ("degraded", ""): 0.0,
    ("clahe", ""): 1.0,
    ("paired", "0"): 7.0,
    ("paired", "1"): 9.0,
    ("cyclegan-physics", "0"): 6.0,
    ("cyclegan-physics", "1"): 7.0,
    ("cyclegan-physics", "2"): 5.0,
}


def scores():
    rows = []
    for (method, seed), gain in GAINS.items():
        for metric, base in BASE.items():
            step = gain if metric == "psnr" else gain / 20
            noise = 0.01 * step * np.cos(np.arange(12)) if method == "clahe" else 0
            for number, value in enumerate(base + step + noise):
                rows.append((f"{method}{seed}", "fog", method, seed, f"m{number:02d}", metric, value))
    return pd.DataFrame(rows, columns=list(tables.COLUMNS))


def test_closure_is_the_ratio_of_mean_gains_and_its_spread_that_of_the_seeds():
    table = tables.closures(scores(), 1, EVALUATION).set_index(["method", "metric"])
    row = table.loc["cyclegan-physics", "psnr"]
    assert (row["seeds"], row["n"]) == (3, 12)
    # Mean gain 6 of paired's mean gain 8; single closures 6/8, 7/8, 5/8.
    assert row["closure"] == pytest.approx(0.75)
    assert row["spread"] == pytest.approx(0.125)
    assert row["low"] == pytest.approx(0.75) and row["high"] == pytest.approx(0.75)
    assert table.loc["cyclegan-physics", "ssim"]["closure"] == pytest.approx(0.75)
    assert np.isnan(table.loc["clahe", "psnr"]["spread"]) and table.loc["clahe", "psnr"]["seeds"] == 0


def test_tests_are_wilcoxons_corrected_as_one_family():
    table = tables.tests(scores(), 1, EVALUATION)
    assert list(table["against"]) == ["clahe", "clahe"] and set(table["metric"]) == {"psnr", "ssim"}
    psnr = table.set_index("metric").loc["psnr"]
    differences = 5.0 - 0.01 * np.cos(np.arange(12))
    assert psnr["difference"] == pytest.approx(differences.mean())
    assert psnr["p"] == pytest.approx(stats.wilcoxon(differences).pvalue)
    np.testing.assert_allclose(table["p_holm"], holm(table["p"]))


def test_without_paired_there_is_no_closure():
    part = scores()
    assert tables.closures(part[part["method"] != "paired"], 1, EVALUATION).empty


@pytest.fixture
def values():
    return values_of(FILE, "smoke", [])


def test_plan_takes_the_lines_of_the_main_study(values):
    planned = trainings.plan(values, ["fog", "hybrid"], ["cyclegan", "paired"], [0, 3])
    assert [t.name for t in planned[:4]] == [
        "fog-cyclegan-0",
        "fog-paired-0",
        "hybrid-cyclegan-0",
        "hybrid-paired-0",
    ]
    line = yaml.safe_load(FILE.read_text())["experiments"]["fog-plain"]
    assert planned[0].overrides == {k: v for k, v in line.items() if k not in ("dataset", "method")}
    assert yaml.safe_load(planned[4].train)["train"]["seed"] == 3
    keys = {t.key("a") for t in planned}
    assert len(keys) == 8 and planned[0].key("b") not in keys


def test_changes_are_validated():
    with pytest.raises(SemclearError, match="edge_wieght: unknown key"):
        values_of(FILE, "smoke", ["train.edge_wieght=1.0"])


def test_a_finished_training_is_one_row_and_its_scores_are_found_again(tmp_path):
    table = tmp_path / "scores.csv"
    whole = scores().rename(columns={"key": "model"}).assign(kind="")
    whole[whole["method"] == "paired"].query("seed == '0'").to_csv(table, index=False)
    row = dict.fromkeys(quality.RUNS, "x") | {
        "key": "k",
        "code": "c",
        "seed": 0,
        "dataset": "fog",
        "method": "paired",
    }
    # The made-up table has no affine PSNR: the metric is left out of this test's means.
    extra = pd.read_csv(table).query("metric == 'psnr'").assign(metric="psnr_affine")
    pd.concat([pd.read_csv(table), extra]).to_csv(table, index=False)
    for _ in range(2):
        quality.record(tmp_path, row, table, "paired")
    quality.record(tmp_path, {**row, "code": "d"}, table, "paired")
    runs = pd.DataFrame(quality.runs_of(tmp_path).rows)
    assert list(runs["code"]) == ["c", "d"] and set(runs["micrographs"]) == {"12"}
    assert float(runs["psnr"][0]) == pytest.approx(BASE["psnr"].mean() + 7, rel=1e-4)
    found = quality.chosen_scores(tmp_path, {"k": "fog-paired-0"}, "c", any_code=False)
    assert len(found) == 36 and set(found["seed"]) == {"0"}
    assert quality.chosen_scores(tmp_path, {"k": "a"}, "e", any_code=False).empty
    assert len(quality.chosen_scores(tmp_path, {"k": "a"}, "e", any_code=True)) == 36


def test_a_failing_step_is_said_and_time_is_kept(tmp_path):
    with pytest.raises(SemclearError, match="semclear step degrade: failed"):
        step(["degrade", "--params", "{"], tmp_path / "log", float("inf"))
    with pytest.raises(OutOfTime):
        step(["degrade"], tmp_path / "log", 0.0)


def test_tables_make_no_data(values, tmp_path):
    with pytest.raises(SemclearError, match=r"fog: the data set is not there .* call without --tables"):
        trainings.make_data(values, ["fog"], tmp_path, tmp_path / "study", float("inf"), make=False)
    assert not list(tmp_path.iterdir())
