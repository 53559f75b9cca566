"""The benchmark of own training keeps fields apart, makes its table, and goes on where it was."""

import csv

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from benchmarks.quality import adapting
from semclear.errors import SemclearError

NAMES = [f"{kind}_{number:03d}.png" for kind in ("dwell", "line") for number in range(1, 25)]


def _save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)).save(path)


def seed():
    return adapting.params.load(adapting.ROOT / "params.yaml").seed


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Eight pairs of two kinds, each a field of its own."""
    root = tmp_path_factory.mktemp("sem")
    for number, name in enumerate([*NAMES[:4], *NAMES[24:28]]):
        random = np.random.default_rng(number)
        scene = 0.25 + 0.5 * (gaussian_filter(random.standard_normal((96, 112)), 5) > 0)
        _save(root / "pairs/clean" / name, scene)
        _save(root / "pairs/noisy" / name, scene + 0.05 * random.standard_normal(scene.shape))
    return root


def _rows(results):
    with (results / "adapting.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(("count", "test", "sizes"), [(48, 16, (16, 16, 16)), (48, 15, (17, 16, 15))])
def test_no_field_is_on_two_sides(count, test, sizes):
    split = adapting.split_of(NAMES[:count], test, 7)
    parts = [split.clear, split.degraded, split.test]
    assert tuple(map(len, parts)) == sizes
    assert sorted(name for part in parts for name in part) == sorted(NAMES[:count])
    for part in parts:
        assert abs(sum(name.startswith("line") for name in part) - len(part) / 2) <= 1
    assert split == adapting.split_of(NAMES[count - 1 :: -1], test, 7) != adapting.split_of(NAMES, test, 8)


def test_too_few_are_refused():
    with pytest.raises(SemclearError, match="--test: got 46 of 48 pairs, expected 4 at least"):
        adapting.split_of(NAMES, 46, 7)


def test_folders_hold_what_is_trained_on_and_nothing_else(images, tmp_path):
    split = adapting.split_of([path.name for path in (images / "pairs/noisy").iterdir()], 4, 7)
    (tmp_path / "clear").mkdir()
    (tmp_path / "clear" / "of another split.png").write_bytes(b"")
    clear, degraded = adapting.lay_out(images, split, tmp_path)
    assert {path.name for path in clear.iterdir()} == set(split.clear)
    assert {path.name for path in degraded.iterdir()} == set(split.degraded)
    name = split.degraded[0]
    assert (degraded / name).read_bytes() == (images / "pairs/noisy" / name).read_bytes()
    given = adapting.arguments(["--work", str(tmp_path), "--set", "train.budget=0.5"])
    words = {
        name: adapting.command_of(name, given, clear, degraded, tmp_path / "a") for name in adapting.TRAININGS
    }
    assert [("--clear" in own, own[own.index("--start") + 1]) for own in words.values()] == [
        (True, "none"), (True, "default"), (False, "default"),
    ]  # fmt: skip
    assert all(own[-2:] == ["-S", "train.budget=0.5"] for own in words.values())


def test_the_table_is_made_and_nothing_scored_twice(images, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SEMCLEAR_SEM_IMAGES", str(images))
    words = [
        "--work",
        str(tmp_path / "work"),
        "--test",
        "4",
        "--methods",
        "input",
        "--results",
        str(tmp_path),
    ]
    adapting.run(adapting.arguments(words))
    rows = _rows(tmp_path)
    split = adapting.split_of([path.name for path in (images / "pairs/noisy").iterdir()], 4, seed())
    assert {f"{row['picture']}.png" for row in rows} == set(split.test)
    assert len(rows) == 4 * (1 + len(adapting.BLURS))
    text = (tmp_path / "adapting.md").read_text(encoding="utf-8")
    assert "| input | 4 |" in text and "No field is both in a training and in the test" in text
    capsys.readouterr()
    adapting.run(adapting.arguments(words))
    assert _rows(tmp_path) == rows and "input: PSNR" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_model_is_trained_and_scored(images, tmp_path, monkeypatch):
    pytest.importorskip("tensorflow")
    monkeypatch.setenv("SEMCLEAR_SEM_IMAGES", str(images))
    words = ["--work", str(tmp_path / "work"), "--test", "4", "--methods", "scratch", "--scale", "smoke"]
    words += ["--threads", "1", "--results", str(tmp_path), "--set", "restoration.ensemble=false"]
    words += ["scales.smoke.train.steps_per_epoch=2", "scales.smoke.model.levels=2"]
    adapting.run(adapting.arguments(words))
    rows = _rows(tmp_path)
    assert {row["method"] for row in rows} == {"scratch"} and len({row["version"] for row in rows}) == 1
    assert all(np.isfinite(float(row["psnr_fit"])) for row in rows)


def test_what_is_lacking_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("SEMCLEAR_SEM_IMAGES", raising=False)
    with pytest.raises(SemclearError, match="SEMCLEAR_SEM_IMAGES: got nothing"):
        adapting.run(adapting.arguments(["--work", str(tmp_path)]))
    with pytest.raises(SemclearError, match="got no row, expected scores"):
        adapting.run(adapting.arguments(["--table", "--results", str(tmp_path)]))
