"""What `growth.py` runs in processes of their own: one training step, restoration or loading, of a given size."""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cost.tiling import peak

#: Edge in pixels of the micrographs that are loaded.
LOADED = 256
MEBI = 2**20


def _begin(given: Mapping[str, Any]) -> Any:
    """Set backend and threads, import Keras, and return the settings."""
    from semclear import compute, params
    from semclear.packs.opencv import tolerate_absence
    from semclear.params import overrides

    compute.configure(params.validate(params.Compute, given["slice"]["compute"], "compute"))
    tolerate_absence()
    from semclear.training.run import settings_of

    return settings_of(given["slice"], overrides.NAME)


def _measured(work: Callable[[], Any], times: int) -> dict[str, Any]:
    """Run some work once and then `times` times; return median seconds and the memory that it added at its peak.

    The first time makes graphs: it counts for the memory, not for the seconds.
    """
    before = peak(afresh=True)
    start = time.perf_counter()
    work()
    first = time.perf_counter() - start
    cpu, wall = [], []
    for _ in range(times):
        begun, start = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - begun)
        wall.append(time.perf_counter() - start)
    from semclear import compute

    return {
        "cpu_s": statistics.median(cpu),
        "seconds": statistics.median(wall),
        "first_s": first,
        "libraries_mib": before / MEBI,
        "added_mib": (peak() - before) / MEBI,
        "device": compute.describe(),
    }


def training(given: Mapping[str, Any]) -> dict[str, Any]:
    """Measure a training step; the networks and the optimizer's memory count as added.

    Parameters
    ----------
    given : mapping
        "slice": the training step's, under the name of `overrides.NAME`;
        "times".
    """
    settings = _begin(given)
    from benchmarks.cost.drawn import Drawn
    from semclear.training import fitting

    dataset = Drawn(settings.scale.crop, max(2, settings.scale.batch), settings.seed)
    made: list[Any] = []

    def step() -> None:
        if not made:
            made.append(fitting.build(settings))
            made.append(next(iter(fitting.batches_of(settings, dataset).endless(0))))
        model, batch = made
        model.train_on_batch(*batch)

    return _measured(step, given["times"])


def restoring(given: Mapping[str, Any]) -> dict[str, Any]:
    """Measure the restoration of a whole micrograph of "side" pixels by an untrained restorer, without tiles."""
    settings = _begin(given)
    from benchmarks.cost.drawn import texture
    from semclear import seeds
    from semclear.networks.apply import apply
    from semclear.networks.generator import generator_of

    image = texture(given["side"], seeds.generator(settings.seed, "growth"))
    made: list[Any] = []

    def restore() -> None:
        if not made:
            made.append(generator_of(settings.size, settings.model, "restorer"))
        apply(made[0], image, 2**settings.size.levels)

    return _measured(restore, given["times"])


def loading(given: Mapping[str, Any]) -> dict[str, Any]:
    """Measure what a training does with "micrographs" a domain before its first step: read and hold them."""
    # Two domains of as many pictures, also where pairs would be trained on: those are read the same way.
    settings = dataclasses.replace(_begin(given), method="cyclegan")
    from benchmarks.cost.drawn import texture
    from semclear import seeds
    from semclear.datasets import manifest
    from semclear.datasets.draft import draft
    from semclear.datasets.record import Record
    from semclear.training import fitting

    picture = texture(LOADED, seeds.generator(settings.seed, "growth"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.json"
        with draft(path, "growth", "real") as made:
            for split in ("clear", "degraded"):
                for place in range(given["micrographs"]):
                    name = f"{split}-{place}"
                    moved = np.roll(picture, (place, place // LOADED + (split == "clear") * 7), (0, 1))
                    added = made.add_image(f"{name}.png", moved)
                    made.records.append(Record(id=name, split=split, source=name, kind="drawn", **added))
        kept: list[Any] = []

        def load() -> None:
            kept[:] = []
            kept.append(fitting.batches_of(settings, manifest.load(path)))

        return _measured(load, given["times"])
