"""Paths of options are meant as inputs are: an address is its path, and spaces around a name are none of it."""

from pathlib import Path

import pytest
from micrograph_files import write_tiff
from typer.testing import CliRunner

from semclear.cli import paths
from semclear.cli.main import app
from semclear.errors import SemclearError


@pytest.mark.parametrize(
    "form", ["{}", "{} ", " {}", "{}\n", "file://{}", "file://localhost{}", " file://{} ", "file:{}"]
)
@pytest.mark.parametrize("exists", [True, False])
def test_a_path_in_every_form(tmp_path, form, exists):
    place = tmp_path / "day 1"
    if exists:
        place.mkdir()
    assert paths.parser("--output")(form.format(place)) == place
    assert paths.parser("--output")(form.format(place).replace(" 1", "%201")) == (
        place if "file:" in form else tmp_path / "day%201"
    )


def test_what_exists_by_the_very_text_is_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out ").mkdir()
    assert paths.parser("--output")("out ") == Path("out ")
    (tmp_path / "out ").rmdir()
    assert paths.parser("--output")("out ") == Path("out")


@pytest.mark.parametrize("text", ["file:", "file://", "//[x", "s:1", "file:///a%00b", "a/file:/b"])
def test_what_is_no_address_is_a_name(text):
    assert paths.parser("--output")(text) == Path(text)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_name_without_letters_is_one_line(text):
    with pytest.raises(SemclearError, match="--output: got an empty name"):
        paths.parser("--output")(text)


@pytest.mark.parametrize("form", ["file://{}", "{} "])
def test_results_go_where_the_address_says(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    write_tiff(tmp_path / "in" / "a.tif")
    words = ["restore", "in", "-o", form.format(tmp_path / "out"), "--method", "clahe"]
    done = CliRunner().invoke(app, [*words, "--report-file", form.format(tmp_path / "r.html")])
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out", "r.html"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.tif", "a.tif.json"}
