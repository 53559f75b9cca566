"""A package that is broken or never answers is told, and takes nobody with it."""

import os

import pytest

from semclear.tool.doctor import probe


@pytest.fixture
def shadowed(tmp_path):
    """Return what makes an environment in which packages run other code when they are imported."""

    def environment(**codes):
        for name, code in codes.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text(code)
        path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
        return {**os.environ, "PYTHONPATH": path}

    return environment


def test_broken_crashing_and_silent_packages_are_told_apart(shadowed):
    environment = shadowed(
        jax="raise ImportError('libfoo.so.1: not found')",
        torch="import os; os._exit(7)",
        onnxruntime="import time; time.sleep(3600)",
    )
    said = probe.ask(["jax", "torch", "onnxruntime"], environment, patience=15)
    assert said["jax"] == {"error": "ImportError: libfoo.so.1: not found"}
    assert said["torch"] == {"error": "exit code 7"}
    assert said["onnxruntime"] == {"error": "no answer in time"}


def test_what_a_package_prints_does_not_spoil_its_answer(shadowed):
    code = "print('hello')\ndef get_available_providers(): return ['SomeExecutionProvider']"
    said = probe.ask(["onnxruntime"], shadowed(onnxruntime=code))
    assert said == {"onnxruntime": {"providers": ["SomeExecutionProvider"]}}


def test_gpus_are_named_as_the_backend_names_them(shadowed):
    code = (
        "class Device:\n    def __init__(self, platform, kind): self.platform, self.device_kind = platform, kind\n"
        "def devices(): return [Device('cpu', 'cpu'), Device('rocm', 'Some GPU')]"
    )
    assert probe.ask(["jax"], shadowed(jax=code)) == {"jax": {"gpus": ["Some GPU"]}}


def test_classical_methods_work_here():
    assert probe.ask([probe.CLASSICAL]) == {probe.CLASSICAL: {}}
