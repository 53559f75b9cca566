"""Scores of objects and gaps from the scenes that a data set was made of, to the printed table."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.evaluation import metrics, scoring
from semclear.evaluation.tables import tabulate
from semclear.evaluation.trust import known_objects, measures
from semclear.files import sha256
from semclear.params import Evaluation
from semclear.restoration import restored

KINDS = {"a": "spheres", "b": "particles", "c": "porous"}
ROWS, COLUMNS = np.indices((96, 96))


def labels_of(shift):
    labels = np.zeros((96, 96), np.uint16)
    for label, (row, column) in enumerate([(24, 24), (24, 50), (24, 76), (62, 30), (62, 62)], start=1):
        labels[np.hypot(ROWS - row - shift, COLUMNS - column) <= 11] = label
    return labels


def clear(labels):
    return gaussian_filter(0.2 + 0.6 * (labels > 0), 0.6)


@pytest.fixture
def study(tmp_path):
    """Return manifests of a data set and of its "restorations": nothing done, and the truth without its last object."""
    scenes, data, out = (tmp_path / "data" / name / "manifest.json" for name in ("scenes", "fog", "out"))
    masks = {name: labels_of(shift) for shift, name in enumerate(KINDS)}
    with draft(scenes, "scenes", "scenes") as made:
        for name, labels in masks.items():
            fields = made.add_image(f"{name}.png", clear(labels)) | made.add_labels(
                f"labels/{name}.png", labels
            )
            made.records.append(Record(id=name, split="test", source=name, kind=KINDS[name], **fields))
    images = []
    with draft(data, "fog", "synthetic") as made:
        for scene in manifest.load(scenes).records:
            image = gaussian_filter(scene.image(), 4) * 0.5 + 0.3
            truth = {"truth_file": made.relative(scene.image_path), "truth_sha256": scene.sha256}
            fields = made.add_image(f"{scene.id}.png", image) | truth
            made.records.append(Record(id=scene.id, split="test", source=scene.id, kind=scene.kind, **fields))
            fewer = clear(np.where(masks[scene.id] == 5, 0, masks[scene.id]))
            images += [("degraded", scene.id, image), ("clahe", scene.id, fewer)]
    restored.write(
        out,
        dataset="fog",
        model="classical",
        data_sha256=sha256(data),
        methods={"degraded": {}, "clahe": {}},
        images=images,
    )
    return data, out, masks


def score(study, folder):
    scoring.score(study[0], study[1], folder / "classical-fog.csv")
    with (folder / "classical-fog.csv").open(newline="") as stream:
        return {
            (row["method"], row["micrograph"], row["metric"]): float(row["value"])
            for row in csv.DictReader(stream)
        }


def test_masks_come_from_the_scenes(study):
    masks = known_objects.label_masks(manifest.load(study[0]))
    assert set(masks) == {"a", "b"}
    assert all((masks[name] == study[2][name]).all() for name in masks)


def test_scores_know_what_is_missing(study, tmp_path):
    found = score(study, tmp_path)
    for name in ("a", "b"):
        assert found["clahe", name, "objects_found"] == pytest.approx(0.8)
        assert found["clahe", name, "objects_missed"] == pytest.approx(0.2)
        assert found["reference", name, "objects_found"] == 1
        assert found["reference", name, "gaps_seen_3_4"] == found["reference", name, "gaps_3_4"] == 2
        assert found["degraded", name, "gaps_seen_3_4"] == 0
        assert found["degraded", name, "frc_resolution"] > found["clahe", name, "frc_resolution"]
        assert ("reference", name, "psnr") not in found
    assert ("clahe", "c", "frc_resolution") in found and ("clahe", "c", "objects_true") not in found
    assert not [key for key in found if key[:2] == ("reference", "c")]
    assert {key[2] for key in found} <= set(metrics.METRICS + measures.METRICS)


def test_trust_has_a_table_of_its_own(study, tmp_path):
    score(study, tmp_path)
    values = {
        "seed": 1,
        "experiments": {},
        "evaluation": Evaluation(bootstrap=50, confidence=0.95).model_dump(),
    }
    tabulate.tabulate(
        values, [tmp_path / "classical-fog.csv"], tmp_path / "tables", tmp_path / "metrics.json"
    )
    trust = pd.read_csv(tmp_path / "tables" / "trust.csv")
    row = trust[(trust["method"] == "clahe") & (trust["metric"] == "objects_found")].iloc[0]
    assert (row["mean"], row["n"]) == (pytest.approx(0.8), 2)
    assert not set(trust["metric"]) & set(metrics.METRICS)
    summary = pd.read_csv(tmp_path / "tables" / "summary.csv")
    assert set(summary["metric"]) <= set(metrics.METRICS) and "reference" not in set(summary["method"])
    printed = (tmp_path / "tables" / "trust.md").read_text()
    assert (
        "| CLAHE |" in printed and "80.0 [80.0, 80.0]" in printed and "gaps of 3 to 4 px seen (%)" in printed
    )
    assert "| Clear truth, same segmentation |" in printed
    assert "Clear truth" not in (tmp_path / "tables" / "summary.md").read_text()
    assert (
        json.loads((tmp_path / "metrics.json").read_text())["classical-fog"]["clahe"]["objects_found"] == 0.8
    )


def test_scenes_of_another_state_are_refused(study, tmp_path):
    home = tmp_path / "data" / "scenes"
    values = json.loads((home / "manifest.json").read_text())
    values["records"][0]["sha256"] = "0" * 64
    (home / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(SemclearError, match="run the step degrade again"):
        known_objects.label_masks(manifest.load(study[0]))
    (home / "manifest.json").unlink()
    with pytest.raises(SemclearError, match="cannot be read"):
        known_objects.label_masks(manifest.load(study[0]))


def test_a_changed_mask_is_refused(study, tmp_path):
    masks = tmp_path / "data" / "scenes" / "images" / "labels"
    (masks / "a.png").write_bytes((masks / "b.png").read_bytes())
    with pytest.raises(SemclearError, match="expected the one that its manifest names"):
        known_objects.label_masks(manifest.load(study[0]))
