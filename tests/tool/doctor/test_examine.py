"""`semclear doctor` says what works, and fails only where nothing can restore."""

import json
import os
import subprocess
import sys

import pytest

from semclear.tool.doctor import examine, probe


def doctor(*words, first=None, **environment):
    """Run the command; `first` is a folder whose packages are found before all others."""
    path = os.pathsep.join(filter(None, [first and str(first), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-m", "semclear.cli", "doctor", *words],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def broken(folder, *names):
    for name in names:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise ImportError('{name} is broken')")
    return folder


@pytest.mark.slow
def test_everything_is_told_as_json():
    pytest.importorskip("keras")
    import keras

    ran = doctor("--json", KERAS_BACKEND="jax")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["backend"]["chosen"] == "jax" and found["model"] == {
        "works": True,
        "problem": None,
        "name": "default",
    }
    assert found["versions"]["keras"] == keras.__version__
    assert (
        found["backend"]["installed"]["jax"]["gpus"] == []
        or "error" not in found["backend"]["installed"]["jax"]
    )
    assert found["classical"]["works"] and found["memory"]["total"] > found["memory"]["available"] > 0


@pytest.mark.slow
def test_without_keras_classical_methods_are_left(tmp_path):
    ran = doctor(first=broken(tmp_path, "keras"))
    assert ran.returncode == 0
    assert "keras is broken" in ran.stdout and "classical methods work" in ran.stdout


@pytest.mark.slow
def test_it_fails_where_nothing_can_restore(tmp_path):
    ran = doctor(first=broken(tmp_path, "keras", "cv2", "tensorflow", "jax"))
    assert ran.returncode == 1 and "NOTHING can restore" in ran.stdout
    assert "cv2 is broken" in ran.stdout and "DOES NOT LOAD: ImportError: jax is broken" in ran.stdout
    assert not ran.stderr


def test_an_extra_that_lacks_much_names_some_and_its_command():
    lacking = {"name": "gpu", "for": "GPUs", "missing": list("abcde"), "command": "pip install it"}
    unsaid = {"name": "onnx", "for": "files", "missing": None, "command": ""}
    rows = examine._extra_rows([lacking, unsaid, {**lacking, "missing": []}])
    assert rows[0][1] == "GPUs; missing a, b, c, 2 more: pip install it"
    assert "runs from its sources" in rows[1][1] and rows[2][1] == "GPUs; there"


SILENT, BROKEN = {"error": probe.NO_ANSWER}, {"error": "ImportError: x is broken"}


@pytest.mark.parametrize(
    ("model", "classical", "code", "said"),
    [
        (SILENT, SILENT, 0, "NOT KNOWN for lack of an answer in time: the model and the classical methods. "),
        (
            SILENT,
            {},
            0,
            "time: the model. Ask again when less runs on this computer. Classical methods work ",
        ),
        (
            SILENT,
            BROKEN,
            0,
            "time: the model. Ask again when less runs on this computer. Classical methods do not",
        ),
        (
            BROKEN,
            SILENT,
            0,
            "time: the classical methods. Ask again when less runs on this computer. No model ",
        ),
        ({"gpus": [], "model": "default"}, SILENT, 0, "This installation restores micrographs."),
        (BROKEN, {}, 0, "No model can be loaded here; classical methods work"),
        (BROKEN, BROKEN, 1, "NOTHING can restore here"),
    ],
)
def test_no_answer_in_time_is_not_known_and_not_broken(monkeypatch, capsys, model, classical, code, said):
    monkeypatch.setattr(examine.runtime, "backend_for", lambda name: "jax")
    versions = {"jax": "1", "tensorflow": None, "torch": None, "onnxruntime": "2"}
    monkeypatch.setattr(examine.packages, "versions", lambda: versions)
    answers = {f"jax{probe.MODEL}": model, probe.CLASSICAL: classical, "onnxruntime": SILENT}
    monkeypatch.setattr(probe, "ask", lambda names, patience: {name: answers[name] for name in names})
    assert examine.run(as_json=False) == code
    printed = capsys.readouterr().out
    assert said in printed and "2; not known: no answer in time" in printed
    assert ("1; not known: no answer in time" in printed) == (model is SILENT)
    assert ("DOES NOT" in printed) == (BROKEN in (model, classical))
    assert examine.run(as_json=True) == code
    found = json.loads(capsys.readouterr().out)
    works = [None if one is SILENT else one is not BROKEN for one in (model, classical)]
    assert [found[name]["works"] for name in ("model", "classical")] == works
    assert found["model"]["problem"] == model.get("error")
