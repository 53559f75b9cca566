"""A commit is called dirty when what the figures come from has changed, and not when the figures have."""

import shutil
import subprocess

import pytest

from benchmarks.common import provenance


@pytest.mark.skipif(shutil.which("git") is None, reason="needs Git")
def test_dirt_is_code_settings_and_benchmarks(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    files = ("src/a.py", "params.yaml", "benchmarks/b.py", "benchmarks/results/c.csv", "README.md")
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("1")
    assert provenance.commit() == ""
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "x")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    clean = provenance.commit()
    assert len(clean) == 10
    for file in files:
        (tmp_path / file).write_text("2")
        dirty = file not in ("benchmarks/results/c.csv", "README.md")
        assert provenance.commit() == clean + "-dirty" * dirty, file
        (tmp_path / file).write_text("1")
