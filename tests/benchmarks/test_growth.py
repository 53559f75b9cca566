"""Exponents, what fits, which sizes are measured, and one measurement of each kind."""

import numpy as np
import pytest

from benchmarks.cost import apart, growth, growth_table
from semclear.errors import SemclearError

GIVEN = growth.parser_of().parse_args(["--scale", "smoke", "--method", "paired", "--times", "1"])


def test_a_power_law_is_found_with_its_error():
    sizes = [8, 16, 32, 64]
    law = growth_table.law_of(sizes, [3.0 * size**1.5 for size in sizes])
    assert law.exponent == pytest.approx(1.5) and law.error == pytest.approx(0, abs=1e-6)
    rng = np.random.default_rng(0)
    noisy = growth_table.law_of(sizes, [size**2 * np.exp(0.1 * rng.standard_normal()) for size in sizes])
    assert abs(noisy.exponent - 2) < 4 * noisy.error and 0 < noisy.error < 0.2
    assert np.isnan(growth_table.law_of([1, 2], [1, 4]).error)
    assert growth_table.law_of([1], [1]) is None and growth_table.law_of([1, 2], [0, 1]) is None


def test_what_fits_is_where_the_law_meets_the_memory():
    mebi = 1e9 / 2**20
    found = growth_table.largest([1, 2, 4], [mebi, 4 * mebi, 16 * mebi], 0.0, 64, 1.0)
    assert found == pytest.approx(8)
    assert growth_table.largest([1, 2, 4], [mebi, 2 * mebi, 8 * mebi], 0.0, 32, 1.0) == pytest.approx(8)
    assert growth_table.largest([1, 2], [1, 2], 1e9, 8, 1.0) is None
    # What hardly grows yet will grow.
    assert growth_table.largest([1, 2, 4], [mebi, mebi, mebi], 0.0, 16, 2.0) == pytest.approx(16)


def test_where_axes_cross_is_measured_once():
    base = {"width": 16, "crop": 128, "batch": 4}
    found = growth.points(base, ["training", "restoring", "loading"])
    assert len(found) == len({(p.what, *p.sizes.items()) for p in found}) == 11 + 7 + 4
    (crossing,) = [p for p in found if p.sizes == base]
    assert crossing.axes == ("width", "crop", "batch")
    piece = growth.slice_for(growth.parser_of().parse_args([]), {"width": 32, "crop": 256, "batch": 2})
    assert piece["scales.laptop.model"]["max_width"] == 128 and piece["scales.laptop.train"]["batch"] == 2


def _row(**values):
    row = dict.fromkeys(growth.COLUMNS, "x") | {"what": "training", "axes": "crop", "threads": "1"}
    return row | {"libraries_mib": "500", "seconds": "1"} | values


def test_the_page_and_the_figure(tmp_path):
    rows = [_row(crop=str(c), cpu_s=str(c**2), added_mib=str(c**2 / 100)) for c in (64, 128, 256)]
    text = growth_table.text_of(rows)
    assert "| crop | 2.00 ± 0.00 (last 2.00) | 2.00 ± 0.00 (last 2.00) |" in text
    assert "| 64 | 4096 | 1 | 41 |" in text and "| 500 | 840 | " in text
    growth_table.draw(rows, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").stat().st_size > 0
    with pytest.raises(SemclearError, match="got no rows"):
        growth_table.text_of([])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "sizes"), [("restoring", {"width": 4, "side": 64}), ("loading", {"micrographs": 3})]
)
def test_a_measurement_in_a_process_of_its_own(what, sizes):
    piece = growth.slice_for(GIVEN, sizes)
    found = apart.call(f"growth_run:{what}", {"slice": piece, "times": 1, **sizes})
    assert found["seconds"] > 0 and found["libraries_mib"] >= 0 and found["device"]


@pytest.mark.slow
def test_a_row_a_measurement_and_none_twice(tmp_path, capsys):
    given = growth.parser_of().parse_args([])
    vars(given).update(vars(GIVEN), what=["training"], results=tmp_path)
    grids = {"training": {"batch": (1, 2)}}
    growth.run(given, grids)
    assert "training, width 4, crop 32, batch 2" in capsys.readouterr().out
    growth.run(given, grids)
    assert capsys.readouterr().out == ""
    assert growth.main(["--table", "--results", str(tmp_path)]) == 0
    assert (tmp_path / "growth.md").is_file()
