"""The options of `semclear export`."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import tiny_model
import typer
from typer.testing import CliRunner

from semclear.cli.export import export
from semclear.errors import SemclearError
from semclear.export import export as writing
from semclear.networks import bundle as bundles

RUNNER = CliRunner()


def write_model(path):
    """Write what is read as a model, though its weights fit no network."""
    weights = {"restorer": [np.zeros(3, np.float32)]}
    bundles.save(bundles.Bundle("paired", tiny_model.SIZE, tiny_model.MODEL, "d" * 64, weights), path)


@pytest.fixture
def app():
    app = typer.Typer()
    app.command()(export)
    return app


def test_options_reach_the_export(app, monkeypatch, tmp_path):
    asked = []

    def instead(*words, **options):
        asked.append((words, options))
        return writing.Export(tmp_path / "m.onnx", "onnx", 2_400_000, 3e-7, {"method": "paired"})

    monkeypatch.setattr(writing, "export", instead)
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path / "a.semclear", tmp_path / "results" / "models" / "named.semclear"):
        write_model(place)
    done = RUNNER.invoke(app, ["a.semclear", "--format", "onnx", "-o", "m.onnx", "--overwrite", "--no-check"])
    assert done.exit_code == 0, done.output
    (words, options), *_ = asked
    assert [str(word) for word in words] == ["a.semclear", "onnx", "m.onnx"]
    assert options == {"overwrite": True, "check": False}
    assert "2.4 MB, onnx, paired" in done.output and "3.0e-07 grey" in done.output
    done = RUNNER.invoke(app, ["a.semclear", "--format", "onnx", "--json"])
    assert json.loads(done.output) == {
        "output": str(tmp_path / "m.onnx"),
        "format": "onnx",
        "bytes": 2_400_000,
        "difference": 3e-7,
        "method": "paired",
    }

    done = RUNNER.invoke(app, ["named", "--format", "onnx"])
    assert done.exit_code == 0 and str(asked[-1][0][0]) == "results/models/named.semclear"


def test_what_is_no_bundle(app, tmp_path):
    (tmp_path / "m.onnx").touch()
    for name, text in ((tmp_path / "m.onnx", "a restorer alone"), ("none", "expected a file or a name")):
        done = RUNNER.invoke(app, [str(name), "--format", "onnx"])
        assert isinstance(done.exception, SemclearError) and text in str(done.exception)


def test_errors_are_those_of_the_export(app, tmp_path):
    write_model(tmp_path / "a.semclear")
    done = RUNNER.invoke(app, [str(tmp_path / "a.semclear"), "--format", "torch"])
    assert isinstance(done.exception, SemclearError) and "expected one of onnx" in str(done.exception)


def test_damage_is_told_as_everywhere(app, tmp_path):
    (tmp_path / "a.semclear").write_bytes(b"no archive")
    write_model(tmp_path / "b.semclear")
    with zipfile.ZipFile(tmp_path / "b.semclear", "a") as archive:
        archive.writestr("evil.py", "print()")
    write_model(tmp_path / "c.semclear")
    content = bytearray((tmp_path / "c.semclear").read_bytes())
    content[content.index(b"restorer.npz") + 80] ^= 1
    (tmp_path / "c.semclear").write_bytes(bytes(content))
    damage = "damaged or no semclear model"
    for name, text in (
        ("a", damage),
        ("b", "'evil.py' inside"),
        ("c", f"{damage} (its content does not fit"),
    ):
        done = RUNNER.invoke(app, [str(tmp_path / f"{name}.semclear"), "--format", "onnx"])
        assert isinstance(done.exception, SemclearError) and text in str(done.exception)


def test_remarks_of_libraries_stay_off_the_terminal(app, monkeypatch, tmp_path, capfd):
    def noisy(*words, **options):
        os.write(2, b"oneDNN is on\n")
        return writing.Export(tmp_path / "m.onnx", "onnx", 1, None, {"method": "paired"})

    monkeypatch.setattr(writing, "export", noisy)
    write_model(tmp_path / "a.semclear")
    assert RUNNER.invoke(app, [str(tmp_path / "a.semclear"), "--format", "onnx"]).exit_code == 0
    assert capfd.readouterr().err == ""


def test_the_module_is_light():
    code = (
        "import sys, semclear.cli.export; print([m for m in ('numpy', 'keras', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
