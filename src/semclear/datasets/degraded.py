"""A synthetic data set: some of the clear scenes degraded, the others left as the clear training domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.degradation import forward
from semclear.params import Degradation
from semclear.seeds import generator


def degrade(
    degradation: Degradation, seed: int, name: str, scenes_manifest: str | Path, manifest_path: str | Path
) -> None:
    """Make a synthetic data set from the clear scenes.

    Clear records point to the scenes as they are. All others are degraded
    with parameters of their own, which the manifest records, and keep the
    scene as their truth: for scores, and for the paired upper line; unpaired
    training never reads it.

    Parameters
    ----------
    degradation : Degradation
        What to do, with the ranges of its parameters.
    seed : int
        The study's seed.
    name : str
        Of the data set; part of the random streams' names.
    scenes_manifest : str or Path
        Manifest of the clear scenes.
    manifest_path : str or Path
        The manifest to appear.

    Raises
    ------
    SemclearError
        When the scenes are missing or damaged, or the disk refuses a write.
    """
    scenes = manifest.load(scenes_manifest, verify=True)
    with draft(manifest_path, name, "synthetic") as made:
        for scene in scenes.records:
            original = made.relative(scene.image_path)
            common: dict[str, Any] = {
                "id": scene.id,
                "split": scene.split,
                "source": scene.source,
                "kind": scene.kind,
                "pixel_size_nm": scene.pixel_size_nm,
            }
            if scene.split == "clear":
                made.records.append(Record(**common, image_file=original, sha256=scene.sha256))
                continue
            parameters = forward.draw(degradation, generator(seed, "degrade", name, scene.id))
            image = forward.apply(scene.image(), parameters)
            made.records.append(
                Record(
                    **common,
                    **made.add_image(f"{scene.id}.png", image),
                    truth_file=original,
                    truth_sha256=scene.sha256,
                    parameters=parameters,
                )
            )
