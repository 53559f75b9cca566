"""pyproject.toml, the lock and environment.yml promise the same versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

PROJECT = Path(__file__).parents[1]
LOCK = "requirements/study.lock"
CHECKS = "requirements/checks.lock"


def _project() -> dict:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _locked(lock: str = LOCK) -> dict[str, list[Requirement]]:
    """Return a lock's pins by normalised name: one a Python version where they differ."""
    text = (PROJECT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    pins: dict[str, list[Requirement]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line.split("--hash", 1)[0].strip())
            pins.setdefault(_normal(pin.name), []).append(pin)
    return pins


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _version_of(pin: Requirement) -> Version:
    (exact,) = pin.specifier
    assert exact.operator == "=="
    return Version(exact.version)


def _promised() -> list[Requirement]:
    project = _project()
    extras = project["optional-dependencies"]
    return [Requirement(text) for text in [*project["dependencies"], *extras["study"], *extras["dev"]]]


def test_every_requirement_is_locked_within_its_range() -> None:
    locked = _locked()
    for wanted in _promised():
        pins = locked.get(_normal(wanted.name))
        assert pins, f"{wanted.name} is not in {LOCK}; run `make lock`"
        for pin in pins:
            assert _version_of(pin) in wanted.specifier, f"{pin} against {wanted}; run `make lock`"


def test_each_pin_holds_on_some_supported_python() -> None:
    supported = SpecifierSet(_project()["requires-python"])
    environments = [
        {**default_environment(), "python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0"}
        for minor in range(9, 16)
        if f"3.{minor}" in supported
    ]
    for wanted in _promised():
        pins = _locked()[_normal(wanted.name)]
        for environment in environments:
            fitting = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment)]
            assert len(fitting) == 1, f"{wanted.name} on {environment['python_version']}: {fitting}"


def test_the_second_lock_adds_what_the_first_has_not() -> None:
    first, more = _locked(), _locked(CHECKS)
    assert not first.keys() & more.keys()
    extras = _project()["optional-dependencies"]
    tools = (PROJECT / "requirements/checks.in").read_text(encoding="utf-8").splitlines()
    checked = ("napari", "vendors", "mrc", "czi", "ome", "openvino", "volumes")
    texts = [text for name in checked for text in extras[name]]
    texts = [*texts, *(line for line in tools if not line.startswith("#"))]
    for wanted in map(Requirement, texts):
        pins = more.get(_normal(wanted.name)) or first.get(_normal(wanted.name))
        assert pins, f"{wanted.name} is neither in {LOCK} nor in {CHECKS}; run `make lock`"
        assert all(_version_of(pin) in wanted.specifier for pin in pins), f"{wanted}; run `make lock`"


@pytest.mark.parametrize("lock", [LOCK, CHECKS])
def test_every_pin_has_hashes_and_no_host_or_path_is_named(lock: str) -> None:
    text = (PROJECT / lock).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[a-zA-Z])", text):
        if not entry.startswith("#"):
            assert "--hash=sha256:" in entry, entry.splitlines()[0]
    assert "://" not in text and "--index-url" not in text and "--find-links" not in text
    assert text.splitlines()[1].strip() == "#    make lock"


def test_conda_environment_is_the_lock_and_the_same_pythons() -> None:
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    *plain, nested = environment["dependencies"]
    pythons = next(line.removeprefix("python").strip() for line in plain if line.startswith("python "))
    assert SpecifierSet(pythons) == SpecifierSet(_project()["requires-python"])
    assert {"pip", "git", "make"} <= set(plain)
    assert nested["pip"] == ["--require-hashes", f"-r {LOCK}"]


def test_gpu_extra_is_the_same_tensorflow_with_cuda() -> None:
    project = _project()
    extras = project["optional-dependencies"]
    base = next(Requirement(text) for text in extras["study"] if text.startswith("tensorflow"))
    (extra,) = [Requirement(text) for text in extras["gpu"]]
    assert (extra.name, extra.extras, extra.specifier) == (base.name, {"and-cuda"}, base.specifier)


def test_restoring_and_training_from_a_pack_need_neither_tensorflow_nor_the_workflow() -> None:
    project = _project()
    names = {Requirement(text).name for text in project["dependencies"]}
    study = {Requirement(text).name for text in project["optional-dependencies"]["study"]}
    assert not names & study and {"tensorflow", "snakemake", "dvc", "mlflow", "pandas", "matplotlib"} <= study
    assert {"jax", "keras", "tifffile"} <= names
    assert [Requirement(text).name for text in project["optional-dependencies"]["jax"]] == ["jax"]


def test_opencv_is_headless_everywhere() -> None:
    names = {name for name in _locked() if name.startswith("opencv")}
    assert names == {"opencv-python-headless"}


@pytest.mark.parametrize("script", ["Makefile", "tools/environment.sh"])
def test_set_up_tries_the_supported_pythons(script: str) -> None:
    text = (PROJECT / script).read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(home|root|usr/local|opt)/", text)
    if script.endswith(".sh"):
        for name in ("python3.11", "python3.12", "python3.13", "python3"):
            assert name in text
