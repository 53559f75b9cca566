"""`semclear benchmark`: quick answers, and what a person sees of a whole round."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_benchmark import copied, settings

from semclear import params
from semclear.cli import benchmark as commands
from semclear.cli.main import app
from semclear.errors import SemclearError


def _called(*words: object) -> None:
    app([str(word) for word in words], standalone_mode=False)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings()  # which load them
    monkeypatch.setattr(params, "load", lambda path=None: found)


@pytest.mark.usefixtures("small")
def test_a_whole_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _called("benchmark", "make", tmp_path / "made")
    said = capsys.readouterr().out
    assert "have other pixels" in said and "cannot be compared" in said  # 64 pixels, not the published 256
    shutil.copytree(tmp_path / "made" / "input", tmp_path / "mine")
    shutil.copy(tmp_path / "made" / "truth" / "000-spheres.png", tmp_path / "mine" / "figure.png")
    _called("benchmark", "score", tmp_path / "made", tmp_path / "made" / "input", "--name", "input", "-o",
            tmp_path / "input.json")  # fmt: skip
    capsys.readouterr()
    _called("benchmark", "score", tmp_path / "made", tmp_path / "mine", "--name", "mine", "--notes", "none", "-o",
            tmp_path / "mine.json", "--against", tmp_path / "input.json")  # fmt: skip
    said = capsys.readouterr()
    assert "passed over 1 images" in said.err and "fog: psnr" in said.out
    _called("benchmark", "table", tmp_path / "input.json", tmp_path / "mine.json")
    assert "**hybrid: method minus input, paired**" in capsys.readouterr().out
    _called(
        "benchmark", "table", tmp_path / "input.json", tmp_path / "mine.json", "-o", tmp_path / "all.json"
    )
    both = json.loads((tmp_path / "all.json").read_text("utf-8"))["rows"]
    assert [row["name"] for row in both] == ["input", "mine"] and both[1]["notes"] == "none"
    with pytest.raises(SemclearError, match="exists already"):
        _called("benchmark", "table", tmp_path / "all.json", "-o", tmp_path / "all.json")


@pytest.mark.usefixtures("small")
def test_nothing_is_written_where_restorations_are_missing(tmp_path: Path) -> None:
    made = copied(tmp_path)
    shutil.copytree(made.folder / "input", tmp_path / "mine")
    next((tmp_path / "mine").iterdir()).unlink()
    with pytest.raises(SemclearError, match="1 of 19 restorations are missing"):
        _called(
            "benchmark", "score", made.folder, tmp_path / "mine", "--name", "x", "-o", tmp_path / "x.json"
        )
    assert not (tmp_path / "x.json").exists()


def test_another_ending_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(SemclearError, match=r"--output: got .*row\.txt, expected the ending \.json or \.csv"):
        _called("benchmark", "score", "no-such", "no-such", "--name", "x", "-o", tmp_path / "row.txt")


def test_sources_need_micrographs(tmp_path: Path) -> None:
    with pytest.raises(SemclearError, match="--sources: got it without --real"):
        _called("benchmark", "make", tmp_path / "made", "--sources", "table.csv")


def test_what_lacks_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> object:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("semclear.extras.import_module", without)
    with pytest.raises(SemclearError, match=r'pip install "semclear\[benchmark\]"'):
        commands._tables("score")
