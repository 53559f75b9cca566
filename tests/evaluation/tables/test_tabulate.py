"""Summary, gap closure, comparison and ablation against sums made by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from semclear.errors import SemclearError
from semclear.evaluation.scoring import COLUMNS
from semclear.evaluation.tables import score_table, tabulate
from semclear.evaluation.tables.ablation import ablate, varied
from semclear.evaluation.tables.comparison import compare, verdict
from semclear.evaluation.tables.gap_closure import close
from semclear.evaluation.tables.summary import summarise
from semclear.params import Evaluation

SETTINGS = Evaluation(bootstrap=500, confidence=0.95)
EXPERIMENTS = {
    "fog": {"dataset": "fog", "method": "cyclegan"},
    "fog-paired": {"dataset": "fog", "method": "paired"},
    "edge-0": {"dataset": "fog", "method": "cyclegan", "study": "edge", "edge_weight": 0.0, "budget": 0.5},
    "edge-10": {"dataset": "fog", "method": "cyclegan", "study": "edge", "edge_weight": 10.0, "budget": 0.5},
    "edge-2": {"dataset": "fog", "method": "cyclegan", "study": "edge", "edge_weight": 2.0, "budget": 0.5},
    "edge-2-b": {
        "dataset": "fog",
        "method": "cyclegan",
        "study": "edge",
        "edge_weight": 2.0,
        "budget": 0.5,
        "seed": 1,
    },
}
SLICE = {"seed": 7, "experiments": EXPERIMENTS, "evaluation": SETTINGS.model_dump()}

PSNR = {
    ("classical", "degraded"): [10.0, 12.0, 14.0, 12.0],
    ("classical", "wiener-true"): [13.0, 13.5, 16.5, 15.0],
    ("classical", "clahe"): [15.0, 11.0, 17.0, 13.0],
    ("fog", "cyclegan"): [14.0, 16.0, 18.0, 16.0],
    ("fog-paired", "paired"): [18.0, 20.0, 22.0, 20.0],
    ("edge-0", "cyclegan"): [11.0, 12.0, 13.0, 14.0],
    ("edge-2", "cyclegan"): [12.0, 13.0, 14.0, 15.0],
    ("edge-2-b", "cyclegan"): [14.0, 15.0, 16.0, 17.0],
    ("edge-10", "cyclegan"): [10.0, 11.0, 12.0, 13.0],
}


def scores_of(psnr=PSNR, ssim_gain=0.05):
    rows = []
    for (model, method), values in psnr.items():
        for index, value in enumerate(values):
            head = ("fog", model, method, f"m{index}", "fibres")
            rows.append((*head, "psnr", value))
            rows.append((*head, "ssim", 0.3 + ssim_gain * (value - 10) / 10))
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.fixture
def files(tmp_path):
    scores = scores_of()
    paths = []
    for model, part in scores.groupby("model"):
        paths.append(tmp_path / f"{model}.csv")
        part.to_csv(paths[-1], index=False)
    return paths


def pick(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_summary_is_mean_and_interval_around_it():
    row = pick(summarise(scores_of(), 1, SETTINGS), model="classical", method="clahe", metric="psnr")
    assert row["mean"] == 14.0 and row["n"] == 4
    assert 11.0 <= row["low"] < 14.0 < row["high"] <= 17.0


def test_closure_by_hand():
    main = score_table.of_main_study(scores_of(), EXPERIMENTS)
    table = close(main, 1, SETTINGS)
    row = pick(table, method="cyclegan", metric="psnr")
    # Degraded 12, CycleGAN 16, paired 20; every micrograph moves by 4 and 8, so no draw differs.
    assert row["mean"] == pytest.approx(0.5)
    assert (row["low"], row["high"]) == pytest.approx((0.5, 0.5))
    row = pick(table, method="clahe", metric="psnr")
    assert row["mean"] == pytest.approx(2 / 8)
    assert row["low"] < 0.25 < row["high"]
    assert set(table["method"]) == {"wiener-true", "clahe", "cyclegan"}


def test_closure_is_undefined_where_paired_gains_nothing():
    psnr = {**PSNR, ("fog-paired", "paired"): [10.2, 12.2, 14.2, 12.2]}
    table = close(score_table.of_main_study(scores_of(psnr), EXPERIMENTS), 1, SETTINGS)
    assert table["mean"].isna().all() and table["low"].isna().all()
    small = close(score_table.of_main_study(scores_of(ssim_gain=0.02), EXPERIMENTS), 1, SETTINGS)
    assert small.loc[small["metric"] == "ssim", "mean"].isna().all()
    assert small.loc[small["metric"] == "psnr", "mean"].notna().all()


def test_comparison_by_hand():
    table = compare(score_table.of_main_study(scores_of(), EXPERIMENTS), 1, SETTINGS)
    row = pick(table, against="degraded", metric="psnr")
    assert (row["difference"], row["low"], row["high"], row["verdict"]) == (4.0, 4.0, 4.0, "better")
    assert row["p"] == pytest.approx(2 / 16), "four differences of one sign"
    row = pick(table, against="clahe", metric="psnr")
    assert row["difference"] == pytest.approx(np.mean([-1, 5, 1, 3]))
    assert row["low"] < 0 < row["high"] and row["verdict"] == "undecided"
    assert dict(zip(table["against"], table["oracle"], strict=True)) == {
        "degraded": "no",
        "wiener-true": "yes",
        "clahe": "no",
    }
    assert set(table["model"]) == {"fog"}


def test_verdict_needs_the_whole_interval():
    assert (verdict(-0.4, -0.1, True), verdict(0.1, 0.4, True)) == ("better", "worse")
    assert [verdict(*ends) for ends in ((0.1, 0.4), (-0.1, 0.4), (-0.4, -0.1), (np.nan, np.nan))] == [
        "better",
        "undecided",
        "worse",
        "undecided",
    ]


def test_ablation_takes_seeds_together_and_orders_by_number():
    table = ablate(scores_of(), EXPERIMENTS, 1, SETTINGS)
    psnr = table[table["metric"] == "psnr"]
    assert list(psnr["value"]) == ["0", "2", "10"]
    assert list(psnr["runs"]) == [1, 2, 1]
    row = pick(psnr, value="2")
    assert row["parameter"] == "edge_weight" and row["models"] == "edge-2 edge-2-b"
    assert row["mean"] == pytest.approx((13.5 + 15.5) / 2)
    assert row["spread"] == pytest.approx(np.sqrt(2)), "sample deviation of 13.5 and 15.5"
    assert pick(psnr, value="0")[["spread"]].isna().all()


def test_a_study_varies_what_its_lines_differ_in():
    lines = {name: line for name, line in EXPERIMENTS.items() if "study" in line}
    assert varied(lines) == ["edge_weight"]
    assert varied({**lines, "x": {"dataset": "fog", "method": "cyclegan", "study": "edge"}}) == [
        "budget",
        "edge_weight",
    ]
    assert varied({"edge-0": lines["edge-0"]}) == ["budget", "edge_weight"]


def test_the_step_writes_every_table(tmp_path, files):
    tabulate.tabulate(SLICE, files, tmp_path / "tables", tmp_path / "metrics.json")
    names = {path.name for path in (tmp_path / "tables").iterdir()}
    assert names == {"scores.csv"} | {
        f"{name}.{kind}"
        for name in ("summary", "closure", "comparison", "ablation", "trust", "checks")
        for kind in ("csv", "md", "tex")
    }
    scores = pd.read_csv(tmp_path / "tables" / "scores.csv")
    assert len(scores) == len(scores_of())
    printed = (tmp_path / "tables" / "summary.md").read_text()
    assert "edge-2" not in printed and "| Paired (supervised) | fog-paired | 20.00 [" in printed
    assert (
        printed.index("Degraded")
        < printed.index("CLAHE")
        < printed.index("CycleGAN")
        < printed.index("Paired")
    )
    assert "edge-2" in (tmp_path / "tables" / "summary.csv").read_text()
    assert "edge-2" not in (tmp_path / "tables" / "comparison.csv").read_text()
    assert "+4.00 [+4.00, +4.00]" in (tmp_path / "tables" / "comparison.md").read_text()
    values = json.loads((tmp_path / "metrics.json").read_text())
    assert values["classical-fog"]["clahe"]["psnr"] == 14.0
    assert values["edge-10"]["cyclegan"]["psnr"] == 11.5


def test_what_a_failed_job_left_out_is_named_in_every_table(tmp_path, files):
    (tmp_path / "edge-0.csv").unlink()  # and fog-paired.csv is there, but of an earlier run
    tabulate.tabulate(
        SLICE, files, tmp_path / "t", tmp_path / "metrics.json", missing=["fog-paired", "edge-0"]
    )
    for path in (tmp_path / "t").glob("*.md"):
        assert "Missing, because a job failed: edge-0, fog-paired." in path.read_text(), path
    assert "Missing, because" in (tmp_path / "t" / "ablation.tex").read_text()
    assert "Missing, because" not in (tmp_path / "t" / "summary.csv").read_text()
    assert set(pd.read_csv(tmp_path / "t" / "scores.csv")["model"]) == set(scores_of()["model"]) - {
        "edge-0",
        "fog-paired",
    }
    values = json.loads((tmp_path / "metrics.json").read_text())
    assert values["_missing"] == ["edge-0", "fog-paired"] and "fog-paired" not in values


def test_a_file_that_is_not_there_is_an_error_unless_it_is_called_missing(tmp_path, files):
    (tmp_path / "edge-0.csv").unlink()
    with pytest.raises(SemclearError, match="cannot be read"):
        tabulate.tabulate(SLICE, files, tmp_path / "t", tmp_path / "metrics.json")
    with pytest.raises(SemclearError, match="--missing: got edge-7, expected some of"):
        tabulate.tabulate(SLICE, files, tmp_path / "t", tmp_path / "metrics.json", missing=["edge-7"])


def test_equal_scores_give_equal_bytes_in_any_order(tmp_path, files):
    for name, order in (("one", files), ("two", files[::-1])):
        tabulate.tabulate(SLICE, order, tmp_path / name / "t", tmp_path / name / "metrics.json")
    written = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(written) == 20
    for path in written:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path


def test_a_real_set_alone_gives_tables_without_full_reference(tmp_path):
    rows = [
        ("tin", "classical", "degraded", "r0", "", "ag", 3.0),
        ("tin", "tin", "cyclegan", "r0", "", "ag", 4.0),
    ]
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(tmp_path / "tin.csv", index=False)
    values = {**SLICE, "experiments": {"tin": {"dataset": "tin", "method": "cyclegan"}}}
    tabulate.tabulate(values, [tmp_path / "tin.csv"], tmp_path / "tables", tmp_path / "metrics.json")
    assert "| CycleGAN | tin | 4.00 |" in (tmp_path / "tables" / "summary.md").read_text()
    assert (tmp_path / "tables" / "closure.csv").read_text().count("\n") == 1


def test_bad_scores_are_told_in_one_line(tmp_path, files):
    def told(paths, values=SLICE):
        with pytest.raises(SemclearError) as error:
            tabulate.tabulate(values, paths, tmp_path / "t", tmp_path / "m.json")
        assert "\n" not in str(error.value) and not (tmp_path / "m.json").exists()
        return str(error.value)

    assert "cannot be read" in told([tmp_path / "none.csv"])
    assert "twice" in told([files[0], files[0]])
    assert "expected one of" in told(files, {**SLICE, "experiments": {}})
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    assert "expected the columns" in told([tmp_path / "bad.csv"])
