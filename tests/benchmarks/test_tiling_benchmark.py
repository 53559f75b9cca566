"""The benchmark of tiles: an exact generator's row says so, one with instance normalisation measures its deviation."""

import csv

import pytest

pytest.importorskip("keras")
import tiling

SMOKE = ["--sizes", "200", "--tile", "136"]


def test_a_row_a_model(tmp_path):
    output = tmp_path / "tiling.csv"
    words = ["--models", "smoke:none", "smoke:instance", *SMOKE, "--output", str(output)]
    assert tiling.main(words) == 0
    with output.open(newline="") as stream:
        exact, blended = list(csv.DictReader(stream))
    assert (exact["exact"], exact["tiles"], exact["overlap"]) == ("1", "9", "48")
    assert float(exact["deviation_max"]) < 0.01 < float(blended["deviation_rms"]) and blended["exact"] == "0"
    assert float(exact["change_rms"]) > 5
    assert float(exact["cpu_s_a_megapixel"]) == pytest.approx(float(exact["cpu_s"]) / 0.04, rel=1e-3)


def test_wrong_names_are_one_line(capfd, tmp_path):
    assert tiling.main(["--models", "huge:none", *SMOKE, "--output", str(tmp_path / "t.csv")]) == 1
    assert "got huge:none, expected one of" in capfd.readouterr().err
    assert not (tmp_path / "t.csv").exists()
