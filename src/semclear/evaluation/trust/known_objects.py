"""Where the known objects of a test micrograph are kept: with the clear scene that it was made of."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from semclear.datasets import manifest
from semclear.datasets.manifest import Dataset, Record
from semclear.errors import SemclearError
from semclear.evaluation.trust.measures import KINDS
from semclear.files import sha256

SCENES = "scenes"


def read_labels(path: Path, digest: str) -> np.ndarray:
    """Return a label mask, uint16 (H, W).

    Raises
    ------
    SemclearError
        When the file is not the one of that hash or not a 16-bit gray PNG.
    """
    labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if labels is None or labels.ndim != 2 or labels.dtype != np.uint16 or sha256(path) != digest:
        raise SemclearError(
            f"{path}: got no 16-bit label mask with the hash {digest[:12]}, expected the one that its "
            "manifest names; run "
            "the step synthesize again"
        )
    return labels


def _home(record: Record) -> Path | None:
    """Return the manifest of the data set that a record's truth is an image of."""
    return None if record.truth_path is None else record.truth_path.parent.parent / "manifest.json"


def label_masks(data: Dataset) -> dict[str, np.ndarray]:
    """Return the label masks of a data set's test micrographs of spheres and particles.

    A picture of a view has labels of its own. Else a record's truth is the
    image of a scene, and the scene's own record, in the manifest of the
    scenes, names the labels.

    Parameters
    ----------
    data : Dataset
        As loaded from its manifest.

    Returns
    -------
    dict of str to ndarray
        Test micrograph to its labels, uint16 (H, W); without those whose
        truth is no scene of a set of scenes (real micrographs).

    Raises
    ------
    SemclearError
        When the scenes are missing or damaged, or are not those that the data set was made of.
    """
    wanted = [record for record in data.split("test") if record.kind in KINDS]
    masks, loaded = {}, {}
    for record in wanted:
        if record.labels_path is not None:
            masks[record.id] = read_labels(record.labels_path, str(record.labels_sha256))
            continue
        home = _home(record)
        if home is None or home.resolve() == data.path.resolve():
            continue
        if home not in loaded:
            loaded[home] = manifest.load(home)
        if loaded[home].kind != SCENES:
            continue
        found = {scene.id: scene for scene in loaded[home].records}.get(record.id)
        if found is None or found.sha256 != record.truth_sha256 or found.labels_path is None:
            raise SemclearError(
                f"{home}: has no labelled scene {record.id} with the image that {data.path} calls its truth, "
                "expected the "
                "scenes that it was made of; run the step degrade again"
            )
        masks[record.id] = read_labels(found.labels_path, str(found.labels_sha256))
    return masks
