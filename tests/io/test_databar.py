"""Data bars drawn here in the manner of several vendors are cut to the row; pictures without one are left alone."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from semclear.io import databar
from semclear.io.read_single import read

HEIGHT, WIDTH = 480, 640
IMAGES = os.environ.get("SEMCLEAR_SEM_IMAGES")
needs_images = pytest.mark.skipif(
    not IMAGES, reason="SEMCLEAR_SEM_IMAGES is not set: no folder of real micrographs to look at"
)


def picture(seed: int, brightness: float = 0.4, noise: float = 0.03) -> np.ndarray:
    """Blobs and noise, (HEIGHT, WIDTH), 8 bit."""
    rng = np.random.default_rng(seed)
    blobs = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)), (0, 0), 8)
    image = brightness * (1 + 0.4 * blobs / blobs.std()) + noise * rng.standard_normal(blobs.shape)
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)


def bar(rows: int, width: int, background: int, ink: int, ruled: bool = False) -> np.ndarray:
    """Two lines of writing and a scale bar on one grey."""
    drawn = np.full((rows, width), background, np.uint8)
    scale = rows / 56
    for line, text in enumerate(("15.0 kV  WD 10.2 mm  SE", "x20,000   2024-03-18")):
        cv2.putText(
            drawn, text, (8, int((22 + 26 * line) * scale)), cv2.FONT_HERSHEY_SIMPLEX, 0.7 * scale, ink, 1
        )
    cv2.rectangle(drawn, (int(0.7 * width), int(0.3 * rows)), (int(0.9 * width), int(0.36 * rows)), ink, -1)
    if ruled:
        drawn[[0, -1]] = ink
        drawn[:, [0, width // 2, -1]] = ink
    return drawn


def as_float(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float32) / np.float32(255)


@pytest.mark.parametrize("rows", [24, 40, 56, 90])
@pytest.mark.parametrize(("background", "ink"), [(0, 255), (255, 0), (64, 230), (20, 255)])
@pytest.mark.parametrize("ruled", [False, True])
def test_bar_below_the_picture(rows, background, ink, ruled):
    image = as_float(np.vstack([picture(rows), bar(rows, WIDTH, background, ink, ruled)]))
    assert databar.rows(image) == rows
    assert databar.cut(image).shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize("quality", [95, 70])
def test_bar_after_jpeg(quality):
    whole = np.vstack([picture(5), bar(56, WIDTH, 0, 255)])
    stored = cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    assert databar.rows(as_float(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE))) == 56


def test_bar_laid_over_the_picture():
    image = picture(6)
    image[400:460, 40:600] = bar(60, 560, 0, 255)
    assert databar.rows(as_float(image)) == HEIGHT - 400


def test_bar_below_a_dark_picture():
    image = as_float(np.vstack([picture(7, brightness=0.03, noise=0.01), bar(56, WIDTH, 0, 255)]))
    assert databar.rows(image) == 56


def test_frame_and_bar_are_cut_by_the_box():
    whole = np.vstack([picture(8), bar(50, WIDTH, 0, 255, ruled=True)])
    whole[:2], whole[:HEIGHT, :1], whole[:HEIGHT, -1:] = 85, 85, 85
    whole[:2, [0, -1]] = 85
    assert databar.box(as_float(whole)) == databar.Box(1, 2, WIDTH - 2, HEIGHT - 2)


def test_a_saturated_edge_is_no_frame():
    whole = picture(11)
    whole[:12] = 0
    assert databar.box(as_float(whole)) == databar.Box(0, 0, WIDTH, HEIGHT)


def test_common_part_of_two_boxes():
    assert databar.Box(0, 2, 10, 20).common(databar.Box(3, 0, 20, 12)) == databar.Box(3, 2, 7, 10)


def test_pictures_without_bar_are_whole():
    plain = picture(9)
    resin = plain.copy()
    resin[400:] = 0  # saturated below a straight interface, nothing written there
    slanted = plain.copy()
    slanted[np.arange(HEIGHT)[:, None] > 380 + 0.1 * np.arange(WIDTH)[None]] = 0
    slanted[450:455, 100:105] = 255
    layered = plain.copy()
    layered[400:] = np.clip(picture(10, brightness=0.9) + 0.0, 0, 255)[400:]
    for image in (plain, resin, slanted, layered, 255 - plain, plain[:60], plain[:, :50]):
        assert databar.rows(as_float(image)) == 0
    whole = databar.box(as_float(plain))
    assert whole == databar.Box(0, 0, WIDTH, HEIGHT)


def test_tiny_and_constant_images_have_no_bar():
    for shape in ((1, 1), (8, 8), (40, 40)):
        assert databar.rows(np.full(shape, 0.5, np.float32)) == 0


@needs_images
def test_real_bars_are_found_to_the_row():
    folder = Path(IMAGES or "") / "vendor_tiff"
    first_rows = {
        "JEOL_1280x1024_databar_A01-1.bmp": 960,
        "JEOL_1280x1024_databar_palette_B02-1.bmp": 960,
        "FEI_databar_jpeg_MV_HFV_012.jpg": 884,
        "FEI_Quanta_line50x_050.tif": 441,
        "FEI_Sirion_SFEG_R5K3Me3_3-3.TIF": 423,
        "Hitachi_thumb_RGBA.tif": 225,
    }
    assert {name: len(databar.cut(read(folder / name).image)) for name in first_rows} == first_rows


@needs_images
def test_no_row_of_a_real_picture_without_bar_is_cut():
    """Nor on another side, nor beside a bar that is drawn to it."""
    paths = sorted(path for name in ("sharp", "blurry") for path in (Path(IMAGES or "") / name).glob("*.png"))
    assert paths
    for path in paths:
        image = read(path).image
        height, width = image.shape
        whole = databar.Box(0, 0, width, height)
        assert databar.box(image) == whole, path.name
        assert databar.found([(image, image)]) == databar.Bars(0, (), whole), path.name
        barred = np.vstack([image, as_float(bar(56, width, 0, 255))])
        assert databar.found([(barred, barred)]) == databar.Bars(56, (), whole), path.name
