"""Restorations that are scored: all there, of the right size and range, and no truths."""

import shutil

import numpy as np
import pytest
import tifffile
from small_benchmark import copied

from semclear.errors import FileError, SemclearError
from semclear.evaluation.benchmark import submission
from semclear.evaluation.benchmark.submission import IncompleteError
from semclear.evaluation.metrics import psnr
from semclear.evaluation.trust import measures


@pytest.fixture
def handed_in(tmp_path):
    made = copied(tmp_path)
    shutil.copytree(made.folder / "input", tmp_path / "mine")
    return made, tmp_path / "mine"


def test_the_inputs_handed_in_score_as_the_inputs(handed_in):
    made, folder = handed_in
    entries = made.of(["hybrid"])
    frame, others = submission.score(made, folder, entries, "mine")
    unrestored = submission.score_inputs(made, entries, "mine")
    assert frame.equals(unrestored)
    assert set(others) == {f"{entry.name}.png" for entry in made.entries} - {f"{e.name}.png" for e in entries}
    one = entries[0]
    value = frame[(frame["micrograph"] == one.name) & (frame["metric"] == "psnr")]["value"].item()
    assert value == pytest.approx(psnr(made.truth(one), made.image(one)))


def test_trust_measures_are_of_pictures_with_objects_alone(handed_in):
    made, folder = handed_in
    frame, _ = submission.score(made, folder, made.of(["gaussian"]), "mine")
    kinds = set(frame[frame["metric"] == "objects_invented"]["kind"])
    assert kinds == {"spheres"} <= set(measures.KINDS)
    assert set(frame[frame["metric"] == "invented_energy"]["kind"]) == {"spheres", "fibres", "porous"}


def test_what_is_missing_is_named_before_anything_is_scored(handed_in):
    made, folder = handed_in
    gone = sorted(folder.iterdir())[:7]
    for file in gone:
        file.unlink()
    with pytest.raises(IncompleteError, match=r"7 of \d+ restorations are missing .*, \.\.\.\)") as caught:
        submission.score(made, folder, made.entries, "mine")
    assert set(caught.value.missing) == {file.stem for file in gone}


def test_two_files_of_one_picture_are_refused(handed_in):
    made, folder = handed_in
    file = next(iter(sorted(folder.iterdir())))
    tifffile.imwrite(
        folder / f"{file.stem}.tif", np.zeros((64, 64), np.uint8) + np.arange(64, dtype=np.uint8)
    )
    with pytest.raises(IncompleteError, match="1 names have several files"):
        submission.files_of(folder, made.entries)


def test_accounts_and_foreign_images_are_passed_over(handed_in):
    made, folder = handed_in
    (folder / "report.html").touch()
    shutil.copy(next(folder.glob("*.png")), folder / "figure1.png")
    _, others = submission.files_of(folder, made.entries)
    assert others == ["figure1.png"]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (lambda grey: (grey * 255).round().astype(np.uint8), None),
        (lambda grey: (grey * 65535).round().astype(np.uint16), None),
        (lambda grey: (grey * 0.06 * 65535).round().astype(np.uint16), 0.06),  # no 12-bit detector's
        (lambda grey: grey.astype(np.float32), None),
    ],
)
def test_the_largest_of_the_type_is_white(tmp_path, values, wanted):
    grey = np.linspace(0.1, 0.8, 64 * 64).reshape(64, 64)
    tifffile.imwrite(tmp_path / "a.tif", values(grey))
    image = submission.restoration(tmp_path / "a.tif", (64, 64))
    np.testing.assert_allclose(image, grey * (wanted or 1.0), atol=0.51 / 255)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            np.zeros((32, 64), np.uint8) + np.arange(64, dtype=np.uint8),
            "got 1 page.s. of 64 x 32 pixels, expected",
        ),
        (
            np.linspace(-1, 1, 4096, dtype=np.float32).reshape(64, 64),
            "got float32 from -1 to 1, expected 8- or",
        ),
        (np.linspace(0, 255, 4096, dtype=np.float32).reshape(64, 64), "got float32 from 0 to 255, expected"),
        (np.arange(4096, dtype=np.int16).reshape(64, 64), "got int16 from 0 to 4095, expected"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, array, message):
    tifffile.imwrite(tmp_path / "a.tif", array)
    with pytest.raises(FileError, match=rf"a\.tif: {message}"):
        submission.restoration(tmp_path / "a.tif", (64, 64))


def test_the_truth_is_no_restoration(handed_in):
    made, folder = handed_in
    entry = made.entries[0]
    shutil.copy(made.folder / entry.truth.file, folder / f"{entry.name}.png")
    with pytest.raises(FileError, match="is the truth itself"):
        submission.score(made, folder, made.entries, "mine")


def test_no_folder_is_told(handed_in):
    made, folder = handed_in
    with pytest.raises(SemclearError, match="got no such folder"):
        submission.files_of(folder / "none", made.entries)
