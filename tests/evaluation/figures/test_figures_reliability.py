"""The figures of maps and of read parameters show the stored files and the scores, of a micrograph chosen by rule."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from fake_study import FakeStudy
from scipy.stats import spearmanr

from semclear.datasets import manifest
from semclear.errors import SemclearError
from semclear.evaluation import study_files
from semclear.evaluation.figures import gallery
from semclear.evaluation.figures.charts import degradation, reliability
from semclear.evaluation.figures.plot import plot

EXPERIMENTS = {
    "fog": {"dataset": "fog", "method": "cyclegan-physics"},
    "fog-paired": {"dataset": "fog", "method": "paired"},
    "fog-plain": {"dataset": "fog", "method": "cyclegan"},
    "gaussian": {"dataset": "gaussian", "method": "cyclegan-physics"},
    "gaussian-paired": {"dataset": "gaussian", "method": "paired"},
    "silica": {"dataset": "silica", "method": "cyclegan-physics"},
}


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> FakeStudy:
    return FakeStudy(tmp_path_factory.mktemp("study"), EXPERIMENTS, real=("silica",), count=5)


@pytest.fixture(scope="module")
def scores(fake: FakeStudy) -> pd.DataFrame:
    return pd.read_csv(study_files.table(fake.root, "scores"))


def parts(fake: FakeStudy, dataset: str):
    records = manifest.load(study_files.data_manifest(fake.root, dataset)).split("test")
    columns = [
        c for c in gallery.columns_of(fake.slice, dataset, fake.root) if c.method.startswith("cyclegan")
    ]
    return records, columns


def test_the_micrograph_of_median_psnr_is_shown(fake, scores):
    records, columns = parts(fake, "fog")
    of_fog = scores[scores["dataset"] == "fog"]
    for column in columns:
        own = (of_fog["model"] == column.model) & (of_fog["method"] == column.method)
        psnr = of_fog[own & (of_fog["metric"] == "psnr")].set_index("micrograph")
        record, rule = reliability.chosen(records, column, of_fog)
        assert psnr["value"][record.id] == psnr["value"].median() and "median" in rule
    records, columns = parts(fake, "silica")
    record, rule = reliability.chosen(records, columns[0], scores[scores["dataset"] == "silica"])
    assert record.id == sorted(r.id for r in records)[2] and "by name" in rule


def test_maps_are_the_stored_ones_and_the_error_is_to_the_truth(fake, scores):
    records, columns = parts(fake, "fog")
    made = reliability.example_of(columns[0], records[1], records, scores[scores["dataset"] == "fog"])
    np.testing.assert_array_equal(
        made.images["error"], np.abs(columns[0].image(records[1]) - records[1].truth())
    )
    inside, outside = made.images["residual"][8:16, 8:16], made.images["residual"][20:, 20:]
    assert inside.mean() == pytest.approx(0.06, abs=0.01) and outside.mean() == pytest.approx(0, abs=0.005)
    assert spearmanr(made.images["uncertainty"].ravel(), made.images["error"].ravel()).statistic > 0.3
    assert made.notes["residual"].endswith("× noise") and made.notes["error"].startswith("mean 0.")


def test_curves_are_means_over_micrographs_between_the_best_and_chance(fake):
    records, columns = parts(fake, "fog")
    by_map, best = reliability.sparsified(columns[0], records)
    assert by_map[0] == best[0] == pytest.approx(1)
    assert (best <= by_map + 1e-9).all() and by_map[10] < 0.95
    # By hand: half of the pixels left out, in one micrograph.
    record = records[0]
    error, spread = (
        np.abs(columns[0].image(record) - record.truth()).ravel(),
        columns[0].map(record, "uncertainty").ravel(),
    )
    kept = error[np.argsort(spread, kind="stable")[: error.size // 2]].mean() / error.mean()
    assert reliability.sparsified(columns[0], [record])[0][10] == pytest.approx(kept, rel=1e-4)
    real, of_real = parts(fake, "silica")
    assert reliability.sparsified(of_real[0], real) is None


def test_read_and_true_are_those_of_the_scores(fake, scores):
    read = degradation.readings_of(scores, "fog", "cyclegan-physics", "fog")
    assert (read.values["sigma"]["read"] - read.values["sigma"]["true"]).to_numpy() == pytest.approx(0.2)
    gaussian = degradation.readings_of(scores, "gaussian", "cyclegan-physics", "gaussian")
    assert gaussian.values["airlight"]["true"].isna().all() and len(gaussian.values["airlight"]) == 5
    silica = degradation.readings_of(scores, "silica", "cyclegan-physics", "silica")
    assert all(values["true"].isna().all() for values in silica.values.values())
    limits = degradation.ends([read, gaussian, silica])
    assert (
        limits["transmission"] == pytest.approx(1.05) and limits["sigma"] > read.values["sigma"]["read"].max()
    )
    with pytest.raises(SemclearError, match="scores of fog-plain: got no read_sigma"):
        degradation.readings_of(scores, "fog-plain", "cyclegan", "fog-plain")


def test_without_maps_the_place_stays_empty(fake, scores, tmp_path):
    records, columns = parts(fake, "fog")
    made = reliability.example_of(columns[0], records[0], records, scores)
    for name in ("uncertainty", "residual"):
        images = {kind: image for kind, image in made.images.items() if kind != name}
        empty = reliability.Example(made.heading, images, made.notes, None)
        reliability.draw_reliability([empty], "x", tmp_path / f"{name}.png")
        assert np.ptp(matplotlib.image.imread(tmp_path / f"{name}.png")[..., :3]) > 0.5


def test_both_figures_of_a_study_appear(fake, tmp_path: Path):
    drawn = {path.name for path in plot(fake.slice, fake.root, tmp_path)}
    wanted = {f"reliability_{name}.png" for name in ("fog", "gaussian", "silica")} | {"degradation_read.png"}
    assert wanted <= drawn == {path.name for path in tmp_path.iterdir()}


def test_equal_readings_give_equal_bytes_and_others_do_not(fake, scores, tmp_path: Path):
    for name, factor in (("a", 1.0), ("b", 1.0), ("c", 0.5)):
        changed = scores.assign(
            value=scores["value"].where(scores["metric"] != "read_sigma", factor * scores["value"])
        )
        read = degradation.readings_of(changed, "fog", "cyclegan-physics", "fog")
        degradation.draw_degradation([read], "x", tmp_path / f"{name}.png")
    first, second, third = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert first == second != third
