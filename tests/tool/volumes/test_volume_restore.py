"""`semclear restore` of OME-Zarr volumes: as of the same planes in a TIFF, with the metadata carried over."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import tiny_model
import volumes_on_disk

from semclear.errors import SemclearError
from semclear.io.volumes import output, stored
from semclear.restoration import classical_defaults
from semclear.tool.restore import engine as engines
from semclear.tool.restore.request import Request, plan_of
from semclear.tool.restore.run import run
from semclear.tool.volumes import journal, restore, work

zarr = pytest.importorskip("zarr")
pytest.importorskip("ome_zarr")
pytestmark = pytest.mark.extras

FAST = "percentile-stretch"


def planes(count=2, height=120, width=150, dtype=np.uint16):
    pictures = np.stack([volumes_on_disk.picture(height, width, seed) for seed in range(count)])
    return (pictures * (4095 if dtype == np.uint16 else 255)).round().astype(dtype)


def level(path, number=0):
    return zarr.open_group(str(path), mode="r")[str(number)][...]


def attributes(path):
    found = zarr.open_group(str(path), mode="r").attrs.asdict()
    return found, found.get("ome", found)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_volume_becomes_what_its_planes_become_as_tiff(tmp_path, version, capsys):
    values = planes()
    source = volumes_on_disk.write(tmp_path / "v.zarr", values, version, omero={"channels": []})
    tifffile.imwrite(tmp_path / "v.tif", values, photometric="minisblack")
    assert run(Request((str(source),), tmp_path / "out.zarr", method="nlm-rows")) == 0
    said = capsys.readouterr().out
    assert run(Request((str(tmp_path / "v.tif"),), tmp_path / "tif", method="nlm-rows")) == 0
    assert np.array_equal(level(tmp_path / "out.zarr"), tifffile.imread(tmp_path / "tif" / "v.tif"))
    assert "page 1 (z=0)" in said and "page 2 (z=1)" in said and "4 nm" in said
    whole, ome = attributes(tmp_path / "out.zarr")
    image = ome["multiscales"][0]
    assert [axis["name"] for axis in image["axes"]] == ["z", "y", "x"]
    assert {axis["unit"] for axis in image["axes"]} == {"nanometer"}
    assert image["datasets"][0]["coordinateTransformations"] == [{"type": "scale", "scale": [10.0, 4.0, 4.0]}]
    assert ome["omero"] == {"channels": []} and whole["semclear"]["method"] == "nlm-rows"
    assert zarr.open_group(str(tmp_path / "out.zarr")).metadata.zarr_format == (2 if version == "0.4" else 3)
    account = json.loads((tmp_path / "out.zarr.json").read_text(encoding="utf-8"))
    beside = json.loads((tmp_path / "tif" / "v.tif.json").read_text(encoding="utf-8"))
    for page, other in zip(account["pages"], beside["pages"], strict=True):
        assert page["trust"] == pytest.approx(other["trust"], rel=1e-4, abs=1e-6)
    assert account["input"]["pixel_size_nm"] == 4.0 and account["input"]["plane_distance_nm"] == 10.0
    assert not list(tmp_path.glob(".*"))


def test_a_model_restores_a_volume_as_it_does_a_tiff(tmp_path):
    values = planes(1, dtype=np.uint8)
    model = tiny_model.write_release(tmp_path / "tiny.semclear")
    source = volumes_on_disk.write(tmp_path / "v.zarr", values)
    tifffile.imwrite(tmp_path / "v.tif", values, photometric="minisblack")
    words = (str(source), str(tmp_path / "v.tif"))
    assert run(Request(words, tmp_path / "out", model=str(model), threads=1)) == 0
    made, known = level(tmp_path / "out" / "v.zarr")[0], tifffile.imread(tmp_path / "out" / "v.tif")
    # Half a level may be rounded either way.
    assert np.abs(made.astype(int) - known).max() <= 1 and np.count_nonzero(made != known) < 20


def test_pages_that_are_not_wanted_and_blank_ones_stay_as_stored(tmp_path):
    values = planes(4)
    values[2] = 7
    source = volumes_on_disk.write(tmp_path / "v.zarr", values)
    assert run(Request((str(source),), tmp_path / "o", method=FAST, pages="2-3")) == 0
    made = level(tmp_path / "o" / "v.zarr")
    same = [np.array_equal(one, other) for one, other in zip(made, values, strict=True)]
    assert same == [True, False, True, True]


def test_a_range_that_is_given_is_taken(tmp_path):
    values = planes(1)
    source = volumes_on_disk.write(tmp_path / "v.zarr", values)
    assert run(Request((str(source),), tmp_path / "o", method=FAST, grey_range=(1000.0, 2000.0))) == 0
    account = json.loads((tmp_path / "o" / "v.zarr.json").read_text(encoding="utf-8"))
    assert (account["input"]["low"], account["input"]["high"]) == (1000.0, 2000.0)
    assert account["input"]["range_from"] == "--range"
    assert level(tmp_path / "o" / "v.zarr").min() >= 1000


def notes(path):
    account = json.loads(path.read_text(encoding="utf-8"))
    return [one["text"] for one in account["warnings"] if one["code"] == "note"]


def test_a_doubtful_range_is_named_as_of_a_file(tmp_path):
    """Hot pixels, more than decide nothing and fewer than a picture has, on several chunks of one plane."""
    values = planes(2)
    values[1, 65:75, 85:95] = 65535
    source = volumes_on_disk.write(tmp_path / "v.zarr", values)
    tifffile.imwrite(tmp_path / "v.tif", values, photometric="minisblack")
    for path, out in ((source, "o"), (tmp_path / "v.tif", "tif")):
        assert run(Request((str(path),), tmp_path / out, method=FAST)) == 0
    said = notes(tmp_path / "o" / "v.zarr.json")
    assert said == [
        "100 of 36000 pixels are far beyond 4095 (12 bits): 0 to 65535 became 0 to 1; if 4095 is white, give "
        "--range 0 4095"
    ]
    assert said[0] in notes(tmp_path / "tif" / "v.tif.json")
    given = Request((str(source),), tmp_path / "given", method=FAST, grey_range=(0.0, 4095.0))
    assert run(given) == 0
    assert notes(tmp_path / "given" / "v.zarr.json") == [
        "0 to 4095 became 0 to 1, as given; 100 pixels beyond became black or white"
    ]


def test_a_plane_of_one_grey_in_the_range_is_left_as_a_page_is(tmp_path, capsys):
    values = planes(3, dtype=np.uint8)
    values[1] = 200 + values[1] // 8
    source = volumes_on_disk.write(tmp_path / "v.zarr", values)
    tifffile.imwrite(tmp_path / "v.tif", values, photometric="minisblack")
    for path, out in ((source, "o"), (tmp_path / "v.tif", "tif")):
        assert run(Request((str(path),), tmp_path / out, method=FAST, grey_range=(0.0, 200.0))) == 0
    made = level(tmp_path / "o" / "v.zarr")
    assert np.array_equal(made, tifffile.imread(tmp_path / "tif" / "v.tif"))
    assert np.array_equal(made[1], values[1]) and not np.array_equal(made[0], values[0])
    said = notes(tmp_path / "o" / "v.zarr.json")
    assert said[-1] == "page 2 of one grey value in that range: left as stored"
    assert said[-1] in notes(tmp_path / "tif" / "v.tif.json")
    assert run(Request((str(source),), tmp_path / "b", method=FAST, grey_range=(0.0, 200.0), pages="2")) == 1
    assert "got nothing to restore (page 2: one grey value everywhere" in capsys.readouterr().out


def test_what_exists_is_left_refused_or_replaced(tmp_path):
    source = volumes_on_disk.write(tmp_path / "v.zarr", planes(1))
    words, out = (str(source),), tmp_path / "out.zarr"
    assert run(Request(words, out, method=FAST)) == 0
    before = level(out)
    with pytest.raises(SemclearError, match="exist already"):
        run(Request(words, out, method=FAST))
    assert plan_of(Request(words, out, method=FAST, skip_existing=True)).places == {}
    assert run(Request(words, out, method=FAST, changes=("brightest=0.5",), overwrite=True)) == 0
    assert not np.array_equal(level(out), before)
    with pytest.raises(SemclearError, match="the input itself"):
        run(Request(words, source, method=FAST, overwrite=True))


def test_a_dry_run_writes_nothing(tmp_path, capsys):
    source = volumes_on_disk.write(tmp_path / "v.zarr", planes(2))
    assert run(Request((str(source),), tmp_path / "out.zarr", method=FAST, dry_run=True)) == 0
    assert "150 x 120 x 2 pages" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"v.zarr"}


def test_a_run_that_was_stopped_leaves_nothing_whole_and_goes_on(tmp_path):
    source = volumes_on_disk.write(tmp_path / "v.zarr", planes(3))
    place, request = tmp_path / "out.zarr", Request((str(source),), tmp_path / "out.zarr", method=FAST)
    made = engines.of_classical(FAST)

    def stop(done, total):
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore.restore(source, place, request, made, stop)
    assert not place.exists() and journal.folder_of(place).is_dir()
    (notes,) = journal.folder_of(place).glob("*/plane1.json")
    noted = notes.read_text(encoding="utf-8")
    notes.write_text(noted.replace('"seconds": ', '"seconds": 1234'), encoding="utf-8")
    done = restore.restore(source, place, request, made, lambda done, total: None)
    assert done.record["pages"][0]["seconds"] >= 1234  # which was not made again
    assert place.is_dir() and not journal.folder_of(place).exists()
    clean = tmp_path / "clean.zarr"
    restore.restore(source, clean, request, made, lambda done, total: None)
    assert all(np.array_equal(level(place, number), level(clean, number)) for number in range(1))


def test_other_settings_start_anew(tmp_path):
    with journal.opened(tmp_path / "a.zarr", {"range": 1}) as first:
        first.begin()
        first.block_done(1, 0, {"changes": [1.0]})
        assert first.blocks(1) == {0: {"changes": [1.0]}}
        with (
            pytest.raises(SemclearError, match="another run"),
            journal.opened(tmp_path / "a.zarr", {"range": 1}),
        ):
            pass
    with pytest.raises(ZeroDivisionError), journal.opened(tmp_path / "a.zarr", {"range": 1}) as first:
        first.begin()
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), journal.opened(tmp_path / "a.zarr", {"range": 1}) as again:
        assert again.goes_on
        raise ZeroDivisionError
    with journal.opened(tmp_path / "a.zarr", {"range": 2}) as other:
        assert not other.goes_on


def test_blocks_in_any_order_make_the_plane_and_its_smaller_levels(tmp_path):
    values = planes(1, 1100, 1150, np.uint8)
    volume = stored.open_volume(volumes_on_disk.write(tmp_path / "v.zarr", values, chunks=(1, 256, 256)))
    target = tmp_path / "t"
    output.create(target, volume)
    job = work.Job(volume.path, target, tmp_path, 0.0, 255.0, 1024, 2**30, 2**22)
    engine = engines.of_classical(FAST)
    facts = work.look(engine, job, 1)
    places = job.places(volume)
    sums = [work.block(engine, job, 1, place, facts)["changes"] for place in reversed(range(len(places)))]
    assert len(places) == 4
    told = work.close(engine, job, 1, facts, {"changes": np.sum(sums, axis=0).tolist()}, 0.0)
    parameters = classical_defaults.parameters_of(FAST)
    whole = classical_defaults.ClassicalRestorer(FAST, parameters).inspect(values[0].astype(np.float32) / 255)
    made = level(target)[0]
    assert np.array_equal(made, np.floor(whole.image * np.float32(255) + np.float32(0.5)).astype(np.uint8))
    assert told["record"]["trust"]["input_noise"] == pytest.approx(whole.checks["input_noise"], rel=1e-5)
    for number in (1, 2):
        height, width = (side // 2 for side in made.shape)
        cut = made[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))
        made = np.floor(cut + 0.5).astype(np.uint8)
        assert np.array_equal(level(target, number)[0], made)
    assert output.sides(1100, 1150)[-1] == (275, 287)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"region": (0, 0, 20, 20)}, "--region"),
        ({"crop_databar": True}, "--crop-databar"),
        ({"report": Path("r.html")}, "--report"),
        ({"method": "clahe", "memory": "1GB"}, "whole picture"),
    ],
)
def test_options_that_volumes_have_not_are_refused(tmp_path, more, said):
    source = volumes_on_disk.write(tmp_path / "v.zarr", planes(1, 20, 20))
    with pytest.raises(SemclearError, match=said):
        plan_of(Request((str(source),), tmp_path / "o", **{"method": FAST} | more))


def test_a_cluster_is_for_volumes_and_has_to_answer(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 20), np.uint8))
    with pytest.raises(SemclearError, match="volumes alone"):
        plan_of(Request((str(tmp_path / "a.tif"),), tmp_path / "o", method=FAST, cluster="tcp://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("values", "version", "said"),
    [
        (np.zeros((1, 20, 20), np.uint8), "0.5", "one grey value everywhere"),
        (np.zeros((1, 20, 20), np.uint32), "0.5", "uint32"),
        (np.zeros((1, 12, 20), np.uint8), "0.4", "16 x 16"),
    ],
)
def test_what_cannot_be_restored_is_told_in_one_line(tmp_path, capsys, values, version, said):
    source = volumes_on_disk.write(tmp_path / "v.zarr", values, version)
    assert run(Request((str(source),), tmp_path / "o", method=FAST)) == 1
    assert said in capsys.readouterr().out


def test_a_group_that_is_no_image_is_told(tmp_path, capsys):
    zarr.open_group(str(tmp_path / "v.zarr"), mode="w").attrs["bioformats2raw.layout"] = 3
    assert run(Request((str(tmp_path / "v.zarr"),), tmp_path / "o", method=FAST)) == 1
    assert "name one of them" in capsys.readouterr().out
