"""Make the picture of docs/napari.md: napari with the sample micrograph, restored, a curtain between before and after.

Usage: python tools/napari_figure.py [--model NAME_OR_FILE] [--out FILE]

Opens the sample and the widget by the plugin's manifest, as a person would by the menus, previews
and restores, and photographs the window. It needs the extra napari, a display with OpenGL (under
Linux without one: xvfb-run) and about a minute; progress, verdict and seconds are printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from PIL import Image

from semclear.errors import SemclearError
from semclear.files import whole_file

ROOT = Path(__file__).resolve().parents[1]
WINDOW = (1440, 840)  # pixels
SHARE = 0.5  # of the columns that show the restoration
PATIENCE = 600  # seconds for one restoration
COLOURS = 96  # so that the file stays small; rare ones, as of a verdict, are kept


def _registered() -> None:
    """Make the plugin known where semclear runs from its sources without being installed."""
    import npe2

    manager = npe2.PluginManager.instance()
    manager.discover()
    if "semclear" not in manager:
        manifest = Path(str(resources.files("semclear.napari") / "napari.yaml"))
        manager.register(npe2.PluginManifest.from_file(manifest))


def _wait(done: Callable[[], bool], seconds: float) -> float:
    """Let the window live until `done`, and return how many seconds it took."""
    from qtpy.QtWidgets import QApplication

    start = time.monotonic()
    while not done():
        if time.monotonic() - start > seconds:
            raise SemclearError(
                f"napari: got nothing in {seconds:.0f} s, expected a restored layer; look at its window"
            )
        QApplication.processEvents()
        time.sleep(0.01)
    return time.monotonic() - start


def _still(seconds: float) -> None:
    end = time.monotonic() + seconds
    _wait(lambda: time.monotonic() > end, seconds + PATIENCE)


def _timed(widget: Any, name: str) -> None:
    getattr(widget, f"start_{name}")()
    print(f"{name}: {_wait(lambda: not widget.cancel.enabled, PATIENCE):.1f} s", flush=True)


def photograph(path: Path, model: str | None) -> None:
    """Restore the sample in napari and photograph the window.

    Parameters
    ----------
    path : Path
        Of the PNG.
    model : str, optional
        A file, or a name of `semclear models`; by default the package's own.

    Raises
    ------
    SemclearError
        When there is no such model, or nothing was restored.
    """
    import napari

    from semclear.models import catalogue
    from semclear.napari.model_choice import MODEL, Choice

    _registered()
    viewer = napari.Viewer()
    viewer.window.resize(*WINDOW)
    (layer,) = viewer.open_sample("semclear", "degraded")
    _, widget = viewer.window.add_plugin_dock_widget("semclear", "Restore micrograph")
    if model is not None:
        choice = Choice(MODEL, str(catalogue.find(model).path.absolute()))
        widget.model.choices = [(catalogue.find(model).name, choice), *widget.model.choices]
        widget.model.value = choice
    viewer.canvas.overlays.scale_bar.visible = True
    _still(1)
    viewer.reset_view()
    for name in ("preview", "restoring"):
        _timed(widget, name)
    if f"{layer.name} restored" not in viewer.layers:
        raise SemclearError("napari: got no restored layer, expected one; the lines above say why")
    widget.mode.value, widget.share.value = "curtain", SHARE
    print(widget.text.toPlainText().splitlines()[0])
    _still(1)
    with tempfile.TemporaryDirectory() as scratch:
        taken = Path(scratch) / "window.png"
        viewer.screenshot(str(taken), canvas_only=False, flash=False)
        with Image.open(taken) as image:
            small = image.convert("RGB").quantize(
                COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
            )
    with whole_file(path) as target:
        small.save(target, format="png", optimize=True)
    viewer.close()


def main(arguments: list[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="a file or a name of `semclear models`; by default the package's own")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "figures" / "napari.png")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        # Neither the looks that a person chose, nor a change of them.
        os.environ["NAPARI_CONFIG"] = str(Path(scratch) / "settings.yaml")
        photograph(asked.out, asked.model)


if __name__ == "__main__":
    try:
        main()
    except SemclearError as error:
        sys.exit(f"error: {error}")
