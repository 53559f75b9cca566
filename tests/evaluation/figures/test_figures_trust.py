"""The curves of the trust figure are means over micrographs, and drawn by the method's own colour."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from fake_study import FakeStudy

from semclear.datasets import manifest
from semclear.errors import SemclearError
from semclear.evaluation import study_files
from semclear.evaluation.figures import gallery, style
from semclear.evaluation.figures.charts.trust import FREQUENCIES, curve_of, draw_trust
from semclear.evaluation.trust.fourier_ring import ring_correlation

EXPERIMENTS = {
    "fog": {"dataset": "fog", "method": "cyclegan-physics"},
    "fog-paired": {"dataset": "fog", "method": "paired"},
}


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> FakeStudy:
    return FakeStudy(tmp_path_factory.mktemp("study"), EXPERIMENTS, count=2)


def test_a_curve_is_the_mean_over_micrographs(fake: FakeStudy) -> None:
    records = manifest.load(study_files.data_manifest(fake.root, "fog")).split("test")
    columns = gallery.columns_of(fake.slice, "fog", fake.root)
    curves = [curve_of(column, records) for column in columns]
    first, second = (ring_correlation(record.truth(), record.image()) for record in records)
    place = 12  # the 13th ring of a side of 48 pixels lies at 13 / 48
    at = np.interp(first.frequency[place], FREQUENCIES, curves[0].correlation)
    assert at == pytest.approx((first.correlation[place] + second.correlation[place]) / 2, abs=0.05)
    assert curves[-1].correlation.mean() > curves[0].correlation.mean()
    assert [curve.colour for curve in curves] == [
        style.COLOURS["degraded"],
        style.GREY,
        style.COLOURS["cyclegan-physics"],
        style.COLOURS["paired"],
    ]
    with pytest.raises(SemclearError, match="no test micrograph with its truth"):
        curve_of(columns[0], [])


def test_a_set_without_gaps_still_has_its_curves(fake: FakeStudy, tmp_path: Path) -> None:
    records = manifest.load(study_files.data_manifest(fake.root, "fog")).split("test")
    curves = [curve_of(column, records) for column in gallery.columns_of(fake.slice, "fog", fake.root)]
    trust = pd.read_csv(study_files.table(fake.root, "trust"))
    draw_trust(curves, trust, "with", tmp_path / "with.png")
    draw_trust(curves, trust[trust["metric"] == "frc_resolution"], "without", tmp_path / "without.png")
    images = [matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("with", "without")]
    half = images[0].shape[1] // 2
    assert (images[0][80:, half:] != images[1][80:, half:]).any()
    assert (images[0][80:-60, : half - 40] == images[1][80:-60, : half - 40]).all()
