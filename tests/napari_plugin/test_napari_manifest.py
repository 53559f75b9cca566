"""The manifest is one that npe2 accepts, and everything that it names is there."""

import importlib
from importlib import resources
from pathlib import Path

import pytest
import yaml

from semclear.io.formats import guards

MANIFEST = resources.files("semclear.napari") / "napari.yaml"


@pytest.mark.extras
def test_npe2_accepts_the_manifest():
    npe2 = pytest.importorskip("npe2", reason="npe2 is not installed (extra napari)")
    manifest = npe2.PluginManifest.from_file(Path(str(MANIFEST)))
    assert manifest.name == "semclear"
    assert {command.id for command in manifest.contributions.commands} == {
        "semclear.read",
        "semclear.restore",
        "semclear.sample",
    }


@pytest.mark.parametrize(
    "command",
    ["semclear.read", "semclear.sample", pytest.param("semclear.restore", marks=pytest.mark.extras)],
)
def test_commands_can_be_imported_the_widget_alone_with_napari(command):
    if command == "semclear.restore":
        pytest.importorskip("napari", reason="napari is not installed (extra napari)")
        pytest.importorskip("qtpy", reason="no Qt is installed (extra napari)")
    commands = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["contributions"]["commands"]
    (python_name,) = [one["python_name"] for one in commands if one["id"] == command]
    module, name = python_name.split(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.extras
def test_npe2_reads_a_file_by_the_plugin(tmp_path):
    npe2 = pytest.importorskip("npe2", reason="npe2 is not installed (extra napari)")
    pytest.importorskip("napari", reason="napari is not installed (extra napari)")
    # Activating imports every command, that of the widget, too.
    pytest.importorskip("qtpy", reason="no Qt is installed (extra napari)")
    from micrograph_files import levels, write_tiff

    manager = npe2.PluginManager()
    manager.register(npe2.PluginManifest.from_file(Path(str(MANIFEST))))
    manager.activate("semclear")
    path = str(write_tiff(tmp_path / "a.tif", levels(), nanometres=5.0))
    (reader,) = manager.iter_compatible_readers([path])
    read = manager.commands.execute(reader.command, kwargs={"path": path})
    ((data, arguments, kind),) = read(path)
    assert (data == levels()).all() and arguments["scale"] == pytest.approx((5, 5)) and kind == "image"


def test_files_of_every_known_ending_are_offered():
    (reader,) = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["contributions"]["readers"]
    expected = {f"*{case(ending)}" for ending in guards.SUFFIXES for case in (str.lower, str.upper)}
    assert set(reader["filename_patterns"]) == expected
