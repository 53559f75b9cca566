"""A checkpoint is that of its code: every file that a training runs counts."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("keras")
import semclear
from semclear.training import checkpoint


@pytest.fixture
def package(tmp_path, monkeypatch):
    root = tmp_path / "semclear"
    shutil.copytree(
        Path(semclear.__file__).parent, root, ignore=shutil.ignore_patterns("__pycache__", "*.semclear")
    )
    monkeypatch.setattr(semclear, "__file__", str(root / "__init__.py"))
    return root


@pytest.mark.parametrize("name", ["seeds.py", "compute.py", "networks/losses.py", "training/fitting.py"])
def test_a_changed_file_is_another_code(package, name):
    before = checkpoint.code_sha256()
    (package / name).open("a").write("\n# changed\n")
    assert checkpoint.code_sha256() != before


def test_what_a_training_does_not_run_does_not_count(package):
    before = checkpoint.code_sha256()
    (package / "tool" / "inspect.py").open("a").write("\n# changed\n")
    assert checkpoint.code_sha256() == before


@pytest.mark.parametrize("stage", checkpoint.STAGES)
def test_a_stage_that_is_gone_is_an_error_not_an_empty_hash(package, stage):
    place = package / stage
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    with pytest.raises(FileNotFoundError):
        checkpoint.code_sha256()
