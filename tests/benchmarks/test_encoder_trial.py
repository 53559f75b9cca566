"""What counts as an error of the encoder, and that a trial of it runs."""

import csv

import encoder_trial
import numpy as np
import pytest
from provenance import ROOT

TABLE = ROOT / "benchmarks" / "results" / "encoder_trials.csv"


def test_the_table_has_the_columns_of_a_trial():
    with TABLE.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == encoder_trial.COLUMNS and all(row["machine"] for row in rows)


def test_errors_by_hand():
    fog = {"transmission": 0.5, "airlight": 0.8}
    true = [
        encoder_trial.truth_of(p) for p in ({"blur": {"sigma": 2.0}, "fog": None}, {"blur": None, "fog": fog})
    ]
    assert true[0][:2] == (2.0, 1.0) and np.isnan(true[0][2]) and true[1] == (0.0, 0.5, 0.8)
    found = encoder_trial.errors(np.array([[1.5, 0.9, 0.3], [0.3, 0.7, 0.9]]), np.array(true))
    assert found == pytest.approx(
        {
            "sigma_bias_px": -0.1,
            "sigma_mae_px": 0.4,
            "sigma_r": 1.0,
            "transmission_bias": 0.05,
            "transmission_mae": 0.15,
            "airlight_mae": 0.1,
        }
    )
    alike = encoder_trial.errors(np.array([[1.0, 1.0, 0.5]] * 2), np.array([[0.0, 1.0, np.nan]] * 2))
    assert np.isnan(alike["sigma_r"]) and np.isnan(alike["airlight_mae"])


def test_a_taken_name_is_refused(capsys):
    assert encoder_trial.main(["base"]) == 1
    assert "holds already; choose another" in capsys.readouterr().err


@pytest.mark.slow
def test_a_trial_is_a_row_a_data_set(tmp_path):
    pytest.importorskip("tensorflow")
    words = ["new", "model.drawn.absent=0.0", "--scale", "smoke", "--steps", "2", "--study", str(tmp_path)]
    assert encoder_trial.main([*words, "--work", str(tmp_path / "w"), "--results", str(tmp_path / "r")]) == 0
    with (tmp_path / "r" / "encoder_trials.csv").open(newline="") as stream:
        rows = {row["dataset"]: row for row in csv.DictReader(stream)}
    assert (
        set(rows) == {"fog", "gaussian", "general", "hybrid"}
        and rows["fog"]["draws"] == "model.drawn.absent=0.0"
    )
    assert 0 < float(rows["hybrid"]["sigma_mae_px"]) < 5 and rows["gaussian"]["airlight_mae"] == ""
