"""The list of results is the folder's, and every command that it gives is one."""

import re
import subprocess

import pytest

from benchmarks.common.provenance import ROOT

FOLDER = ROOT / "benchmarks" / "results"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
SCRIPTS = sorted(set(re.findall(r"python -m (benchmarks(?:\.\w+)+)", TEXT)))


def listed():
    """Return the files tracked by Git, or where there is no Git those in the folder."""
    done = subprocess.run(
        ["git", "ls-files", "--", FOLDER], cwd=ROOT, capture_output=True, text=True, check=False
    )
    tracked = {line.rpartition("/")[2] for line in done.stdout.splitlines()}
    return (tracked or {path.name for path in FOLDER.iterdir()}) - {"README.md"}


def test_the_table_names_the_files_that_are_there():
    assert set(re.findall(r"^\| `(\S+)` \|", TEXT, re.MULTILINE)) == listed()


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_say_how_they_are_called(script):
    source = (ROOT / script.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
    assert f"python -m {script}" in source.split('"""')[1]
    if "clone_parser(" in source:  # which stands with what it is for
        source += (ROOT / "benchmarks/kills.py").read_text(encoding="utf-8")
    for option in re.findall(rf"{script}[^`]*?(--\w+)", TEXT):
        assert f'"{option}"' in source


def test_every_benchmark_that_can_be_called_is_told_of():
    callable_ = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in (ROOT / "benchmarks").rglob("*.py")
        if "__main__" in path.read_text(encoding="utf-8")
    }
    # One draws a figure of docs/, the other runs the functions of those beside it.
    assert callable_ - {"benchmarks.quality.quality_figure", "benchmarks.cost.apart"} == set(SCRIPTS)
