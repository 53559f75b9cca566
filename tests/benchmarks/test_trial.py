"""What a trial writes, and that it keeps the trials before it."""

import csv

import numpy as np
import pytest
import trial
from provenance import ROOT

from semclear.evaluation.metrics import psnr

TABLE = ROOT / "benchmarks" / "results" / "quality.csv"


class Known:
    """A micrograph whose degraded image is its truth, one tenth darker."""

    def __init__(self, seed):
        self.clear = np.random.default_rng(seed).uniform(0.2, 1, (24, 24)).astype(np.float32)

    def truth(self):
        return self.clear

    def image(self):
        return self.clear - np.float32(0.1)


def test_the_table_has_the_columns_of_a_trial():
    with TABLE.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == trial.COLUMNS and all(row["machine"] for row in rows)
    assert len({row["trial"] for row in rows}) == len(rows)


def test_scores_are_means_of_both_ways_to_restore():
    records = [Known(0), Known(1)]
    found = trial.scores(records, lambda image: image, lambda image: image + np.float32(0.05))
    assert found["psnr"] == pytest.approx(20.0, abs=1e-3)  # an error of 0.1 everywhere
    assert found["psnr_ensemble"] == pytest.approx(psnr(np.zeros((9, 9)), np.full((9, 9), 0.05)), abs=1e-3)
    assert found["psnr_affine"] > 60
    assert set(found) == set(trial.TEST)


def test_changes_that_have_a_column_are_not_told_twice():
    changes = [
        "train.learning_rate=2e-3",
        "train.ssim_weight=3",
        "model.local_extremes=false",
        "scales.laptop.train.crop=64",
    ]
    assert trial.changed(changes) == "ssim_weight=3; local_extremes=false; scales.laptop.train.crop=64"
    assert trial.changed([]) == ""


def test_validation_by_epoch(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,validation_psnr\n1,18.954\n2,20.05\n")
    assert trial.by_epoch(tmp_path / "history.csv") == "18.95 20.05"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["b-fog", "fog", "paired"], "holds already; choose another"),
        (["../x", "fog", "paired"], "expected letters, digits"),
        (["new", "mist", "paired"], "DATASET: got 'mist', expected one of"),
        (["new", "fog", "paired", "train.edge_wieght=1.0"], "edge_wieght: unknown key"),
    ],
)
def test_wrong_trials_are_refused_before_any_work(words, said, tmp_path, capsys):
    before = TABLE.read_bytes()
    assert trial.main([*words, "--work", str(tmp_path / "work")]) == 1
    assert said in capsys.readouterr().err
    assert TABLE.read_bytes() == before and not (tmp_path / "work").exists()
