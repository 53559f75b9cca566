"""Pages, a rectangle, a mask and a range: what is asked for is restored as in the whole, all else stays bit for bit."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from micrograph_files import levels, write_cv, write_tiff
from PIL import Image
from restoring_runs import account
from scipy.ndimage import gaussian_filter

from semclear.errors import SemclearError
from semclear.restoration.classical import contrast
from semclear.tool.restore import engine, one_file
from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run
from semclear.tool.verdict import wording

STRETCH = {"low": 0.0, "high": 98.0, "darkest": 0.0, "brightest": 0.7}  # as classical_defaults has them


def restore(words, out, **more):
    return run(Request(tuple(map(str, words)), Path(out), **{"method": "percentile-stretch"} | more))


def write_stack(path, *pages):
    return write_tiff(path, np.stack(pages), photometric="minisblack")


@pytest.fixture(scope="module")
def local_model(tmp_path_factory):
    """Return a model without normalisation, whose tiles equal the whole."""
    pytest.importorskip("keras")
    import random_generator as made

    from semclear.models import release

    card = {"trained_on": {"data_set": "discs"}, "scores": {}, "limits": ["None."]}
    path = tmp_path_factory.mktemp("model") / "local.semclear"
    release.write(path, release.Release(made.bundle_of(made.NONE), "local", None, None, 32, card))
    return path


def test_pages_are_chosen_and_the_others_stay_bit_for_bit(tmp_path, capsys):
    before = [levels(seed=seed) for seed in range(5)]
    source = write_stack(tmp_path / "in" / "s.tif", *before)
    assert restore([source], tmp_path / "all") == 0
    assert restore([source], tmp_path / "some", pages="1,3-4") == 0
    whole, some = (tifffile.imread(tmp_path / name / "s.tif") for name in ("all", "some"))
    for number in (0, 2, 3):
        np.testing.assert_array_equal(some[number], whole[number])
        assert (some[number] != before[number]).any()
    for number in (1, 4):
        np.testing.assert_array_equal(some[number], before[number])
    told = account(tmp_path / "some" / "s.tif.json")
    assert told["selection"] == {"pages": "1, 3-4"}
    assert ["left" in page for page in told["pages"]] == [False, True, False, False, True]
    printed = capsys.readouterr().out
    assert "pages 2, 5: left as stored, not in --pages" in printed
    assert (
        "1 restored (5 pages of 1 files), of 1." in printed
        and "1 restored (3 pages of 1 files), of 1." in printed
    )
    assert "selection" not in account(tmp_path / "all" / "s.tif.json")


def test_the_pages_of_a_dry_run_and_of_inspect(tmp_path, capsys):
    from semclear.tool import inspect

    source = write_stack(tmp_path / "s.tif", levels(), levels(seed=1), levels(seed=2))
    settings = {"model": None, "quick": True, "databar": None, "to_gray": False, "backend": "auto"}
    assert inspect.run([str(source)], **settings, as_json=True, pages="2-3", grey_range=(0, 200)) == 0
    (got,) = json.loads(capsys.readouterr().out)
    assert [picture["page"] for picture in got["pictures"]] == [2, 3] and got["high"] == 200
    assert inspect.run([str(source)], **settings, as_json=False) == 0
    printed = capsys.readouterr().out
    assert printed.count("none found") == 1 and "data bar, pages 1-3" in printed
    assert restore([source], tmp_path / "out", pages="2-4", dry_run=True) == 1
    assert f"{source}: got --pages up to 4, expected 1 to 3" in capsys.readouterr().out


def test_a_blank_slice_stays_and_the_others_are_restored(tmp_path, capsys):
    blank = np.full_like(levels(), 7)
    source = write_stack(tmp_path / "in" / "s.tif", levels(), blank, levels(seed=1), blank)
    assert restore([source], tmp_path / "out") == 0
    got = tifffile.imread(tmp_path / "out" / "s.tif")
    assert (got[0] != levels()).any() and (got[1] == 7).all() and (got[3] == 7).all()
    printed = capsys.readouterr().out
    assert "note: s.tif: pages 2, 4 of one grey value: left as stored" in printed
    told = account(tmp_path / "out" / "s.tif.json")["pages"]
    assert told[1]["left"] == "one grey value everywhere" and told[1]["flag"] is None
    assert restore([source], tmp_path / "blank", pages="2") == 1
    assert "s.tif: page 2: got one grey value everywhere, expected a picture" in capsys.readouterr().out


def test_a_blank_slice_among_chosen_pages_is_left_as_without_choosing(tmp_path, capsys):
    blank = np.full_like(levels(), 7)
    source = write_stack(tmp_path / "in" / "s.tif", levels(), levels(seed=1), blank, levels(seed=2), blank)
    assert restore([source], tmp_path / "dry", pages="1-4", dry_run=True) == 0
    assert restore([source], tmp_path / "out", pages="1-4") == 0
    got = tifffile.imread(tmp_path / "out" / "s.tif")
    assert [bool((got[number] != 7).any()) for number in range(5)] == [True, True, False, True, False]
    printed = capsys.readouterr().out
    assert "note: s.tif: pages 3, 5 of one grey value: left as stored" in printed
    assert "1 restored (3 pages of 1 files), of 1." in printed
    told = account(tmp_path / "out" / "s.tif.json")["pages"]
    assert [page.get("left") for page in told[2:]] == ["one grey value everywhere", None, "not in --pages"]
    assert restore([source], tmp_path / "blank", pages="3,5") == 1
    said = "got nothing to restore (pages 1-2, 4: not in --pages; pages 3, 5: one grey value everywhere)"
    assert said in capsys.readouterr().out and not [*(tmp_path / "blank").iterdir()]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_region_is_as_in_the_whole_and_all_else_as_stored(tmp_path, dtype):
    before = levels(dtype)
    before[40:, 20:30] = np.iinfo(dtype).max  # beyond the range below: would come back clipped
    source = write_tiff(tmp_path / "in" / "a.tif", before)
    more = {"grey_range": (0, np.iinfo(dtype).max // 2)}
    restore([source], tmp_path / "whole", **more)
    restore([source], tmp_path / "part", region=(10, 5, 33, 21), **more)
    whole, part = (tifffile.imread(tmp_path / name / "a.tif") for name in ("whole", "part"))
    expected = before.copy()
    expected[5:26, 10:43] = whole[5:26, 10:43]
    np.testing.assert_array_equal(part, expected)
    told = account(tmp_path / "part" / "a.tif.json")
    assert told["selection"] == {"region": {"x": 10, "y": 5, "width": 33, "height": 21}}
    assert told["pages"][0]["restored"] == {"x": 10, "y": 5, "width": 33, "height": 21, "pixels": 693}
    assert (told["input"]["high"], told["input"]["range_from"]) == (more["grey_range"][1], "--range")
    assert any("as given" in warning["text"] for warning in told["warnings"])


@pytest.mark.parametrize("box", [(0, 0, 30, 20), (150, 171, 23, 40), (301, 200, 90, 71), (77, 64, 5, 3)])
def test_a_model_sees_what_it_needs_around_a_region(tmp_path, local_model, box):
    source = write_tiff(tmp_path / "in" / "a.tif", levels("uint16", (271, 391)), nanometres=4.0)
    x, y, width, height = box
    inside = (slice(y, y + height), slice(x, x + width))
    more = {"method": None, "model": str(local_model), "threads": 1, "uncertainty": True}
    restore([source], tmp_path / "whole", **more)
    restore([source], tmp_path / "part", region=box, **more)
    for name in ("a.tif", "a.tif.uncertainty.tif"):
        whole, part = (
            tifffile.imread(tmp_path / folder / name).astype(float) for folder in ("whole", "part")
        )
        np.testing.assert_allclose(part[inside], whole[inside], atol=2)
        part[inside] = 0
        before = levels("uint16", (271, 391)).astype(float) if name == "a.tif" else np.zeros_like(part)
        before[inside] = 0
        np.testing.assert_array_equal(part, before)
    assert (
        tifffile.imread(tmp_path / "part" / "a.tif")[inside] != levels("uint16", (271, 391))[inside]
    ).any()
    seen = account(tmp_path / "part" / "a.tif.json")["pages"][0]["seen"]
    assert seen["width"] < 391 and seen["height"] < 271


def palette_of(marked):
    """Return a label image: 0 is white here, and 1 black."""
    image = Image.fromarray(marked, "P")
    image.putpalette([255, 255, 255, 0, 0, 0])
    return image


def mask_forms(mask):
    """Yield one mask in the forms in which programs write masks."""
    marked = np.uint8(mask)
    yield "m.png", lambda path: write_cv(path, 255 * marked)
    yield "label.png", lambda path: write_cv(path, 3 * marked)
    yield "colour.png", lambda path: write_cv(path, np.dstack([0 * marked, 0 * marked, 200 * marked]))
    yield "palette.png", lambda path: palette_of(marked).save(path)
    yield "bits.tif", lambda path: tifffile.imwrite(path, mask, photometric="minisblack")
    yield "float.tif", lambda path: tifffile.imwrite(path, mask.astype(np.float32))
    # ImageJ's masks: 255 within, shown as black.
    yield "imagej.tif", lambda path: tifffile.imwrite(path, 255 * marked, photometric="miniswhite")


@pytest.mark.parametrize("name", [name for name, _ in mask_forms(np.zeros((1, 1), bool))])
def test_a_mask_says_which_pixels(tmp_path, name):
    before = levels()
    y, x = np.mgrid[:64, :80]
    mask = (y - 30) ** 2 + (x - 50) ** 2 < 300
    dict(mask_forms(mask))[name](tmp_path / name)
    source = write_tiff(tmp_path / "in" / "a.tif", before)
    restore([source], tmp_path / "whole")
    assert restore([source], tmp_path / "part", mask=tmp_path / name, report=tmp_path / "r.html") == 0
    whole, part = (tifffile.imread(tmp_path / folder / "a.tif") for folder in ("whole", "part"))
    np.testing.assert_array_equal(part, np.where(mask, whole, before))
    told = account(tmp_path / "part" / "a.tif.json")
    assert told["selection"]["mask"]["file"] == name
    assert told["pages"][0]["restored"]["pixels"] == mask.sum()
    restore([source], tmp_path / "both", mask=tmp_path / name, region=(0, 0, 50, 64))
    both = tifffile.imread(tmp_path / "both" / "a.tif")
    np.testing.assert_array_equal(both, np.where(mask & (x < 50), whole, before))


def test_the_report_is_given_what_was_written(tmp_path):
    mask = np.zeros((64, 80), np.uint8)
    mask[20:50, 10:40] = 1
    write_cv(tmp_path / "m.png", mask)
    source, place = write_tiff(tmp_path / "in" / "a.tif"), tmp_path / "out" / "a.tif"
    request = Request((str(source),), place.parent, mask=tmp_path / "m.png", region=(15, 0, 65, 64))
    made = engine.of_classical("percentile-stretch")
    _, pages = one_file.restore(source, place, request, made, lambda done, total: None)
    np.testing.assert_allclose(pages[1].made.image * 255, tifffile.imread(place), atol=0.51)
    np.testing.assert_allclose(pages[1].before * 255, levels(), atol=1e-3)


def test_a_mask_of_as_many_pages_goes_with_the_pages(tmp_path):
    before = [levels(seed=seed) for seed in range(3)]
    masks = np.zeros((3, 64, 80), np.uint8)
    masks[0, :20], masks[2, :, 40:] = 1, 1
    tifffile.imwrite(tmp_path / "m.tif", masks, photometric="minisblack")
    source = write_stack(tmp_path / "in" / "s.tif", *before)
    restore([source], tmp_path / "whole")
    restore([source], tmp_path / "part", mask=tmp_path / "m.tif")
    whole, part = (tifffile.imread(tmp_path / folder / "s.tif") for folder in ("whole", "part"))
    np.testing.assert_array_equal(part, np.where(masks, whole, np.stack(before)))


def test_colour_and_palette_outside_stay(tmp_path):
    picture = cv2.cvtColor(levels(), cv2.COLOR_GRAY2BGR)
    picture[:8] = np.random.default_rng(0).integers(0, 255, (8, 80, 3), np.uint8)
    source = write_cv(tmp_path / "in" / "a.png", picture)
    assert restore([source], tmp_path / "out", region=(0, 20, 80, 44), to_gray=True) == 0
    got = cv2.imread(str(tmp_path / "out" / "a.png"))
    np.testing.assert_array_equal(got[:20], picture[:20])
    assert (got[20:] != picture[20:]).any()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"pages": "0"}, "--pages: got '0'"),
        ({"pages": "3-1"}, "--pages: got '3-1'"),
        ({"pages": "one"}, "--pages: got 'one'"),
        ({"region": (0, 0, 0, 5)}, "--region: got 0 0 0 5"),
        ({"region": (-1, 0, 9, 5)}, "--region: got -1 0 9 5"),
        ({"grey_range": (9.0, 9.0)}, "--range: got 9 9"),
        ({"grey_range": (0.0, float("nan"))}, "--range: got 0 nan"),
        ({"mask": Path("none.png")}, "none.png: got no such file"),
        ({"mask": Path("zero.png")}, "zero.png: got 0 everywhere"),
        ({"mask": Path("text.png")}, "text.png: got no image"),
        ({"mask": Path("mask.jpg")}, "mask.jpg: got a JPEG"),
    ],
)
def test_what_no_file_can_make_right_is_refused_at_once(tmp_path, monkeypatch, more, said):
    monkeypatch.chdir(tmp_path)
    source = write_tiff(tmp_path / "in" / "a.tif")
    write_cv(tmp_path / "zero.png", np.zeros((64, 80), np.uint8))
    (tmp_path / "text.png").write_text("no image")
    write_cv(tmp_path / "mask.jpg")
    with pytest.raises(SemclearError, match=said):
        restore([source], tmp_path / "out", **more)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"pages": "2"}, "got --pages up to 2, expected 1 to 1"),
        ({"region": (70, 0, 11, 5)}, "--region: got 70 0 11 5, expected a rectangle within 80 x 64 pixels"),
        ({"region": (0, 60, 5, 4), "databar": 10}, "nothing of its picture is in --region"),
        ({"mask": Path("small.png")}, "has 80 x 63 pixels, expected 80 x 64"),
        ({"mask": Path("corner.png"), "region": (0, 0, 20, 20)}, "nothing of its picture is in --mask"),
        ({"grey_range": (0.0, 300.0)}, "got the range 0 to 300"),
    ],
)
def test_what_does_not_fit_a_file_fails_for_it_alone(tmp_path, monkeypatch, capsys, more, said):
    monkeypatch.chdir(tmp_path)
    source = write_tiff(tmp_path / "in" / "a.tif")
    corner = np.zeros((64, 80), np.uint8)
    corner[60:, 70:] = 1
    write_cv(tmp_path / "corner.png", corner)
    write_cv(tmp_path / "small.png", corner[1:])
    for dry in (True, False):
        assert restore([source], tmp_path / "out", dry_run=dry, **more) == 1
        (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("failed: ")]
        assert line.count(str(source)) == 1 and said in line
    assert not list((tmp_path / "out").iterdir())


def test_the_worst_verdict_and_how_many_pages_have_it(tmp_path, monkeypatch, capsys):
    """One line a file, and one a warning, however many pages."""
    from dataclasses import replace

    from semclear.restoration.checks.trust_flag import Verdict
    from semclear.tool.restore import judge

    usual, flags = judge.judged, iter([False, True, False, True, False])

    def judged(picture, engine, progress=None):
        flag = next(flags)
        return replace(usual(picture, engine, progress), verdict=Verdict(flag, 0.01 if flag else 0.5, ""))

    monkeypatch.setattr(judge, "judged", judged)
    source = write_stack(tmp_path / "in" / "s.tif", *(levels(seed=seed) for seed in range(5)))
    assert run(Request((str(source),), tmp_path / "out", method="clahe")) == 0
    printed = capsys.readouterr().out
    assert f"{wording.UNLIKE} (2 of 5 pages)" in printed
    flags = iter([False, True, False, True, False])
    request = Request((str(source),), tmp_path / "json", method="clahe")
    assert run(request, as_json=True) == 0
    (told,) = json.loads(capsys.readouterr().out)["files"]
    assert told["verdict"] == wording.UNLIKE
    assert told["verdicts"] == {wording.UNLIKE: 2, wording.LIKE: 3}


def test_what_is_said_of_all_pages_is_said_once(tmp_path, capsys):
    """Steep edges: each page is told to be sharp already, with a width of its own."""
    rng = np.random.default_rng(0)
    steps = [
        gaussian_filter(60 + 120.0 * np.kron(rng.random((10, 10)) > 0.5, np.ones((30, 30))), 0.3 * number)
        for number in (1, 2, 3)
    ]
    steps = [np.uint8(one + rng.normal(0, 1, one.shape)) for one in [*steps, steps[0]]]
    source = write_stack(tmp_path / "in" / "s.tif", *steps)
    restore([source], tmp_path / "out")
    printed = capsys.readouterr().out
    assert printed.count("already sharp") == 1 and "(likewise pages " in printed
    told = account(tmp_path / "out" / "s.tif.json")
    assert sum(warning["code"] == "already-sharp" for warning in told["warnings"]) == 1
    assert [[w["code"] for w in page["warnings"]] for page in told["pages"]] == [["already-sharp"]] * 4


def test_pages_of_several_detectors_are_told_apart(tmp_path, capsys):
    from semclear.tool import inspect

    source = tmp_path / "in" / "s.tif"
    source.parent.mkdir()
    with tifffile.TiffWriter(source) as tiff:
        for seed, detector in enumerate(("InLens", "SE2")):
            lines = ["0", "AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 10.00 nm"]
            lines += ["DP_DETECTOR_CHANNEL", f"Signal A = {detector}", ""]
            text = "\r\n".join(lines).encode("cp1252")
            tiff.write(levels(seed=seed), metadata=None, extratags=[(34118, "s", 0, text, True)])
    assert restore([source], tmp_path / "out", report=tmp_path / "r.html") == 0
    told = account(tmp_path / "out" / "s.tif.json")
    assert [page["metadata"]["detector"] for page in told["pages"]] == ["InLens", "SE2"]
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "s.tif, page 1, InLens" in page and "s.tif, page 2, SE2" in page
    capsys.readouterr()
    settings = {"model": None, "quick": True, "databar": None, "to_gray": False, "backend": "auto"}
    inspect.run([str(source)], **settings, as_json=False)
    printed = capsys.readouterr().out
    assert "detector, page 1  " in printed and "detector, page 2  " in printed


def test_stretching_is_that_of_the_range(tmp_path):
    """As by hand: 0.2 is black, 0.8 white."""
    values = np.random.default_rng(0).uniform(0.3, 0.7, (40, 50)).astype(np.float32)
    source = write_tiff(tmp_path / "in" / "f.tif", values)
    restore([source], tmp_path / "out", grey_range=(0.2, 0.8))
    expected = 0.2 + 0.6 * contrast.percentile_stretch((values - 0.2) / 0.6, **STRETCH)
    np.testing.assert_allclose(tifffile.imread(tmp_path / "out" / "f.tif"), expected, atol=1e-5)
