"""A laboratory's files are trained on with the greys, and without the bars, that restoring gives them."""

import json

import cv2
import numpy as np
import own_folders
import pytest
import tifffile
from micrograph_files import picture

from semclear import params
from semclear.datasets import real
from semclear.errors import SemclearError
from semclear.io.databar import Box
from semclear.restoration import classical_defaults
from semclear.tool.own_data import gathering
from semclear.tool.own_data.gathering import Folders
from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run

#: Largest number of each detector, as stored in 16-bit files, and what restoring takes for white.
DETECTORS = {
    "ten": (1023, 1023),
    "twelve": (4095, 4095),
    "fourteen": (16383, 16383),
    "sixteen": (65535, 65535),
}
BAR = 24


def stored(number, most, bar):
    """Return a picture in numbers up to `most`, and where wanted below it a black bar with writing of 65535."""
    values = np.round(picture(own_folders.SIZE, number) * most).astype(np.uint16)
    values[0, 0] = most
    if bar:
        below = np.zeros((BAR, own_folders.SIZE[1]), np.uint16)
        below[8:16, 10:60:2] = 65535
        values = np.vstack([values, below])
    return values


@pytest.fixture
def folders(tmp_path):
    """Clear and degraded micrographs of four detectors, with and without bars, mixed."""
    for number, (name, (most, _)) in enumerate(DETECTORS.items()):
        for bar in (False, True):
            for place, role in enumerate(("clear", "degraded")):
                path = tmp_path / role / f"{role}-{name}{'-bar' if bar else ''}.tif"
                path.parent.mkdir(exist_ok=True)
                tifffile.imwrite(path, stored(10 * number + 4 * place + bar, most, bar))
    return Folders(tmp_path / "clear", tmp_path / "degraded")


def seen_by_training(folders, tmp_path):
    """Return the pictures of the data set by file name."""
    gathered = gathering.gather(folders, 32)
    assert not gathered.refused
    wanted = params.Real(clear=str(folders.clear), degraded=str(folders.degraded), test_share=0.5)
    scale = params.DataScale(size=own_folders.SIZE[0], train=6, validation=2, test=8)
    path = tmp_path / "data" / "manifest.json"
    real.enter(gathered.found, wanted, scale, 1, "own", path)
    records = json.loads(path.read_text(encoding="utf-8"))["records"]
    pictures = {}
    for record in records:
        x, y, width, height = record["origin"]["crop"]
        image = cv2.imread(str(path.parent / record["image"]), cv2.IMREAD_UNCHANGED)
        pictures[record["origin"]["file"].split("/")[1]] = (image / 255, np.s_[y : y + height, x : x + width])
    return pictures


def test_greys_are_those_of_the_file_s_own_range(folders, tmp_path):
    pictures = seen_by_training(folders, tmp_path)
    assert len(pictures) == 16
    for file, (image, crop) in pictures.items():
        white = DETECTORS[file.partition("-")[2].removesuffix(".tif").removesuffix("-bar")][1]
        role = file.partition("-")[0]
        values = tifffile.imread(folders.clear.parent / role / file)
        assert crop[0].stop <= own_folders.SIZE[0]  # nothing of the bar
        np.testing.assert_allclose(image, values[crop] / white, atol=0.5001 / 255)


def test_restoring_sees_the_same(folders, tmp_path, monkeypatch):
    seen = []
    usual = classical_defaults.ClassicalRestorer.inspect

    def inspect(self, image, progress=None):
        seen.append(np.array(image))
        return usual(self, image, progress)

    monkeypatch.setattr(classical_defaults.ClassicalRestorer, "inspect", inspect)
    pictures = seen_by_training(folders, tmp_path)
    for role in ("clear", "degraded"):
        for file in sorted((folders.clear.parent / role).iterdir()):
            assert run(Request((str(file),), tmp_path / "out", method="clahe")) == 0
            image, crop = pictures[file.name]
            np.testing.assert_allclose(image, seen.pop()[crop], atol=0.5001 / 255)


def test_floats_are_taken_by_their_own_range_and_pages_refused(tmp_path):
    values = picture(own_folders.SIZE, 3).astype(np.float32) * 700 - 30
    tifffile.imwrite(tmp_path / "float.tif", values)
    found, restored_by = gathering.look_at(tmp_path / "float.tif", "a")
    expected = (values - values.min()) / np.ptp(values)
    np.testing.assert_allclose(found.picture(65535), found.box.of(expected), atol=1e-6)
    assert found.white is None and restored_by is None
    tifffile.imwrite(tmp_path / "two.tif", np.stack([values, values + 1]), photometric="minisblack")
    with pytest.raises(SemclearError, match="got 2 pages, expected one micrograph"):
        gathering.look_at(tmp_path / "two.tif", "a")


def test_stacks_behind_one_directory_are_refused_with_their_numbers(tmp_path):
    root = own_folders.write(tmp_path / "own")
    stack = np.stack([np.round(picture(own_folders.SIZE, seed) * 255).astype(np.uint8) for seed in range(4)])
    whole, cut = root / "degraded" / "whole.tif", root / "degraded" / "cut.tif"
    tifffile.imwrite(
        whole, stack, truncate=True, photometric="minisblack"
    )  # one directory, as ImageJ writes beyond 4 GB
    assert len(tifffile.TiffFile(whole).pages) == 1
    cut.write_bytes(whole.read_bytes()[: -stack[0].size])
    gathered = gathering.gather(Folders(root / "clear", root / "degraded"), 32)
    reasons = {one.path.name: one.reason for one in gathered.refused}
    assert reasons["whole.tif"].startswith("got 4 pages, expected one micrograph")
    assert reasons["cut.tif"].startswith("announces 4 pictures, of which 3 are there, expected all")
    assert len(gathered.found.degraded) == 5


def test_colour_in_the_data_bar_alone_is_no_colour(tmp_path):
    grey = np.round(picture((160, 200), 5) * 255).astype(np.uint8)
    bar = np.zeros((24, 200, 3), np.uint8)
    bar[8:16, 10:150:2] = (255, 40, 40)
    tifffile.imwrite(
        tmp_path / "a.tif", np.vstack([np.repeat(grey[..., None], 3, axis=2), bar]), photometric="rgb"
    )
    found, _ = gathering.look_at(tmp_path / "a.tif", "a")
    assert (found.box.width, found.box.height) == (200, 160)
    np.testing.assert_allclose(found.picture(255), grey / 255, atol=1e-6)


def test_a_region_is_all_that_is_seen_of_every_micrograph(tmp_path):
    root = own_folders.write(tmp_path / "own", truth=True)
    own_folders.save(root / "degraded" / "small.png", picture((40, 44), 9))
    region = Box(20, 10, 100, 64)
    folders = Folders(root / "clear", root / "degraded", root / "truth", region=region)
    gathering.check_folders(folders)
    gathered = gathering.gather(folders, 32)
    assert {one.box for one in gathered.found.all()} == {region}
    assert [one.reason.split(" (")[0] for one in gathered.refused] == [
        "got 24 x 30 pixels of picture within --region"
    ]
    one = gathered.found.clear[0]
    whole = cv2.imread(str(one.path), cv2.IMREAD_UNCHANGED)
    np.testing.assert_allclose(one.picture(255), whole[10:74, 20:120] / 255, atol=1e-6)
    away = gathering.gather(Folders(root / "clear", root / "degraded", region=Box(500, 0, 64, 64)), 32)
    assert not away.found.clear and "got 0 x 64 pixels" in away.refused[0].reason


@pytest.mark.parametrize("numbers", [(-1, 0, 64, 64), (0, 0, 0, 64)])
def test_a_region_that_is_none_is_refused(tmp_path, numbers):
    root = own_folders.write(tmp_path / "own")
    with pytest.raises(SemclearError, match=f"--region: got {numbers[0]} {numbers[1]} {numbers[2]}"):
        gathering.check_folders(Folders(root / "clear", root / "degraded", region=Box(*numbers)))


def test_what_was_restored_is_refused_as_clear_and_told_of_as_degraded(tmp_path, capsys):
    from semclear.tool.own_data import run as laboratory
    from semclear.tool.own_data.order import Order

    root = own_folders.write(tmp_path / "own", truth=True, suffix=".tif")
    own_folders.save(tmp_path / "more" / "möglich7.bmp", picture(own_folders.SIZE, 77))
    own_folders.save(tmp_path / "more" / "möglich8.tif", picture(own_folders.SIZE, 78))
    assert run(Request((str(tmp_path / "more"),), tmp_path / "out", method="clahe")) == 0

    def order(**more):
        folders = Folders(root / "clear", root / "degraded", **more)
        return Order(
            folders,
            tmp_path / "a.semclear",
            scale="smoke",
            start="none",
            dry_run=True,
            changes=own_folders.CHANGES,
        )

    def put(role, *names):
        for name in names:
            (root / role / name).write_bytes((tmp_path / "out" / name).read_bytes())

    # The account beside a BMP, and the one in a TIFF, each say so alone.
    put("degraded", "möglich7.bmp", "möglich7.bmp.json", "möglich8.tif")
    capsys.readouterr()
    assert laboratory.run(order(), lambda text: None) == 0
    told = next(
        line for line in capsys.readouterr().out.splitlines() if line.startswith("warning: restored before")
    )
    assert "möglich7.bmp by clahe (semclear " in told and "möglich8.tif by clahe (semclear " in told
    for role, more in (("clear", {}), ("truth", {"truth": root / "truth"})):
        put(role, "möglich7.bmp", "möglich7.bmp.json", "möglich8.tif")
        with pytest.raises(SemclearError) as caught:
            laboratory.run(order(**more), lambda text: None)
        said = str(caught.value)
        assert said.startswith(
            f"--{role} {root / role}: got restored images (möglich7.bmp by clahe (semclear "
        )
        assert "möglich8.tif by clahe" in said and "take these files out" in said and "\n" not in said
        for name in ("möglich7.bmp", "möglich8.tif"):
            (root / role / name).unlink()
    # An account that is another file's says nothing.
    (root / "clear" / "clear 0.tif.json").write_text('{"semclear": "1", "output": "b.tif"}')
    assert laboratory.run(order(), lambda text: None) == 0


def test_uncertainty_maps_are_no_micrographs(tmp_path):
    root = own_folders.write(tmp_path / "own")
    own_folders.save(root / "degraded" / "a.tif.uncertainty.tif", picture(own_folders.SIZE, 9))
    gathered = gathering.gather(Folders(root / "clear", root / "degraded"), 32)
    assert [(one.path.name, one.reason) for one in gathered.refused] == [
        ("a.tif.uncertainty.tif", "the uncertainty map of a restoration")
    ]
