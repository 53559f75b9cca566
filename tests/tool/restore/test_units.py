"""Amounts of memory, tables for terminals, and arguments of classical methods."""

import pytest

from semclear.errors import SemclearError
from semclear.restoration import classical_defaults
from semclear.restoration.classical.registry import methods
from semclear.tool import terminal
from semclear.tool.restore import memory


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("2GB", 2 * 2**30),
        ("1.5 GiB", 3 * 2**29),
        ("800m", 800 * 2**20),
        ("2147483648", 2**31),
        (" 1tb ", 2**40),
    ],
)
def test_memory(text, amount):
    assert memory.memory_amount(text) == amount


@pytest.mark.parametrize("text", ["", "much", "2 XB", "-1GB", "1MB", "1e9"])
def test_no_memory(text):
    with pytest.raises(SemclearError, match="--memory: got"):
        memory.memory_amount(text)


def test_columns_are_aligned_also_for_accents_and_wide_letters():
    lines = terminal.aligned(("name", "n"), [("試料", "1"), ("e\u0301", "20")], right=(1,)).splitlines()
    assert lines == ["name   n", "試料   1", "e\u0301     20"]


def test_a_name_cannot_write_to_the_terminal():
    assert "\x1b" not in terminal.aligned(("name",), [("\x1b[2Jbad\n.tif",)])


def test_every_method_without_a_model_has_all_its_parameters():
    usable = {name for name, method in methods().items() if not method.needs_blur and name != "degraded"}
    assert set(classical_defaults.defaults()) == usable


def test_defaults_lie_in_the_grids_that_the_study_searched():
    from pathlib import Path

    from semclear import params

    grids = params.load(Path(__file__).parents[3] / "params.yaml").classical
    for name, values in classical_defaults.defaults().items():
        grid = methods()[name].grid(grids)
        assert grid.keys() == values.keys()
        assert all(value in grid[key] for key, value in values.items())


def test_a_parameter_is_set_and_keeps_its_kind():
    assert classical_defaults.parameters_of("clahe", ["tiles=8"]) == {"clip_limit": 3.0, "tiles": 8}
    assert classical_defaults.parameters_of("wiener-estimated", ["balance=1"]) == {"balance": 1.0}


def test_a_measured_point_spread_function_takes_the_place_of_the_assumed_width():
    assert classical_defaults.with_psf() == ["wiener", "richardson-lucy", "wiener-unsupervised"]
    assert classical_defaults.parameters_of("wiener-unsupervised") == {"sigma": 2.5}
    assert classical_defaults.parameters_of("wiener-unsupervised", psf=True) == {}
    assert classical_defaults.parameters_of("richardson-lucy", ["rounds=3"], psf=True) == {"rounds": 3}
    with pytest.raises(SemclearError, match="expected none for this method"):
        classical_defaults.parameters_of("wiener-unsupervised", ["sigma=2"], psf=True)
    with pytest.raises(SemclearError, match="expected one of wiener, richardson-lucy, wiener-unsupervised;"):
        classical_defaults.parameters_of("clahe", psf=True)


@pytest.mark.parametrize(
    ("method", "words", "said"),
    [
        ("magic", [], "--method: got 'magic', expected one of"),
        ("degraded", [], "--method: got 'degraded'"),
        ("wiener-true", [], "--method: got 'wiener-true'"),
        ("clahe", ["balance=1"], "expected one of clip_limit=NUMBER, tiles=NUMBER"),
        ("clahe", ["tiles"], "expected one of"),
        ("clahe", ["tiles=2.5"], "expected a whole number from 1 to 256"),
        ("clahe", ["tiles=True"], "expected a whole number"),
        ("clahe", ["tiles=__import__('os')"], "expected a whole number"),
        ("clahe", ["clip_limit=nan"], "expected a number"),
        ("wiener-estimated", ["balance=-1"], "expected a number from"),
        ("percentile-stretch", ["low=99"], "expected low below high"),
    ],
)
def test_wrong_parameters(method, words, said):
    with pytest.raises(SemclearError, match=said):
        classical_defaults.parameters_of(method, words)


def test_pixels_that_may_be_read_within_an_amount_of_memory():
    assert memory.pixels_within(None) == 2**28 == memory.pixels_within("64GB")
    assert memory.pixels_within("600MB") == 600 * 2**20 // memory.READING
