"""The widget in napari's own viewer: previews, layers, comparison, cancelling and errors."""

import importlib.util
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from micrograph_files import levels, write_tiff

from semclear.napari import reader, restore_layer, sample_data
from semclear.napari.model_choice import METHOD, Choice
from semclear.napari.worker.process import RestoringProcess, loaded_by
from semclear.tool.verdict import wording

LIMIT = 180_000  # milliseconds
MISSING = [name for name in ("napari", "qtpy", "pytestqt") if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(
        bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (requirements/checks.lock)"
    ),
    pytest.mark.skipif(
        sys.platform.startswith("linux")
        and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")),
        reason="napari's canvas needs a display with OpenGL: run under xvfb-run",
    ),
]


@pytest.fixture(autouse=True)
def alone():
    """Leave out what could crash the whole run: TensorFlow and the OpenGL of Mesa each bring their LLVM."""
    if sys.platform.startswith("linux") and "tensorflow" in sys.modules:
        pytest.skip(
            "TensorFlow is loaded in this process: run tests/napari_plugin/test_napari_widget.py alone"
        )


@pytest.fixture
def shown(make_napari_viewer, qtbot, tmp_path, monkeypatch, smoothing):
    """Return viewer, widget and layer of a file; the widget restores by smoothing."""
    monkeypatch.chdir(tmp_path)
    from semclear.napari.widget import RestoreMicrograph

    viewer = make_napari_viewer()
    path = write_tiff(tmp_path / "scan.tif", levels("uint16", size=(600, 700)), nanometres=5.0)
    layer = viewer._add_layer_from_data(*reader.read(str(path))[0])[0]
    widget = RestoreMicrograph(viewer)
    viewer.window.add_dock_widget(widget)
    widget.reset_choices()
    widget._load = lambda *given: smoothing[1]
    return viewer, widget, layer


def finished(qtbot, widget):
    qtbot.waitUntil(lambda: not widget.cancel.enabled, timeout=LIMIT)


def said():
    from napari.utils.notifications import notification_manager

    return [str(record.message) for record in notification_manager.records]


def test_restoring_adds_layers_with_scale_units_type_and_limits(shown, qtbot):
    viewer, widget, layer = shown
    widget.start_restoring()
    assert not widget.restore.enabled and widget.cancel.enabled
    finished(qtbot, widget)
    assert [one.name for one in viewer.layers] == ["scan", "scan restored", "scan uncertainty"]
    restored, uncertainty = viewer.layers[1:]
    assert restored.data.dtype == layer.data.dtype and restored.data.shape == layer.data.shape
    for made in (restored, uncertainty):
        np.testing.assert_allclose(made.scale, layer.scale)
        assert made.units == layer.units
        np.testing.assert_allclose(made.translate, layer.translate)
    assert tuple(restored.contrast_limits) == tuple(layer.contrast_limits)
    assert restored.visible and not uncertainty.visible
    assert restored.metadata["semclear"]["account"]["method"] == "smoothing"
    assert "invent" in widget.text.toPlainText() and wording.UNJUDGED in widget.text.toPlainText()
    assert widget.progress.value == widget.progress.max and widget.restore.enabled
    expected = restore_layer.whole(restore_layer.Source("a", layer.data), widget._load(), lambda *told: None)
    np.testing.assert_array_equal(restored.data, expected.data)


def test_without_uncertainty_there_is_no_such_layer(shown, qtbot):
    viewer, widget, _ = shown
    widget.uncertainty.value = False
    widget.start_restoring()
    finished(qtbot, widget)
    assert [one.name for one in viewer.layers] == ["scan", "scan restored"]


def test_a_preview_lies_on_what_the_camera_shows(shown, qtbot):
    viewer, widget, layer = shown
    layer.corner_pixels = np.array([[100, 200], [179, 299]])
    widget.start_preview()
    finished(qtbot, widget)
    preview = viewer.layers["scan preview"]
    assert preview.data.shape == (80, 100)
    np.testing.assert_allclose(preview.translate, (100 * 5.0, 200 * 5.0))
    np.testing.assert_allclose(preview.scale, layer.scale)
    layer.corner_pixels = np.array([[0, 0], [39, 39]])
    widget.start_preview()
    finished(qtbot, widget)
    assert [one.name for one in viewer.layers] == ["scan", "scan preview"]  # the last one took its place
    widget.start_restoring()
    finished(qtbot, widget)
    assert "scan preview" not in viewer.layers
    np.testing.assert_array_equal(preview.data, viewer.layers["scan restored"].data[100:180, 200:300])


def test_a_preview_of_a_stack_is_of_the_slice_that_is_shown(shown, qtbot):
    viewer, widget, _ = shown
    stack = np.stack([levels(size=(300, 280), seed=seed) for seed in (1, 2, 3)])
    pages = viewer.add_image(stack, name="pages", scale=(1, 4, 4), translate=(0, 8, 12), rotate=0)
    widget.reset_choices()
    widget.layer.value = pages
    viewer.dims.set_current_step(0, 2)
    pages.corner_pixels = np.array([[0, 10, 20], [0, 59, 79]])
    widget.start_preview()
    finished(qtbot, widget)
    preview = viewer.layers["pages preview"]
    assert preview.data.shape == (1, 50, 60)
    np.testing.assert_allclose(preview.translate, (2, 8 + 40, 12 + 80))
    whole = restore_layer.whole(restore_layer.Source("a", stack[2]), widget._load(), lambda *told: None)
    np.testing.assert_array_equal(preview.data[0], whole.data[10:60, 20:80])


def test_before_and_after_by_fading_and_by_a_curtain(shown, qtbot):
    viewer, widget, layer = shown
    widget.start_restoring()
    finished(qtbot, widget)
    restored = viewer.layers["scan restored"]
    widget.share.value = 0.25
    assert restored.opacity == pytest.approx(0.25)
    widget.mode.value = "curtain"
    before = viewer.layers["scan before"]
    assert restored.opacity == 1 and before.data.shape == (600, 525)
    assert np.shares_memory(before.data, layer.data)
    assert viewer.layers.index(before) == viewer.layers.index(restored) + 1
    widget.share.value = 0.5
    assert viewer.layers["scan before"].data.shape == (600, 350)
    widget.share.value = 1.0
    assert "scan before" not in viewer.layers
    widget.share.value = 0.5
    widget.mode.value = "fade"
    assert "scan before" not in viewer.layers and restored.opacity == pytest.approx(0.5)
    viewer.layers.remove(restored)
    widget.share.value = 0.7  # nothing left to compare: nothing happens


def test_cancelling_leaves_the_layers_as_they_were(shown, qtbot, smoothing):
    viewer, widget, _ = shown
    begun, go_on = threading.Event(), threading.Event()
    inspect = smoothing[0].inspect

    def wait(image, progress=None):
        begun.set()
        assert go_on.wait(LIMIT / 1000)
        return inspect(image, progress)

    object.__setattr__(smoothing[1].engine, "inspect", wait)
    widget.start_restoring()
    qtbot.waitUntil(begun.is_set, timeout=LIMIT)  # the window lives on while the thread works
    widget.cancel.clicked.emit(True)
    go_on.set()
    finished(qtbot, widget)
    assert [one.name for one in viewer.layers] == ["scan"]
    assert any("cancelled" in text for text in said())


def test_closing_the_widget_stops_the_work(shown, qtbot, smoothing):
    viewer, widget, _ = shown
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()
    inspect = smoothing[0].inspect

    def wait(image, progress=None):
        begun.set()
        assert go_on.wait(LIMIT / 1000)
        return inspect(image, progress)

    object.__setattr__(smoothing[1].engine, "inspect", wait)
    widget.start_restoring()
    qtbot.waitUntil(begun.is_set, timeout=LIMIT)
    widget._worker.finished.connect(done.set)
    viewer.window.remove_dock_widget(widget.native)
    widget.native.deleteLater()
    qtbot.waitUntil(widget._closed.is_set, timeout=LIMIT)
    go_on.set()
    qtbot.waitUntil(done.is_set, timeout=LIMIT)
    assert [one.name for one in viewer.layers] == ["scan"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.full((64, 64), 3, np.uint8), "one grey value"),
        (np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8), "in colour"),
    ],
)
def test_errors_are_told_in_plain_words(shown, qtbot, data, words):
    viewer, widget, _ = shown
    odd = viewer.add_image(data, name="odd")
    widget.reset_choices()
    widget.layer.value = odd
    widget.start_restoring()
    finished(qtbot, widget)
    assert any(words in text for text in said())
    assert [one.name for one in viewer.layers] == ["scan", "odd"] and widget.restore.enabled


def test_a_model_file_must_be_given(shown, qtbot):
    _, widget, _ = shown
    assert not widget.file.visible or not widget.native.isVisible()
    widget.model.value = widget.model.choices[-1]
    widget.start_restoring()
    assert any("expected a file *.semclear or *.onnx" in text for text in said())


def test_files_of_both_kinds_can_be_chosen(shown, qtbot):
    from qtpy.QtWidgets import QFileDialog

    _, widget, _ = shown
    dialog = QFileDialog(None, "", "", widget.file.filter)
    qtbot.addWidget(dialog)
    (kinds,) = dialog.nameFilters()
    assert {"*.semclear", "*.onnx"} <= set(kinds[kinds.index("(") + 1 : -1].split())


def test_rows_of_the_data_bar_are_asked_for_where_they_are_not_to_be_found(shown, qtbot):
    viewer, widget, layer = shown
    assert widget.bar_rows is None
    widget.find_bar.value = False
    assert widget.bar_rows == 0
    widget.bar.value = 200
    widget.start_restoring()
    finished(qtbot, widget)
    restored = viewer.layers["scan restored"].data
    np.testing.assert_array_equal(restored[400:], layer.data[400:])
    assert (restored[:400] != layer.data[:400]).any()


def test_a_later_result_is_not_hidden_by_an_earlier_one(shown, qtbot):
    viewer, widget, _ = shown
    for _ in range(2):
        widget.start_restoring()
        finished(qtbot, widget)
    assert len(viewer.layers) == 5  # both results stay
    seen = [layer for layer in viewer.layers if layer.visible]
    assert [layer.name for layer in seen] == ["scan", viewer.layers[1].name]
    widget.share.value = 0.5
    assert seen[1].opacity == pytest.approx(0.5)


def replaced(widget, process):
    """Let the widget restore by another process."""
    widget._process, widget._load = process, loaded_by(process)
    widget.model.value = Choice(METHOD, "clahe")


def test_cancel_ends_the_process_at_once_and_the_next_use_begins_anew(shown, qtbot, misbehaving):
    viewer, widget, layer = shown
    replaced(widget, misbehaving(misbehaving.slow))
    widget.start_restoring()
    assert widget.progress.label == "loading" and widget.progress.max == 0
    qtbot.waitUntil(lambda: widget.progress.value > 0, timeout=LIMIT)
    assert widget.progress.label == "restoring" and widget.progress.value == widget.progress.max / 2
    widget.cancel.clicked.emit(True)
    start = time.monotonic()
    finished(qtbot, widget)
    assert time.monotonic() - start < 10 and widget._process.pid is None
    assert viewer.layers == [layer] and any("cancelled" in text for text in said())
    assert widget.progress.label == "progress" and widget.progress.value == 0 < widget.progress.max
    replaced(widget, RestoringProcess())
    widget.start_restoring()
    finished(qtbot, widget)
    assert "scan restored" in viewer.layers
    widget._process.end()


def test_a_process_that_ends_is_told_and_the_widget_goes_on(shown, qtbot, misbehaving):
    viewer, widget, layer = shown
    replaced(widget, misbehaving("serve(lambda request, reply: os._exit(9))"))
    widget.start_preview()
    finished(qtbot, widget)
    assert any("the process that restores ended (exit code 9)" in text for text in said())
    assert viewer.layers == [layer] and widget.restore.enabled
    assert widget.progress.value == 0 < widget.progress.max
    replaced(widget, misbehaving("serve(lambda request, reply: Failed('all', memory=True))"))
    widget.start_preview()
    finished(qtbot, widget)
    assert any("memory ran out" in text for text in said())


def test_closing_the_viewer_ends_the_process(make_napari_viewer, qtbot):
    from semclear.napari.widget import RestoreMicrograph

    viewer = make_napari_viewer()
    viewer.add_image(levels(), name="plain")
    widget = RestoreMicrograph(viewer)
    viewer.window.add_dock_widget(widget)
    widget.reset_choices()
    widget.model.value = Choice(METHOD, "clahe")
    widget.start_restoring()
    finished(qtbot, widget)
    process = widget._process
    assert process.pid is not None  # warm
    viewer.close()
    qtbot.waitUntil(lambda: process.pid is None, timeout=LIMIT)


@pytest.mark.skipif(os.name != "posix", reason="asks for a process by its number as POSIX does")
def test_napari_can_be_left_while_it_restores(tmp_path, misbehaving, gone):
    script = (
        "import os, numpy as np, napari\n"
        "from qtpy.QtCore import QTimer\n"
        "from semclear.napari.model_choice import METHOD, Choice\n"
        "from semclear.napari.worker.process import RestoringProcess, loaded_by\n"
        "from semclear.napari.widget import RestoreMicrograph\n"
        "viewer = napari.Viewer()\n"
        "viewer.add_image(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8))\n"
        "widget = RestoreMicrograph(viewer)\n"
        "viewer.window.add_dock_widget(widget)\n"
        "widget.reset_choices()\n"
        "widget.model.value = Choice(METHOD, 'clahe')\n"
        f"widget._process = RestoringProcess({misbehaving.command(misbehaving.slow)!r})\n"
        "widget._load = loaded_by(widget._process)\n"
        "def look():\n"
        "    if widget.progress.value > 0:\n"
        "        print(widget._process.pid, flush=True)\n"
        "        timer.stop()\n"
        "        viewer.window._qt_window.close(quit_app=True)\n"
        "timer = QTimer()\n"
        "timer.timeout.connect(look)\n"
        "timer.start(100)\n"
        "widget.start_restoring()\n"
        "napari.run()\n"
    )
    environment = {**os.environ, "NAPARI_CONFIG": str(tmp_path / "settings.yaml")}
    ran = subprocess.run(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        timeout=LIMIT / 1000,
        check=False,
        env=environment,
    )
    assert gone(int(ran.stdout)) and ran.returncode == 0


def test_the_model_of_the_package_restores_as_the_command_line_does(
    make_napari_viewer, qtbot, tmp_path, monkeypatch
):
    from semclear.models import catalogue

    # Looked for, not imported: see `alone`.
    if not any(importlib.util.find_spec(name) for name in ("tensorflow", "jax", "torch")):
        pytest.skip("Keras has no backend here")
    if not catalogue.has_default():
        pytest.skip("no model came with the package")
    monkeypatch.chdir(tmp_path)
    from semclear.napari.widget import RestoreMicrograph

    image = sample_data.micrograph()[0][0][:256, :256].copy()
    image[224:] = 0
    image[230:250, 8:120] = np.where(np.random.default_rng(0).random((20, 112)) < 0.3, 255, 0)
    path = write_tiff(tmp_path / "scan.tif", image, nanometres=5.0)
    command = [sys.executable, "-m", "semclear.cli", "restore", str(path), "-o", str(tmp_path / "by_command")]
    subprocess.run(command, check=True, timeout=LIMIT / 1000, capture_output=True)
    expected = tifffile.imread(tmp_path / "by_command" / "scan.tif")

    viewer = make_napari_viewer()
    layer = viewer._add_layer_from_data(*reader.read(str(path))[0])[0]
    widget = RestoreMicrograph(viewer)
    viewer.window.add_dock_widget(widget)
    widget.reset_choices()
    assert Path(widget.choice.value).name == "default.semclear"
    layer.corner_pixels = np.array([[100, 80], [179, 159]])
    widget.start_preview()
    finished(qtbot, widget)
    preview, pid = viewer.layers["scan preview"].data, widget._process.pid
    assert "what restoring the whole layer gives" in widget.text.toPlainText()
    widget.start_restoring()
    finished(qtbot, widget)
    assert pid is not None and widget._process.pid == pid
    restored, uncertainty = viewer.layers["scan restored"], viewer.layers["scan uncertainty"]
    np.testing.assert_array_equal(restored.data, expected)
    np.testing.assert_array_equal(restored.data[224:], image[224:])
    assert np.abs(restored.data[:224].astype(int) - image[:224]).max() > 20  # it does something
    np.testing.assert_allclose(preview.astype(int), restored.data[100:180, 80:160].astype(int), atol=1)
    assert uncertainty.data[224:].max() == 0 < uncertainty.data[:224].min()
    account = restored.metadata["semclear"]["account"]
    assert account["pages"][0]["flag"]["raised"] in (True, False) and account["backend"]
    assert "training data" in widget.text.toPlainText() and "invent" in widget.text.toPlainText()
    assert "tensorflow" not in sys.modules  # which crashes beside some OpenGL
    widget._process.end()


def test_a_classical_method_restores_too(make_napari_viewer, qtbot, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from semclear.napari.widget import RestoreMicrograph

    viewer = make_napari_viewer()
    layer = viewer.add_image(levels(), name="plain")
    widget = RestoreMicrograph(viewer)
    viewer.window.add_dock_widget(widget)
    widget.reset_choices()
    widget.model.value = Choice(METHOD, "clahe")
    widget.start_restoring()
    finished(qtbot, widget)
    import semclear

    expected = semclear.load(method="clahe").restore(layer.data)
    np.testing.assert_array_equal(viewer.layers["plain restored"].data, expected)
    assert "plain uncertainty" not in viewer.layers
