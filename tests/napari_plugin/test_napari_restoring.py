"""Layers restored without napari: numbers, data bar, stacks, progress, cancelling, choices and what is told."""

import numpy as np
import pytest
from micrograph_files import levels, picture, with_bar, write_tiff
from scipy.ndimage import uniform_filter

from semclear.errors import SemclearError
from semclear.io import read as original
from semclear.io.databar import Box
from semclear.io.write import write
from semclear.napari import model_choice, notices, reader, restore_layer
from semclear.napari.intensity import greys_of
from semclear.napari.model_choice import METHOD, MODEL, Choice, Loader
from semclear.napari.restore_layer import Cancelled, Source
from semclear.tool.verdict import wording


def ignore(done, total):
    pass


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_type_range_and_shape_are_kept(smoothing, dtype):
    top = 1.0 if dtype.startswith("float") else np.iinfo(dtype).max
    data = (picture() * top).astype(dtype)
    made = restore_layer.whole(Source("a", data), smoothing[1], ignore)
    assert made.data.dtype == dtype and made.data.shape == data.shape
    wanted = uniform_filter(data.astype(np.float64), 3, mode="reflect")
    tolerance = 2e-7 * top if dtype.startswith("float") else 0.51 + 1e-6 * top
    np.testing.assert_allclose(made.data, wanted, atol=tolerance)
    low, high = (data.min(), data.max()) if dtype.startswith("float") else (0, top)
    np.testing.assert_allclose(made.uncertainty, 0.5 * (float(high) - float(low)), rtol=1e-6)


def test_a_stack_is_restored_picture_by_picture_and_progress_rises(smoothing):
    data = np.stack([levels(seed=seed) for seed in range(6)]).reshape(2, 3, 64, 80)
    told = []
    made = restore_layer.whole(Source("a", data), smoothing[1], lambda done, total: told.append(done / total))
    for index in np.ndindex(2, 3):
        alone = restore_layer.whole(Source("a", data[index]), smoothing[1], ignore)
        np.testing.assert_array_equal(made.data[index], alone.data)
    assert len(made.judged) == 6
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1 and len(set(told)) > 6


def test_a_blank_picture_of_a_stack_is_left_as_it_is(smoothing):
    data = np.stack([levels(seed=1), np.full_like(levels(), 7), levels(seed=3)])
    made = restore_layer.whole(Source("a", data), smoothing[1], ignore)
    np.testing.assert_array_equal(made.data[1], data[1])
    np.testing.assert_array_equal(
        made.data[2], restore_layer.whole(Source("a", data[2]), smoothing[1], ignore).data
    )
    assert [one is None for one in made.judged] == [False, True, False] and not made.uncertainty[1].any()
    assert "left as it is: 2 (one grey value everywhere)" in notices.of_restored(
        made.judged, smoothing[1].engine
    )
    account = notices.account_of(made.judged, smoothing[1].engine, None)
    assert [page.get("left") for page in account["pages"]] == [None, "one grey value everywhere", None]
    with pytest.raises(SemclearError, match="one grey value everywhere"):
        restore_layer.whole(Source("a", np.full_like(data, 7)), smoothing[1], ignore)


def test_data_bar_and_frame_stay_as_they_were(smoothing, tmp_path):
    image = levels(size=(256, 256))
    image[224:] = 0
    image[230:250, 8:120] = np.where(np.random.default_rng(0).random((20, 112)) < 0.3, 255, 0)
    ((data, arguments, _),) = reader.read(str(write_tiff(tmp_path / "a.tif", image)))
    found = restore_layer.whole(Source("a", image), smoothing[1], ignore)
    read = restore_layer.whole(Source("a", data, arguments["metadata"]["semclear"]), smoothing[1], ignore)
    np.testing.assert_array_equal(found.data[224:], image[224:])
    np.testing.assert_array_equal(found.data, read.data)
    assert found.uncertainty[224:].max() == 0 < found.uncertainty[:224].min()
    assert smoothing[0].shapes == [(224, 256)] * 2
    given = restore_layer.whole(Source("a", image, bar=100), smoothing[1], ignore)
    np.testing.assert_array_equal(given.data[156:], image[156:])
    with pytest.raises(SemclearError, match="data bar: got 256"):
        restore_layer.whole(Source("a", image, bar=256), smoothing[1], ignore)


def test_a_preview_is_a_part_of_the_whole(smoothing):
    data = np.stack([levels(size=(600, 700), seed=seed) for seed in (1, 2)])
    whole = restore_layer.whole(Source("a", data), smoothing[1], ignore).data
    smoothing[0].shapes.clear()
    made = restore_layer.preview(Source("a", data), (1,), [[300, 100], [349, 179]], smoothing[1], ignore)
    assert made.exact and made.data.shape == (50, 80) and made.data.dtype == data.dtype
    np.testing.assert_array_equal(made.data, whole[1, 300:350, 100:180])
    ((height, width),) = smoothing[0].shapes
    assert height * width < 600 * 700 / 4  # the rest was not restored


def test_cancelling_stops_between_parts(smoothing):
    def stop(done, total):
        if done > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        restore_layer.whole(Source("a", np.stack([levels()] * 3)), smoothing[1], stop)
    assert len(smoothing[0].shapes) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (np.full((64, 64), np.nan, np.float32), "NaN"),
        (np.full((64, 64), 3, np.uint8), "one grey value"),
        (levels()[:12], "at least 16"),
        (levels().astype(np.int64), "got int64"),
        (levels() > 100, "got bool"),
    ],
)
def test_other_layers_are_refused_in_plain_words(smoothing, data, said):
    with pytest.raises(SemclearError, match=said):
        restore_layer.whole(Source("a", data), smoothing[1], ignore)


def test_ranges_are_those_of_the_command_line():
    twelve = (levels("uint16") >> 4).astype(np.uint16)
    assert (greys_of(twelve).low, greys_of(twelve).high) == (0, 4095)
    known = {"dtype": "uint16", "low": 0.0, "high": 65535.0}
    assert greys_of(twelve, known).high == 65535
    assert (
        greys_of(levels("uint16"), {**known, "high": 4095.0}).high == 65535
    )  # the numbers were changed since
    signed = np.array([[-5, 5]], np.int16)
    assert (greys_of(signed).low, greys_of(signed).high) == (-128, 127)
    ramp = np.arange(65536, dtype=np.uint16)
    greys = greys_of(ramp)
    np.testing.assert_array_equal(greys.back(greys.unit(ramp)), ramp)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_greys_between_two_numbers_become_those_of_a_written_file(tmp_path, dtype):
    path = write_tiff(tmp_path / "a.tif", levels(dtype))
    read = original.read(path)
    data, arguments, _ = reader.layer_of(read)
    greys = greys_of(data, arguments["metadata"]["semclear"])
    halves = (np.arange(data.size) % greys.high + 0.5).reshape(data.shape)
    image = (halves / greys.high).astype(np.float32)  # just below or above a half
    write(tmp_path / "b.tif", read, [image])
    np.testing.assert_array_equal(greys.back(image), original.read(tmp_path / "b.tif").pages[0].values)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize("given", ["found", "rows", "read"])
def test_the_bar_does_not_decide_the_range(smoothing, tmp_path, dtype, given):
    """As `semclear restore` takes a file of the same numbers, whether the bar is found, given, or read."""
    data = levels("uint16", size=(256, 256)) >> 4
    data[224:] = 0
    data[230:250, 8:120] = np.where(np.random.default_rng(0).random((20, 112)) < 0.3, 65535, 0)
    data = data.astype(dtype)
    stack = np.stack([data, data[:, ::-1]])
    ((read, arguments, _),) = reader.read(str(write_tiff(tmp_path / "a.tif", stack)))
    known = arguments["metadata"]["semclear"] if given == "read" else None
    source = Source("a", read, known, bar=32 if given == "rows" else None)
    greys = greys_of(source.data, source.known, restore_layer._boxes(source))
    picture = stack[:, :224]
    wanted = (0, 4095) if dtype == "uint16" else (picture.min(), picture.max())
    assert (greys.low, greys.high) == wanted == arguments["contrast_limits"]
    made = restore_layer.whole(source, smoothing[1], ignore)
    np.testing.assert_array_equal(made.data[:, 224:], stack[:, 224:])
    smooth = uniform_filter(picture[0].astype(np.float64), 3, mode="reflect")
    np.testing.assert_allclose(made.data[0, :224], smooth, atol=0.6)


@pytest.mark.parametrize(
    ("dtype", "top", "background", "ink"),
    [("uint16", 4000, 30000, 65535), ("float32", 1, 100, 255), ("float32", 1, -100, -255)],
)
def test_a_bar_far_beyond_the_picture_is_kept(smoothing, tmp_path, dtype, top, background, ink):
    """In the range of the picture alone, background and ink are one grey."""
    data = (levels("uint16", size=(230, 256)).astype(np.float64) / 65535 * top).astype(dtype)
    data[200:] = background
    data[206:224, 8:120] = np.where(np.random.default_rng(0).random((18, 112)) < 0.3, ink, background)
    made = restore_layer.whole(Source("a", data), smoothing[1], ignore)
    np.testing.assert_array_equal(made.data[200:], data[200:])
    assert made.data[:200].max() <= max(top, 4095 * (dtype == "uint16"))
    (page,) = original.read(write_tiff(tmp_path / "a.tif", data)).pages
    assert page.databar_rows == 30


def test_bars_and_frames_are_those_of_a_file(smoothing, tmp_path):
    """On every side."""
    data = levels("uint16", size=(200, 256)) >> 4
    for side in ("bottom", "top", "left"):
        data = np.round(with_bar(data, ink=4095, side=side)).astype(np.uint16)
    (page,) = original.read(write_tiff(tmp_path / "a.tif", data)).pages
    assert page.box == Box(24, 24, 256, 200)
    source = Source("a", data)
    assert restore_layer._boxes(source) == {(): page.box}
    made = restore_layer.whole(source, smoothing[1], ignore).data
    kept = np.ones(data.shape, bool)
    page.box.of(kept)[...] = False
    np.testing.assert_array_equal(made[kept], data[kept])


@pytest.mark.parametrize("blank", [65535, 0])
def test_a_blank_picture_decides_nothing_as_in_a_file(smoothing, tmp_path, blank):
    data = np.stack([levels("uint16") >> 4, np.full((64, 80), blank, np.uint16)])
    source = Source("a", data)
    read = original.read(write_tiff(tmp_path / "a.tif", data, photometric="minisblack"))
    greys = greys_of(data, None, restore_layer._boxes(source))
    assert (greys.low, greys.high) == (read.low, read.high) == (0, 4095)
    made = restore_layer.whole(source, smoothing[1], ignore)
    np.testing.assert_array_equal(made.data[1], data[1])
    assert made.judged[1] is None and made.notes[0].startswith("16-bit layer with values up to ")


def test_a_doubtful_range_is_told_once(smoothing, tmp_path):
    data = levels("uint16") >> 4
    data[:2, :10] = 65535
    made = restore_layer.whole(Source("a", data), smoothing[1], ignore)
    assert made.notes == (
        "20 of 5120 pixels are far beyond 4095 (12 bits): 0 to 65535 became 0 to 1; if 4095 is white, restore the "
        "file by semclear restore --range 0 4095",
    )
    ((read, arguments, _),) = reader.read(str(write_tiff(tmp_path / "a.tif", data)))
    known = arguments["metadata"]["semclear"]
    assert any("give --range 0 4095" in note for note in known["notes"])
    assert restore_layer.whole(Source("a", read, known), smoothing[1], ignore).notes == ()
    floats = restore_layer.whole(Source("a", picture()), smoothing[1], ignore).notes
    assert "its own range" in floats[0] and "were stretched" in floats[1]


def test_models_come_first_then_classical_methods(tmp_path):
    folder = tmp_path / "results" / "models"
    folder.mkdir(parents=True)
    (folder / "mine.semclear").write_bytes(b"")
    (folder / "mine.onnx").write_bytes(b"")
    (folder / "other.onnx").write_bytes(b"")
    found = dict(model_choice.choices(tmp_path))
    assert found["mine (ONNX)"] == Choice(MODEL, str(folder / "mine.onnx"))
    assert found["other (ONNX)"] == Choice(MODEL, str(folder / "other.onnx"))
    assert found["mine"] == Choice(MODEL, str(folder / "mine.semclear"))
    assert found["clahe (classical)"] == Choice(METHOD, "clahe")
    assert list(found).index("mine") < list(found).index("clahe (classical)")


def test_a_model_is_loaded_once_and_gives_what_the_api_gives(tmp_path):
    pytest.importorskip("keras")
    from tiny_model import MODEL, SIZE, write_release

    import semclear
    from semclear.restoration.tiled import receptive_field

    path = write_release(tmp_path / "tiny.semclear")
    load, choice = Loader(), Choice(MODEL, str(path))
    loaded = load(choice)
    assert load(choice) is loaded and load(choice, ensembling=False) is not loaded
    assert (loaded.grid.multiple, loaded.grid.reach) == (4, receptive_field.radius_of(SIZE, MODEL))
    made = restore_layer.whole(Source("a", levels()), loaded, ignore)
    api = semclear.load(path).inspect(levels())
    np.testing.assert_array_equal(made.data, api.image)
    np.testing.assert_allclose(made.uncertainty, api.uncertainty, rtol=1e-6)
    text = notices.of_restored(made.judged, loaded.engine, ["a <note>"])
    assert wording.LIKE in text and "invent" in text and "a &lt;note&gt;" in text
    assert all(warning.split("<")[0] in text for warning in api.warnings)
    account = notices.account_of(made.judged, loaded.engine, {"file": "a.tif"})
    assert account["model"]["name"] == "tiny" and account["pages"][0]["flag"]["raised"] is False
    with pytest.raises(SemclearError, match="memory"):
        load(choice, memory="much")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(SemclearError):
        load(choice)


def test_an_exported_model_is_loaded_and_gives_what_its_bundle_gives(tmp_path):
    pytest.importorskip("keras")
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package, reason='needs the extra: pip install "semclear[onnx]"')
    from tiny_model import write_release

    from semclear.export import export

    bundle = write_release(tmp_path / "tiny.semclear")
    file = export.export(bundle, "onnx", tmp_path / "alone.onnx", check=False).path
    by_bundle, alone = (Loader()(Choice(MODEL, str(path))) for path in (bundle, file))
    assert alone.grid == by_bundle.grid and alone.engine.record["backend"] == "onnxruntime"
    source = Source("a", levels())
    found = [restore_layer.whole(source, loaded, ignore).data for loaded in (by_bundle, alone)]
    np.testing.assert_allclose(found[1].astype(int), found[0].astype(int), atol=1)


def test_raised_flags_of_a_stack_come_first(smoothing):
    import dataclasses

    made = restore_layer.whole(Source("a", np.stack([levels()] * 3)), smoothing[1], ignore)
    raised = dataclasses.make_dataclass("V", ["flag", "p", "check"])(True, 0.01, "")
    judged = [*made.judged[:2], dataclasses.replace(made.judged[2], verdict=raised)]
    text = notices.of_restored(judged, smoothing[1].engine)
    assert text.index(f"picture 3: {wording.UNLIKE}") < text.index(f"picture 1: {wording.UNJUDGED}")
    preview = restore_layer.preview(Source("a", levels()), (), [[0, 0], [9, 9]], smoothing[1], ignore)
    assert notices.EXACT in notices.of_preview(preview, smoothing[1].engine)
