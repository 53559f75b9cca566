"""What is missing of an extra is read from metadata, versions and extras of extras included."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from semclear.tool.doctor import packages

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return what writes the metadata of a distribution that seems to be installed."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name, version, *requires):
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = [
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}",
            *(f"Requires-Dist: {one}" for one in requires),
        ]
        (folder / "METADATA").write_text("\n".join(lines) + "\n")

    return write


def test_an_extra_lacks_what_is_not_installed_or_too_old(installed):
    installed("fake-base", "1.0")
    installed("fake-plain", "2.0")
    installed(
        "fake-tool",
        "1",
        "fake-base",
        'fake-plain>=1; extra == "good"',
        'fake-plain>=3; extra == "old"',
        'fake-none>=7; extra == "none"',
        'fake-none; extra == "elsewhere" and python_version < "3"',
    )
    assert packages.missing("fake-tool", "good") == packages.missing("fake-tool", "elsewhere") == []
    assert packages.missing("fake-tool", "old") == ["fake-plain>=3 (found 2.0)"]
    assert packages.missing("fake-tool", "none") == ["fake-none>=7"]


def test_extras_of_extras_are_looked_through_without_end(installed):
    installed("fake-inner", "1", 'fake-none; extra == "gpu"', "fake-never-asked")
    installed("fake-tool", "1", 'fake-inner[gpu]; extra == "gpu"', 'fake-tool[gpu]; extra == "all"')
    assert packages.missing("fake-tool", "gpu") == packages.missing("fake-tool", "all") == ["fake-none"]


def test_a_package_that_is_not_installed_has_no_version():
    assert packages.version_of("no_such_module") is None
    assert packages.version_of("numpy") == metadata.version("numpy")
    assert packages.versions()["cv2"] not in (None, "unknown")


def test_every_extra_of_the_list_is_one_of_the_project():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(packages.EXTRAS) <= set(project["optional-dependencies"])
    assert all(f'"semclear[{one["name"]}]"' in one["command"] for one in packages.extras())


def test_nobody_can_say_what_is_missing_of_a_program_that_is_not_installed():
    assert {one["missing"] for one in packages.extras("no-such-distribution")} == {None}
