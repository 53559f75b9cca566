"""What the out-of-family benchmark counts and prints, on scores made by hand."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.trust import out_of_family as benchmark
from semclear import params
from semclear.datasets import manifest
from semclear.datasets.degraded import degrade
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.degradation.out_of_family import IN_FAMILY, variants

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")


def _measured(flags):
    return {
        "psnr_degraded": np.array([20.0, 22.0, 24.0]),
        "psnr_restored": np.array([23.0, 25.0, 27.0]),
        "ssim_degraded": np.array([0.5, 0.6, 0.7]),
        "ssim_restored": np.array([0.6, 0.5, 0.6]),
        "flags": flags,
    }


def test_counts_and_differences_by_hand():
    indices = np.random.default_rng(0).integers(3, size=(500, 3))
    row = benchmark.summarise(_measured([True, True, False]), indices, 0.95)
    assert row["psnr_difference"] == row["psnr_low"] == row["psnr_high"] == 3.0
    assert row["ssim_difference"] == pytest.approx(-0.1 / 3)
    assert row["ssim_low"] < row["ssim_difference"] < row["ssim_high"]
    assert row["flagged"] == pytest.approx(2 / 3)
    assert (row["ssim_fell"], row["ssim_fell_unflagged"]) == (2, 1)


def test_without_a_flag_nothing_is_claimed_of_it():
    row = benchmark.summarise(_measured([None, None, None]), np.zeros((4, 3), int), 0.9)
    assert row["flagged"] is None and row["ssim_fell_unflagged"] is None and row["ssim_fell"] == 2


def test_main_models_are_the_unpaired_ones_on_synthetic_data():
    names = benchmark.main_models(PARAMS)
    assert {"gaussian", "fog", "hybrid", "hybrid-plain"} <= set(names)
    assert not {"hybrid-paired", "edge-1"} & set(names)


def test_printed_table_has_a_line_a_degradation():
    head = {"dataset": "fog", "method": "cyclegan", "model": "fog", "micrographs": "3"}
    row = dict.fromkeys(benchmark.COLUMNS, "0.5") | head | {"ssim_fell": "2", "ssim_fell_unflagged": ""}
    (block,) = benchmark.blocks_of(
        [row | {"degradation": "drift"}, row | {"degradation": "motion", "flagged": ""}]
    )
    assert [line[0] for line in block.rows] == ["drift", "motion"]
    assert [line[-2:] for line in block.rows] == [["50 %", "2 (-)"], ["-", "2 (-)"]]
    assert all(len(line) == len(block.columns) for line in block.rows)


@pytest.fixture
def dataset(tmp_path):
    path, rng = tmp_path / "scenes" / "manifest.json", np.random.default_rng(0)
    with draft(path, "scenes", "scenes") as made:
        for split in ("clear", "degraded", "test"):
            image = made.add_image(f"{split}.png", rng.random((48, 40)))
            made.records.append(Record(id=split, split=split, source=split, **image))
    degrade(PARAMS.degradations["hybrid"], PARAMS.seed, "hybrid", path, tmp_path / "hybrid" / "manifest.json")
    return manifest.load(tmp_path / "hybrid" / "manifest.json")


def test_micrographs_are_degraded_anew_from_their_truth(dataset):
    (record,) = dataset.split("test")
    assert np.array_equal(benchmark.degraded(record, IN_FAMILY, PARAMS), record.image())
    for name in variants(record.parameters, PARAMS.out_of_family, PARAMS.seed, record.id):
        image = benchmark.degraded(record, name, PARAMS)
        assert image.dtype == np.float32 and np.array_equal(np.round(image * 255), image * np.float32(255))
        assert name == IN_FAMILY or not np.array_equal(image, record.image())


def test_a_judge_that_does_nothing_gains_nothing(dataset):
    measured = benchmark.measure(dataset.split("test"), "motion", lambda image: (image, False), PARAMS)
    assert measured["psnr_degraded"] == measured["psnr_restored"]
    assert measured["ssim_degraded"] == measured["ssim_restored"]
    assert measured["flags"] == [False]
