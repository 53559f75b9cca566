"""Own folders are looked through to the end: every file that cannot be used is told, and too few are refused."""

import numpy as np
import own_folders
import pytest
import tifffile
from micrograph_files import levels, picture, write_bad, write_tiff

from semclear.datasets import survey
from semclear.errors import SemclearError
from semclear.tool.own_data import briefing
from semclear.tool.own_data.gathering import Folders, check_enough, check_folders, gather


@pytest.fixture
def root(tmp_path):
    return own_folders.write(tmp_path / "own")


def folders_of(root, **more):
    return Folders(root / "clear", root / "degraded", **more)


def refused(gathered):
    return {(one.role, one.path.name): one.reason for one in gathered.refused}


def test_good_folders_are_taken_whole(root):
    gathered = gather(folders_of(root), 32)
    assert len(gathered.found.clear) == 3 and len(gathered.found.degraded) == 5 and not gathered.refused
    check_enough(gathered, folders_of(root))


def test_one_bad_file_stops_nothing_and_all_are_told(root):
    said = write_bad(root / "degraded")
    gathered = gather(folders_of(root), 32)
    assert len(gathered.found.degraded) == 5
    reasons = refused(gathered)
    assert {name for _, name in reasons} == set(said)
    assert "colour" in reasons["degraded", "colour.tif"]
    assert "at least 32 x 32" in reasons["degraded", "tiny.tif"]
    assert reasons["degraded", "constant.tif"].startswith(
        "got one grey value"
    )  # without the name, told beside it
    assert all("\n" not in reason and str(root) not in reason for reason in reasons.values())


def test_a_picture_on_both_sides_is_used_on_neither(root):
    copy = root / "clear" / "copy.tif"
    levels = survey.look_at(root / "degraded" / "möglich1.png", "x", 1)
    tifffile.imwrite(
        copy, np.round(levels.picture(255) * 255).astype(np.uint8)
    )  # the same pixels in another format
    gathered = gather(folders_of(root), 32)
    assert set(refused(gathered)) == {("clear", "copy.tif"), ("degraded", "möglich1.png")}
    assert all("neither is used" in reason for reason in refused(gathered).values())


def test_of_one_source_on_both_sides_the_degraded_one_is_kept(root):
    own_folders.save(root / "clear" / "möglich2.tif", picture(own_folders.SIZE, 7))
    gathered = gather(folders_of(root), 32)
    assert list(refused(gathered)) == [("clear", "möglich2.tif")]
    assert "same source (möglich2)" in refused(gathered)["clear", "möglich2.tif"]
    assert len(gathered.found.degraded) == 5


def test_copies_within_a_folder_are_used_once(root):
    (root / "clear" / "zcopy.png").write_bytes((root / "clear" / "clear 0.png").read_bytes())
    gathered = gather(folders_of(root), 32)
    assert refused(gathered) == {("clear", "zcopy.png"): "the same picture as clear 0.png; that one is used"}


def test_a_table_joins_files_to_sources_and_what_it_lacks_is_refused(root):
    names = sorted(path.name for folder in ("clear", "degraded") for path in (root / folder).iterdir())
    table = root / "table.csv"
    rows = [f"{name},{'field' if 'clear' in name else name}" for name in names if name != "möglich4.png"]
    table.write_text("file,original_path\n" + "\n".join(rows), encoding="utf-8")
    folders = folders_of(root, sources=table)
    gathered = gather(folders, 32)
    assert {item.source for item in gathered.found.clear} == {"field"}
    assert "got 0 sources" in refused(gathered)["degraded", "möglich4.png"]
    with pytest.raises(SemclearError, match=r"--clear .*got 1 usable source micrograph, expected at least 2"):
        check_enough(gathered, folders)


def test_truths_go_with_the_micrographs_of_their_name_and_size(tmp_path):
    root = own_folders.write(tmp_path / "own", truth=True)
    own_folders.save(root / "truth" / "möglich0.png", picture((90, 128), 100))
    own_folders.save(root / "truth" / "other.png", picture(own_folders.SIZE, 300))
    (root / "clear" / "leak.png").write_bytes((root / "truth" / "möglich3.png").read_bytes())
    folders = folders_of(root, truth=root / "truth")
    gathered = gather(folders, 32)
    assert sorted(path.name for path in gathered.found.truths) == [f"möglich{n}.png" for n in range(1, 5)]
    reasons = refused(gathered)
    assert "got 128 x 90 pixels, expected 128 x 96" in reasons["truth", "möglich0.png"]
    assert "no degraded micrograph of this name" in reasons["truth", "other.png"]
    assert "no training may see" in reasons["clear", "leak.png"]
    check_enough(gathered, folders)


def test_too_few_say_what_is_missing(root):
    for number in range(4):
        (root / "degraded" / f"möglich{number}.png").unlink()
    (root / "degraded" / "text.png").write_text("no image")
    gathered = gather(folders_of(root), 32)
    with pytest.raises(SemclearError, match=r"--degraded .*got 1 usable .*at least 2 .*1 files were refused"):
        check_enough(gathered, folders_of(root))


def test_truths_that_are_too_few_are_refused(tmp_path):
    root = own_folders.write(tmp_path / "own", truth=True)
    for number in range(1, 5):
        (root / "truth" / f"möglich{number}.png").unlink()
    folders = folders_of(root, truth=root / "truth")
    with pytest.raises(SemclearError, match=r"--truth .*got 1 usable .*one for validation, one for the test"):
        check_enough(gather(folders, 32), folders)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: {"clear": f / "none"}, r"--clear .*none: got no such folder"),
        (
            lambda f: {"degraded": f / "clear" / "clear 0.png"},
            r"--degraded .*: got a file, expected a folder",
        ),
        (
            lambda f: {"degraded": f / "clear" / ".." / "clear"},
            r"--degraded .*got the same folder as --clear",
        ),
        (lambda f: {"truth": f / "degraded"}, r"--truth .*got the same folder as --degraded"),
        (lambda f: {"sources": f / "none.csv"}, r"--sources .*none.csv: got no such file"),
    ],
)
def test_wrong_folders_are_refused_before_any_image_is_read(root, change, said):
    values = {"clear": root / "clear", "degraded": root / "degraded"} | change(root)
    with pytest.raises(SemclearError, match=said):
        check_folders(Folders(**values))


def test_an_empty_folder_is_said(root, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SemclearError, match=r"--degraded .*empty: got no image"):
        gather(Folders(root / "clear", tmp_path / "empty"), 32)


def test_other_magnifications_are_warned_of(root):
    for role, nanometres in (("clear", (5.0, 6.0)), ("degraded", (9.5, 10.0))):
        for place, size in enumerate(nanometres):
            path = root / role / f"scaled {role} {place}.tif"
            write_tiff(
                path, levels(size=own_folders.SIZE, seed=200 + place + int(10 * size)), nanometres=size
            )
    (said,) = briefing.warnings_of(gather(folders_of(root), 32))
    assert said.startswith("a pixel is 5.5 nm in the clear micrographs and 9.75 nm in the degraded ones")
    for path in (root / "degraded").glob("scaled *"):
        write_tiff(
            path,
            levels(size=own_folders.SIZE, seed=300 + len(path.name) + ord(path.stem[-1])),
            nanometres=8.0,
        )
    assert briefing.warnings_of(gather(folders_of(root), 32)) == []
