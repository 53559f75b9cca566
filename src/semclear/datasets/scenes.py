"""The clear synthetic micrographs that every synthetic data set is made of."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from semclear.datasets.draft import draft
from semclear.datasets.manifest import Dataset
from semclear.datasets.record import Record, Split
from semclear.params import DataScale, Scenes
from semclear.scenes import Object, render
from semclear.seeds import generator

OBJECTS = "objects.csv"
COLUMNS = ("id", "label", "x", "y", "diameter")


def plan(scenes: Scenes, data_scale: DataScale) -> list[tuple[str, Split, str]]:
    """Return the scenes to render as (id, split, kind): kinds in rotation, so that every split is balanced.

    An id names its scene's random stream and does not hang on the counts:
    more training scenes leave the test scenes as they are.
    """
    counts: dict[Split, int] = {
        "clear": data_scale.train,
        "degraded": data_scale.train,
        "validation": data_scale.validation,
        "test": data_scale.test,
    }
    kinds = scenes.kinds
    return [
        (f"{split}-{index:04d}-{kinds[index % len(kinds)]}", split, kinds[index % len(kinds)])
        for split, count in counts.items()
        for index in range(count)
    ]


def synthesize(scenes: Scenes, data_scale: DataScale, seed: int, manifest_path: str | Path) -> None:
    """Render the clear scenes of all splits and write them with their truth.

    Beside ``manifest.json`` appears ``images/``: ``ID.png`` (8-bit gray),
    ``labels/ID.png`` (16-bit, the object's label at every pixel, 0 for
    background) and ``objects.csv`` (id, label, x, y and diameter in pixels).

    Parameters
    ----------
    scenes : Scenes
        Kinds and ranges.
    data_scale : DataScale
        Edge in pixels, and scenes a training domain, for validation and for test.
    seed : int
        The study's seed.
    manifest_path : str or Path
        The manifest to appear.

    Raises
    ------
    SemclearError
        When two scenes came out the same, or the disk refuses a write.
    """
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(COLUMNS)
    with draft(manifest_path, "scenes", "scenes") as made:
        for name, split, kind in plan(scenes, data_scale):
            scene = render(kind, data_scale.size, generator(seed, "scene", name), scenes)
            made.records.append(
                Record(
                    id=name,
                    split=split,
                    source=name,
                    kind=kind,
                    pixel_size_nm=float(scene.pixel_size_nm),
                    **made.add_image(f"{name}.png", scene.image),
                    **made.add_labels(f"labels/{name}.png", scene.labels),
                )
            )
            for thing in scene.objects:
                rows.writerow([name, thing.label, *(f"{v:.10g}" for v in (thing.x, thing.y, thing.diameter))])
        made.add_text(OBJECTS, table.getvalue())


def objects(dataset: Dataset) -> dict[str, list[Object]]:
    """Return the known objects of every scene.

    Parameters
    ----------
    dataset : Dataset
        The scenes, as loaded from their manifest.

    Returns
    -------
    dict of str to list of Object
        By the scene's id; positions and diameters in pixels.
    """
    found: dict[str, list[Object]] = {record.id: [] for record in dataset.records}
    with (dataset.path.parent / "images" / OBJECTS).open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            found[row["id"]].append(
                Object(int(row["label"]), float(row["x"]), float(row["y"]), float(row["diameter"]))
            )
    return found
