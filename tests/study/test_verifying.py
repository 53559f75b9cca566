"""Rot in DVC's cache, which DVC itself does not see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.study import pipeline, verifying

STAGES = """
stages:
  one: {cmd: "true", outs: [table.csv]}
  many: {cmd: "true", outs: [images]}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose files DVC has recorded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    (tmp_path / "dvc.yaml").write_text(STAGES)
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    (tmp_path / "images").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "images" / name).write_text(name)
    subprocess.run(["dvc", "commit", "--force", "--quiet"], check=True)
    return tmp_path


def _flip(path: Path) -> None:
    """Change a byte as a failing disk does: times and rights stay."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[1] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _kept(project: Path, name: str) -> Path:
    """Return the copy in the cache of a file of the project, by its content."""
    wanted = sha256(project / name)
    cache = project / ".dvc" / "cache" / "files" / "md5"
    return next(path for path in cache.rglob("*") if path.is_file() and sha256(path) == wanted)


def test_whole_files_pass(project: Path) -> None:
    verifying.check()


@pytest.mark.parametrize("name", ["table.csv", "images/b.png"])
def test_a_flipped_byte_in_the_cache_is_named_and_healed(project: Path, name: str) -> None:
    content, kept = (project / name).read_bytes(), _kept(project, name)
    _flip(kept)
    (project / name).unlink()
    subprocess.run(["dvc", "checkout", "--quiet"], check=True)
    assert (project / name).read_bytes() != content
    assert subprocess.run(["dvc", "status", "--quiet"], check=False).returncode == 0  # DVC does not see it
    with pytest.raises(
        SemclearError, match=rf"{name}: got other content .* cache is damaged \(.*{kept.name}\)"
    ):
        pipeline.adopt()
    kept.unlink()
    (project / name).write_bytes(content)  # as `dvc pull` would bring it
    subprocess.run(["dvc", "commit", "--force", "--quiet"], check=True)
    verifying.check()


def test_a_damaged_list_of_files_is_named(project: Path) -> None:
    (listed,) = (project / ".dvc" / "cache").rglob("*.dir")
    _flip(listed)
    with pytest.raises(SemclearError, match=listed.name):
        verifying.check()
