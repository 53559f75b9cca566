"""Scores of a restoration on disk."""

import csv
import json

import numpy as np
import pytest

from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.evaluation import metrics, scoring
from semclear.evaluation.trust.measures import OF_SPECTRUM
from semclear.files import sha256
from semclear.restoration import restored

RNG = np.random.default_rng(0)
IMAGES = {name: np.round(RNG.uniform(size=(20, 24)) * 255) / 255 for name in ("a", "b", "truth-a", "truth-b")}


def make(folder, truth=True, shape=None):
    data, out = folder / "data" / "manifest.json", folder / "restored" / "manifest.json"
    with draft(data, "fog", "synthetic" if truth else "real") as made:
        for name in ("a", "b"):
            fields = made.add_image(f"{name}.png", IMAGES[name])
            if truth:
                fields |= made.add_truth(f"truth-{name}.png", IMAGES[f"truth-{name}"])
            made.records.append(
                Record(id=name, split="test", source=name, kind="fibres" if truth else None, **fields)
            )
    images = [("cyclegan", name, IMAGES[name][:, : shape or 24]) for name in ("a", "b")]
    restored.write(
        out, dataset="fog", model="fog", data_sha256=sha256(data), methods={"cyclegan": {}}, images=images
    )
    return data, out


def rows_of(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_rows_are_tidy_and_right(tmp_path):
    data, out = make(tmp_path)
    scoring.score(data, out, tmp_path / "scores.csv")
    rows = rows_of(tmp_path / "scores.csv")
    assert tuple(rows[0]) == scoring.COLUMNS
    assert len(rows) == 2 * len(metrics.METRICS + OF_SPECTRUM)
    found = {(row["micrograph"], row["metric"]): float(row["value"]) for row in rows}
    assert found["b", "psnr"] == pytest.approx(
        -10 * np.log10(np.mean((IMAGES["b"] - IMAGES["truth-b"]) ** 2)), rel=1e-6
    )
    assert found["a", "con_error"] == pytest.approx(IMAGES["a"].std() / IMAGES["truth-a"].std() - 1, rel=1e-5)
    assert {(row["dataset"], row["model"], row["method"], row["kind"]) for row in rows} == {
        ("fog", "fog", "cyclegan", "fibres")
    }


def test_without_truth_only_the_metrics_that_need_none(tmp_path):
    data, out = make(tmp_path, truth=False)
    scoring.score(data, out, tmp_path / "scores.csv")
    rows = rows_of(tmp_path / "scores.csv")
    assert {row["metric"] for row in rows} == {"ag", "con", "sf"}
    assert {row["kind"] for row in rows} == {""}


def test_a_restoration_of_other_data_is_refused(tmp_path):
    data, out = make(tmp_path)
    values = json.loads(data.read_text())
    data.write_text(json.dumps({**values, "notes": {"changed": True}}))
    assert manifest.load(data).digest != json.loads(out.read_text())["data_sha256"]
    with pytest.raises(SemclearError, match="restore it again"):
        scoring.score(data, out, tmp_path / "scores.csv")
    assert not (tmp_path / "scores.csv").exists()


def test_another_size_is_refused(tmp_path):
    data, out = make(tmp_path, shape=20)
    with pytest.raises(SemclearError, match=r"\(20, 20\).*\(20, 24\)"):
        scoring.score(data, out, tmp_path / "scores.csv")
