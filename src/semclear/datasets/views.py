"""Clear views drawn one by one into a folder: the clear domain of a person who has degraded micrographs alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from semclear.datasets.real import View
from semclear.datasets.record import read_png
from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.io.png import write_png
from semclear.params import Views
from semclear.scenes.views.view import render_view
from semclear.seeds import generator


def _stored(folder: Path, name: str) -> View | None:
    """Return a view that an earlier call drew, or None; what is damaged is drawn again."""
    try:
        about = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        image = read_png(folder / f"{name}.png")
        return View(name, image, str(about["kind"]), float(about["pixel_size_nm"]))
    except (OSError, ValueError, KeyError, TypeError, SemclearError):
        return None


def draw(
    views: Views,
    kinds: Sequence[str],
    size: int,
    count: int,
    seed: int,
    name: str,
    folder: Path,
    drawn: Callable[[int], None] = lambda number: None,
) -> list[View]:
    """Draw clear views, or take those that an interrupted call has left.

    Parameters
    ----------
    views : Views
        What is looked at.
    kinds : sequence of str
        Usual kinds of scenes.
    size, count : int
        Edge in pixels, and how many.
    seed : int
        The study's seed.
    name : str
        Of the data set; part of the random streams' names.
    folder : Path
        Where ``NAME.png`` and ``NAME.json`` appear, a view each; for these settings alone.
    drawn : callable
        Told the number of each view that was drawn now, from 1.

    Raises
    ------
    SemclearError
        When the disk refuses a write.
    """
    found = []
    for number in range(count):
        identity = f"clear-{number:04d}"
        one = _stored(folder, identity)
        if one is None:
            scene = render_view(size, kinds, views, generator(seed, "view", name, identity))
            write_png(folder / f"{identity}.png", scene.image)
            pixel_size_nm = float(scene.pixel_size_nm)
            about = {"kind": scene.kind, "pixel_size_nm": pixel_size_nm}
            with whole_file(folder / f"{identity}.json") as scratch:
                scratch.write_text(json.dumps(about, sort_keys=True) + "\n", encoding="utf-8")
            one = View(identity, read_png(folder / f"{identity}.png"), scene.kind, pixel_size_nm)
            drawn(number + 1)
        found.append(one)
    return found
