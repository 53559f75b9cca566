"""The benchmark of tiles: an exact generator's row says so, one with instance normalisation measures its deviation."""

import csv

import numpy as np
import pytest

pytest.importorskip("keras")
from benchmarks.cost import tiling
from semclear import params
from semclear.errors import SemclearError

SMOKE = ["--sizes", "200", "--tile", "136"]


@pytest.mark.slow
def test_a_row_a_model(tmp_path):
    output = tmp_path / "tiling.csv"
    words = ["--models", "smoke:none", "smoke:instance", *SMOKE, "--output", str(output)]
    assert tiling.main(words) == 0
    with output.open(newline="") as stream:
        exact, blended = list(csv.DictReader(stream))
    assert (exact["exact"], exact["tiles"], exact["overlap"]) == ("1", "16", "48")
    assert float(exact["deviation_max"]) < 0.01 < float(blended["deviation_rms"]) and blended["exact"] == "0"
    assert float(exact["change_rms"]) > 5
    assert float(exact["cpu_s_a_megapixel"]) == pytest.approx(float(exact["cpu_s"]) / 0.04, rel=1e-3)


@pytest.mark.skipif(not tiling.peak(), reason="the system does not say how much memory a process has held")
def test_peak_memory_is_counted_afresh():
    before = tiling.peak(afresh=True)
    held = np.ones(2**26)
    assert 0.9 * held.nbytes < tiling.peak() - before < 1.5 * held.nbytes
    del held
    # What was held is no longer counted; what others of the process hold meanwhile is less than half of it.
    assert tiling.peak(afresh=True) < before + 2**28


@pytest.mark.parametrize("words", [("huge", "none"), ("smoke", "batch"), ("smoke", "")])
def test_wrong_names_are_refused(words):
    with pytest.raises(SemclearError, match=f"got {words[0]}:{words[1]}, expected one of"):
        tiling.untrained(params.load(tiling.ROOT / "params.yaml"), *words)
