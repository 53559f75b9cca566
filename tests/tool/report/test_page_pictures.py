"""What the report's pictures are made of: PNG, colours, means over areas, scale bars and words."""

import cv2
import matplotlib
import numpy as np
import pytest
from PIL import Image

from semclear.restoration.checks.trust_flag import LOOKED_AT, Family, Verdict
from semclear.tool.report import colours, png, reduction
from semclear.tool.report.scale_bar import label, scale_bar
from semclear.tool.verdict import explanations, wording


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (17, 31), (64, 64)])
def test_png_gray_is_lossless(shape):
    levels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    encoded = np.frombuffer(png.encode(levels), np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), levels)


def test_png_palette_keeps_indices(tmp_path):
    rng = np.random.default_rng(0)
    # A smooth picture, so that all three filters are used.
    levels = np.cumsum(rng.integers(0, 3, (40, 50)), axis=1).astype(np.uint8)
    palette = rng.integers(0, 256, (256, 3), np.uint8)
    (tmp_path / "p.png").write_bytes(png.encode(levels, palette))
    with Image.open(tmp_path / "p.png") as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), levels)
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), palette[levels])


def test_png_of_a_smooth_picture_is_small():
    ramp = np.add.outer(np.arange(200), np.arange(200)).astype(np.uint8)
    assert len(png.encode(ramp)) < 2000


@pytest.mark.parametrize(
    ("anchors", "name"), [(colours.VIRIDIS, "viridis"), (colours.PURPLE_ORANGE, "PuOr_r")]
)
def test_colours_are_those_of_matplotlib(anchors, name):
    places = np.linspace(0, 1, 256)
    expected = 255 * matplotlib.colormaps[name](places)[:, :3]
    assert np.abs(colours.along(anchors, places) - expected).max() < 6


def test_magnitude_gives_the_values_back():
    values = np.random.default_rng(0).exponential(0.01, (50, 60))
    made = colours.magnitude(values)
    back = made.black + (made.white - made.black) * made.indices / 255
    assert np.abs(back - values).max() <= values.max() / 255 / 2 + 1e-12
    # 99.5 % lie below 5.3 hundredths: 13.5 levels, and 20 is the next round number.
    assert 255 * np.quantile(values, 0.995) == pytest.approx(13.5, abs=1.5)
    assert (made.low, made.high) == (0, 20)
    assert tuple(made.palette[-1]) == (0xFD, 0xE7, 0x25)


def test_difference_keeps_zero_and_sign():
    values = np.array([[-0.1, 0.0, 0.1, 0.06]])
    made = colours.difference(values)
    assert made.indices.tolist() == [[1, 128, 255, 204]]  # 127 * 0.6 = 76.2
    assert made.black + (made.white - made.black) * 128 / 255 == pytest.approx(0, abs=1e-12)
    assert tuple(made.palette[128]) == (0xF7, 0xF7, 0xF7)
    assert made.palette[1][2] > made.palette[1][0] and made.palette[255][0] > made.palette[255][2]


@pytest.mark.parametrize("scale", [colours.magnitude, colours.difference])
def test_an_empty_map_is_no_alarm(scale):
    made = scale(np.zeros((4, 4)))
    assert (
        made.black + (made.white - made.black) * made.indices / 255 == pytest.approx(0)
    ) and made.high == 1


def test_reduction_is_the_mean_over_areas():
    image = np.random.default_rng(0).random((30, 50))
    np.testing.assert_allclose(
        reduction.reduced(image, (10, 25)), image.reshape(10, 3, 25, 2).mean(axis=(1, 3))
    )
    # Sides that do not divide: OpenCV's INTER_AREA is the same mean.
    expected = cv2.resize(image, (37, 13), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(reduction.reduced(image, (13, 37)), expected, atol=1e-6)
    np.testing.assert_array_equal(reduction.reduced(image, (30, 50)), image)


def test_shown_shapes():
    assert reduction.shown_shape((2048, 1000), 2048) == (2048, 1000)
    assert reduction.shown_shape((8192, 4096), 2048) == (2048, 1024)
    assert reduction.shown_shape((3, 9000), 2048) == (1, 2048)
    assert reduction.side_for(1) == 2048 and reduction.side_for(10_000) == 512
    assert 512 < reduction.side_for(100) < 2048


@pytest.mark.parametrize(
    ("width", "pixel", "length", "text"),
    [
        (1024, 3.4, 500, "500 nm"),  # field 3481.6 nm, a quarter 870
        (1024, 1.0, 200, "200 nm"),  # a quarter is 256
        (1280, 100.0, 20_000, "20 µm"),  # a quarter is 32 µm
        (800, 5000.0, 1_000_000, "1 mm"),  # exactly a quarter
        (64, 0.02, 0.2, "200 pm"),  # a quarter is 0.32 nm
    ],
)
def test_scale_bar_by_hand(width, pixel, length, text):
    bar = scale_bar(width, pixel)
    assert bar.length_nm == pytest.approx(length) and bar.label == text
    assert bar.share * width * pixel == pytest.approx(length)


def test_scale_bar_is_round_and_long_enough():
    for pixel in np.geomspace(1e-3, 1e5, 200):
        bar = scale_bar(777, float(pixel))
        assert 0.1 - 1e-9 <= bar.share <= 0.25 + 1e-9  # from 2 to 5 is the longest step
        assert f"{bar.length_nm:.6e}"[0] in "125"
        assert label(bar.length_nm) == bar.label


def test_every_figure_of_the_flag_is_explained():
    assert set(LOOKED_AT) <= set(explanations.MEANINGS)


def test_figures_in_words():
    rows = explanations.rows(
        {"input_noise": 0.02, "mystery": 12.0, "trust_flag": 1.0}, {"input_noise": (0.03, 0.05)}
    )
    noise = rows[explanations.INPUT][0]
    assert (noise.value, noise.usual, noise.beyond) == ("5.1 levels", "7.65 to 12.8 levels", "below")
    assert [row.name for row in rows[explanations.OTHER]] == ["mystery"]
    assert set(rows) == {explanations.INPUT, explanations.OTHER}
    assert explanations.written("input_axes", -0.0123) == "−0.0123"
    assert explanations.written("read_sigma", 1.234) == "1.23 pixels"


def test_verdict_of_a_real_family():
    rng = np.random.default_rng(0)
    family = Family([{"input_noise": float(v)} for v in rng.uniform(0.02, 0.03, 60)], 0.05)
    limits = {name: tuple(ends) for name, ends in family.limits().items()}
    for noise, kind in ((0.2, "raised"), (0.025, "quiet")):
        checks = {"input_noise": noise}
        judged = family.judge(checks)
        said = wording.words(judged, checks, limits)
        assert said.kind == kind
        assert ("Farthest out: Noise, 51 levels" in said.long) == (kind == "raised")


def test_verdict_without_a_family_or_a_figure():
    assert wording.words(None, {}, {}).kind == "unknown"
    said = wording.words(Verdict(True, 0.004, "read_sigma"), {}, {})
    assert "Blur, which could not be measured." in said.long and "fewer than 1 would be" in said.long


def test_the_page_has_the_words_of_the_terminal():
    shorts = [
        wording.words(None if flag is None else Verdict(flag, 0.5, ""), {}, {}, unchecked=names).short
        for flag, names in ((True, ()), (None, ()), (False, ("read_sigma",)), (False, ()))
    ]
    assert shorts == [wording.UNLIKE, wording.UNJUDGED, wording.PARTLY, wording.LIKE]
    partly = wording.words(Verdict(False, 1.0, ""), {}, {}, unchecked=("read_sigma", "redegradation_ratio"))
    assert partly.kind == "partly" and "could not be made (Blur, Unexplained rest)" in partly.long
    least = wording.words(Verdict(True, 0.0204, ""), {}, {}, least=0.0204)
    assert "at most 2 would be as far out" in least.long
