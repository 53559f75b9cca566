"""Real micrographs as a data set: what is in the folders arrives unchanged, split by source; all else is refused."""

import json
import os
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from semclear.datasets import manifest
from semclear.datasets.real import counts, ingest
from semclear.errors import SemclearError
from semclear.params import DataScale, Real

SCALE = DataScale(size=32, train=100, validation=12, test=24)
IMAGES = os.environ.get("SEMCLEAR_SEM_IMAGES")


def grains(seed: int, shape=(70, 101), low=20, high=235) -> np.ndarray:
    """A picture of its own for each seed, 8 bit."""
    field = cv2.GaussianBlur(np.random.default_rng(seed).random(shape), (0, 0), 3)
    return np.round(low + (high - low) * (field - field.min()) / np.ptp(field)).astype(np.uint8)


def save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


@pytest.fixture
def folders(tmp_path) -> Path:
    """Three clear and eight degraded micrographs of several formats."""
    for number, suffix in enumerate(("png", "tif", "bmp")):
        save(tmp_path / "in" / "clear" / f"sharp {number}.{suffix}", grains(number))
    for number in range(8):
        save(tmp_path / "in" / "degraded" / f"soft{number}.png", grains(100 + number, (64 + number, 80)))
    (tmp_path / "in" / "clear" / "readme.txt").write_text("no image")
    return tmp_path / "in"


def real_of(folders: Path, **more) -> Real:
    return Real(clear=str(folders / "clear"), degraded=str(folders / "degraded"), **more)


def make(folders: Path, out: str = "out", scale: DataScale = SCALE, **more) -> manifest.Dataset:
    path = folders.parent / out / "manifest.json"
    ingest(real_of(folders, **more), scale, 7, "mine", path)
    return manifest.load(path, verify=True)


def refusal(folders: Path, scale: DataScale = SCALE, **more) -> str:
    """Return the one-line error, after checking that nothing was left on disk."""
    with pytest.raises(SemclearError) as caught:
        make(folders, scale=scale, **more)
    out = folders.parent / "out"
    assert not out.exists() or list(out.iterdir()) == []
    assert "\n" not in str(caught.value) and "expected" in str(caught.value)
    return str(caught.value)


def test_splits_are_by_source_and_training_is_unpaired(folders):
    dataset = make(folders)
    assert (dataset.kind, dataset.name) == ("real", "mine")
    sources = {split: {r.source for r in dataset.split(split)} for split in ("clear", "degraded", "test")}
    assert {split: len(names) for split, names in sources.items()} == {"clear": 3, "degraded": 6, "test": 2}
    assert not sources["degraded"] & sources["test"] and not sources["clear"] & (
        sources["degraded"] | sources["test"]
    )
    assert dataset.split("validation") == []
    assert len({r.id for r in dataset.records}) == len(dataset.records)


def test_training_tiles_are_cut_from_the_originals_without_overlap(folders):
    dataset = make(folders)
    clear = dataset.split("clear")
    assert len(clear) == 3 * 2 * 3
    covered = {}
    for record in clear + dataset.split("degraded"):
        x, y, width, height = record.origin["crop"]
        assert (width, height) == (32, 32) and record.truth() is None
        folder, name = record.origin["file"].split("/")
        original = cv2.imread(str(folders / folder / name), cv2.IMREAD_GRAYSCALE)
        assert np.array_equal(record.image() * 255, original[y : y + 32, x : x + 32])
        count = covered.setdefault(record.origin["file"], np.zeros(original.shape, int))
        count[y : y + 32, x : x + 32] += 1
    assert all(count.max() == 1 for count in covered.values())


def test_held_out_micrographs_are_whole(folders):
    for record in make(folders).split("test"):
        original = cv2.imread(str(folders / record.origin["file"]), cv2.IMREAD_GRAYSCALE)
        assert np.array_equal(record.image() * 255, original)


def test_the_bytes_are_the_same_again_and_elsewhere(folders, tmp_path):
    first = make(folders)
    moved = tmp_path / "elsewhere" / "in"
    shutil.copytree(folders, moved)
    second = make(moved)
    assert first.digest == second.digest
    assert str(tmp_path) not in first.path.read_text()


def test_the_scale_limits_the_test_set_only(folders):
    dataset = make(folders, scale=DataScale(size=32, train=1, validation=1, test=1))
    assert len(dataset.split("test")) == 1
    assert len({r.source for r in dataset.split("degraded")}) == 7


@pytest.mark.parametrize("total", range(2, 40))
@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_counts_leave_something_for_every_split(total, share):
    held = counts(total, None, share, SCALE)
    assert set(held) == {"test"} and 1 <= held["test"] <= min(24, total - 1)
    for with_truth in range(2, total + 1) if total > 2 else ():
        held = counts(total, with_truth, share, SCALE)
        assert min(held.values()) >= 1 and sum(held.values()) <= min(with_truth, total - 1)


def test_data_bar_and_frame_are_cut_and_pixel_size_kept(folders):
    picture, bar = grains(50, (96, 200)), np.zeros((24, 200), np.uint8)
    cv2.putText(bar, "10.0 kV  WD 5 mm  x2000", (3, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255, 1)
    path = folders / "clear" / "barred.tif"
    tifffile.imwrite(path, np.vstack([picture, bar]), resolution=(2e6, 2e6), resolutionunit="CENTIMETER")
    records = [r for r in make(folders).split("clear") if r.source == "barred"]
    assert {tuple(r.origin["crop"]) for r in records} == {
        (4 + 32 * i, 32 * j, 32, 32) for i in range(6) for j in range(3)
    }
    assert [r.pixel_size_nm for r in records] == [pytest.approx(5.0)] * 18


def test_twelve_bit_cameras_keep_their_grey_levels(folders):
    deep = grains(60, (64, 64)).astype(np.uint16) * 16 + 7
    save(folders / "clear" / "deep.png", deep)
    dataset = make(folders)
    assert dataset.notes == {"white_of_16_bit": 4095}
    part = next(r for r in dataset.split("clear") if r.id == "deep-x0-y0").image()
    np.testing.assert_allclose(part, deep[:32, :32] / 4095, atol=0.51 / 255)


def test_tiles_of_one_grey_are_left_out(folders):
    image = grains(61, (64, 64))
    image[:32] = 0
    save(folders / "clear" / "half.png", image)
    assert sorted(r.id for r in make(folders).split("clear") if r.source == "half") == [
        "half-x0-y32",
        "half-x32-y32",
    ]


def test_names_that_are_alike_get_ids_of_their_own(folders):
    save(folders / "clear" / "Sharp-0.png", grains(62))
    stems = {r.id.rsplit("-x", 1)[0] for r in make(folders).split("clear")}
    assert stems == {"Sharp-0", "sharp-0-2", "sharp-1", "sharp-2"}


def write_table(folders: Path, text: str) -> str:
    (folders / "table.csv").write_text(text)
    return str(folders / "table.csv")


def test_a_table_groups_files_by_source(folders):
    lines = [
        f"clear/{path.name},c{i}" for i, path in enumerate(sorted((folders / "clear").glob("*.[!t]*")), 1)
    ]
    lines += [f"clear/sharp {i}.{s},c{i}" for i, s in ((0, "png"), (1, "tif"), (2, "bmp"))]
    lines = sorted(set(lines[-3:])) + [
        f"soft{i}.png,d{i // 2}" for i in range(8)
    ]  # degraded ones by name alone
    dataset = make(
        folders, sources=write_table(folders, "file,origin\n" + "\n".join(lines)), source_column="origin"
    )
    held = dataset.split("test")
    assert {r.source for r in dataset.split("degraded")} | {r.source for r in held} == {
        "d0",
        "d1",
        "d2",
        "d3",
    }
    assert len(held) == 2 and len({r.source for r in held}) == 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,place\nsoft0.png,a\n", "got columns file, place, expected file and original_path"),
        ("file,original_path\nsoft0.png,a\n", "got 0 sources"),
        ("file,original_path\nsoft0.png,\n", "empty file or original_path in row 2"),
        ("", r"got columns \(none\)"),
    ],
)
def test_a_wrong_table_is_refused(folders, table, message):
    assert re.search(message, refusal(folders, sources=write_table(folders, table)))


def test_a_missing_table_is_refused(folders):
    assert "no.csv: cannot be read" in refusal(folders, sources=str(folders / "no.csv"))


def test_a_table_that_gives_both_domains_one_source_is_refused(folders):
    lines = [f"clear/sharp {i}.{s},field{i}" for i, s in ((0, "png"), (1, "tif"), (2, "bmp"))]
    lines += [f"degraded/soft{i}.png,field{i}" for i in range(8)]
    text = refusal(folders, sources=write_table(folders, "file,original_path\n" + "\n".join(lines)))
    assert "soft0.png: got source field0 also in" in text and "no source in both domains" in text


def test_truth_goes_to_validation_and_test(folders):
    for number in range(1, 8):
        truth = np.pad(grains(200 + number, (64 + number, 80)), 0)
        save(folders / "truth" / f"soft{number}.tif", truth)
    dataset = make(folders, truth=str(folders / "truth"))
    assert [len(dataset.split(s)) for s in ("validation", "test")] == [1, 2]
    assert "soft0" in {r.source for r in dataset.split("degraded")}
    for record in dataset.split("validation") + dataset.split("test"):
        expected = cv2.imread(str(folders / "truth" / record.origin["truth_file"]), cv2.IMREAD_GRAYSCALE)
        assert Path(record.origin["truth_file"]).stem == record.source
        assert np.array_equal(record.truth() * 255, expected) and record.image().shape == expected.shape


def test_wrong_truths_are_refused(folders):
    truth = folders / "truth"
    assert "no such folder" in refusal(folders, truth=str(truth))
    save(truth / "soft1.png", grains(201, (65, 80)))
    assert "got 1 source micrographs, expected at least 2" in refusal(folders, truth=str(truth))
    save(truth / "soft2.png", grains(202, (65, 80)))
    assert "got 80 x 65 pixels, expected 80 x 66" in refusal(folders, truth=str(truth))
    save(truth / "soft2.png", grains(202, (66, 80)))
    save(truth / "soft2.tif", grains(203, (66, 80)))
    assert "expected one truth for soft2.png" in refusal(folders, truth=str(truth))
    (truth / "soft2.tif").unlink()
    shutil.copy(truth / "soft1.png", folders / "clear" / "leak.png")
    assert "got the same picture as" in refusal(folders, truth=str(truth))


def test_the_same_source_in_both_domains_is_refused(folders):
    save(folders / "degraded" / "sharp 1.png", grains(300))
    assert "got source sharp 1 also in" in refusal(folders)


def test_a_copy_under_another_name_and_format_is_refused(folders):
    image = cv2.imread(str(folders / "clear" / "sharp 0.png"), cv2.IMREAD_GRAYSCALE)
    save(folders / "degraded" / "other.bmp", image)
    text = refusal(folders)
    assert "other.bmp: got the same picture as" in text and "sharp 0.png" in text


def test_a_copy_within_a_domain_is_refused(folders):
    shutil.copy(folders / "degraded" / "soft3.png", folders / "degraded" / "zz.png")
    assert "zz.png: got the same picture as" in refusal(folders)


def test_missing_empty_and_equal_folders_are_refused(folders):
    shutil.rmtree(folders / "degraded")
    assert "degraded: got no such folder" in refusal(folders)
    (folders / "degraded").mkdir()
    (folders / "degraded" / "notes.txt").write_text("none yet")
    assert "degraded: got no image" in refusal(folders)
    with pytest.raises(SemclearError, match="got one folder as clear and as degraded"):
        ingest(Real(clear=str(folders), degraded=f"{folders}/."), SCALE, 7, "mine", folders.parent / "m.json")


def test_fewer_images_than_a_split_needs(folders):
    for path in sorted((folders / "degraded").iterdir())[1:]:
        path.unlink()
    assert "degraded: got 1 source micrographs, expected at least 2" in refusal(folders)


def test_an_image_smaller_than_the_tiles_is_refused(folders):
    save(folders / "clear" / "small.png", grains(70, (31, 90)))
    text = refusal(folders)
    assert "small.png: got 90 x 31 pixels" in text and "at least 32 x 32" in text


def test_images_that_cannot_be_used_are_refused_by_name(folders):
    bad = folders / "clear" / "bad.tif"
    whole = (folders / "clear" / "sharp 0.png").read_bytes()
    values = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    values[1, 1] = np.nan
    cases = {
        "0 bytes": lambda: bad.write_bytes(b""),
        "truncated": lambda: bad.write_bytes(whole[: len(whole) // 2]),
        "no image that is known": lambda: bad.write_text("text"),
        "NaN": lambda: tifffile.imwrite(bad, values),
        "one grey value": lambda: tifffile.imwrite(bad, np.full((64, 64), 9, np.uint8)),
        "got colour": lambda: tifffile.imwrite(bad, np.dstack([grains(1), grains(2), grains(3)])),
    }
    for message, write in cases.items():
        write()
        text = refusal(folders)
        assert text.startswith(f"{bad}: ") and message in text


def test_a_failed_run_leaves_the_earlier_data_set(folders):
    digest = make(folders).digest
    (folders / "clear" / "bad.png").write_bytes(b"")
    with pytest.raises(SemclearError, match="0 bytes"):
        make(folders)
    assert manifest.load(folders.parent / "out" / "manifest.json", verify=True).digest == digest


@pytest.mark.slow
@pytest.mark.skipif(
    not IMAGES, reason="SEMCLEAR_SEM_IMAGES is not set: no folder of real micrographs to ingest"
)
def test_real_micrographs(tmp_path):
    """A part of the real folders, with their table of sources."""
    root = Path(IMAGES or "")
    for kind, names in (("sharp", "silica_jeol_*_[01].png"), ("blurry", "silica_jeol_B*.png")):
        (tmp_path / kind).mkdir()
        for path in sorted((root / kind).glob(names))[:6]:
            (tmp_path / kind / path.name).symlink_to(path)
    real = Real(
        clear=str(tmp_path / "sharp"), degraded=str(tmp_path / "blurry"), sources=str(root / "SOURCES.csv")
    )
    ingest(
        real,
        DataScale(size=256, train=100, validation=12, test=1),
        7,
        "sem",
        tmp_path / "sem" / "manifest.json",
    )
    dataset = manifest.load(tmp_path / "sem" / "manifest.json", verify=True)
    (held,) = dataset.split("test")
    assert min(held.image().shape) >= 512
    assert {r.image().shape for r in dataset.split("clear") + dataset.split("degraded")} == {(256, 256)}
    origins = {r.origin["file"]: r.source for r in dataset.records}
    assert (
        len(origins) == 12 and len(set(origins.values())) == 9
    )  # sharp halves of one micrograph are one source
    assert str(tmp_path) not in json.dumps([r.model_dump() for r in dataset.records])
