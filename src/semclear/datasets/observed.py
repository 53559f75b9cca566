"""A data set of views as the instruments of a family record them: what models that come along are trained on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from semclear.datasets.draft import draft
from semclear.datasets.record import Record, Split
from semclear.datasets.scenes import COLUMNS, OBJECTS
from semclear.degradation import family as families
from semclear.degradation import instrument
from semclear.params import DataScale, Family, Observed
from semclear.scenes.views.view import render_view
from semclear.seeds import generator

#: The instrument of each picture, a JSON object by id.
INSTRUMENTS = "instruments.json"
#: Clear views a degraded picture of the training: a training that draws its instruments needs few to look at.
CLEAR_A_DEGRADED = 10


def plan(data_scale: DataScale) -> list[tuple[str, Split]]:
    """Return what to render as (id, split); an id names its random stream and does not hang on the counts."""
    counts: dict[Split, int] = {
        "clear": data_scale.train,
        "degraded": -(-data_scale.train // CLEAR_A_DEGRADED),
        "validation": data_scale.validation,
        "test": data_scale.test,
    }
    return [(f"{split}-{index:04d}", split) for split, count in counts.items() for index in range(count)]


def observe(
    views: Observed,
    kinds: list[str],
    family: Family,
    data_scale: DataScale,
    seed: int,
    name: str,
    manifest_path: str | Path,
) -> None:
    """Render views and record all but the clear ones, each by an instrument of its own.

    Beside ``manifest.json`` appears ``images/``: ``ID.png`` (8-bit gray),
    ``truth/ID.png`` (the view at the instrument's gamma and contrast, with
    neither blur, veil nor noise), ``labels/ID.png`` (16-bit, objects),
    ``objects.csv`` and ``instruments.json``.

    Parameters
    ----------
    views : Observed
        What is looked at.
    kinds : list of str
        Usual kinds of scenes.
    family : Family
        By what.
    data_scale : DataScale
        Edge in pixels, clear views, and pictures for validation and for test.
    seed : int
        The study's seed.
    name : str
        Of the data set; part of the random streams' names.
    manifest_path : str or Path
        The manifest to appear.

    Raises
    ------
    SemclearError
        When two pictures came out the same, or the disk refuses a write.
    """
    table = io.StringIO()
    used: dict[str, Any] = {}
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(COLUMNS)
    with draft(manifest_path, name, "synthetic") as made:
        for identity, split in plan(data_scale):
            scene = render_view(data_scale.size, kinds, views, generator(seed, "view", name, identity))
            picture = scene.image
            truth: dict[str, Any] = {}
            if split != "clear":
                rng = generator(seed, "observe", name, identity)
                one = families.draw(family, rng)
                used[identity] = one.record()
                exposed = instrument.exposed(scene.image, one.tone).astype(np.float32)
                truth = made.add_truth(f"truth/{identity}.png", exposed)
                picture = instrument.apply(scene.image, one, rng)
            made.records.append(
                Record(
                    id=identity,
                    split=split,
                    source=identity,
                    kind=scene.kind,
                    pixel_size_nm=float(scene.pixel_size_nm),
                    **made.add_image(f"{identity}.png", picture),
                    **made.add_labels(f"labels/{identity}.png", scene.labels),
                    **truth,
                )
            )
            for thing in scene.objects:
                rows.writerow(
                    [identity, thing.label, *(f"{v:.10g}" for v in (thing.x, thing.y, thing.diameter))]
                )
        made.add_text(OBJECTS, table.getvalue())
        made.add_text(INSTRUMENTS, json.dumps(used, indent=1, sort_keys=True) + "\n")
