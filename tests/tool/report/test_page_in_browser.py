"""The report as a person uses it: opened in headless Chromium, with mouse and keyboard."""

import base64
import csv
import io
import re

import chromium
import numpy as np
import pytest
from report_entry import make_entry

from semclear.restoration.checks.trust_flag import Verdict
from semclear.restoration.checks.uncertainty import FLOOR
from semclear.tool.report import page
from semclear.tool.report.entry import Entry
from semclear.tool.report.scale_bar import scale_bar
from semclear.tool.verdict.cautions import Caution

pytestmark = chromium.needs_chromium

SHAPE = (60, 80)
PIXEL = 2.5
FACTOR = 3.0
VISIBLE = "(e) => getComputedStyle(e).visibility === 'visible'"
HOSTILE = '<script>window.hacked = 1</script>"><img src=x onerror="window.hacked = 2"> Größe µ'


def scene() -> Entry:
    rng = np.random.default_rng(3)
    before = (0.2 + 0.05 * rng.random(SHAPE)).astype(np.float32)
    after = (0.7 + 0.2 * rng.random(SHAPE)).astype(np.float32)
    return make_entry(
        HOSTILE,
        before,
        after,
        uncertainty=(0.03 * rng.random(SHAPE)).astype(np.float32),
        residual=(0.1 * (rng.random(SHAPE) - 0.5)).astype(np.float32),
        interval_factor=FACTOR,
        pixel_size_nm=PIXEL,
        checks={"input_noise": 0.1, "redegradation_ratio": 1.1},
        verdict=Verdict(True, 0.02, "input_noise"),
        cautions=[Caution("grey-shift", HOSTILE)],
        facts={HOSTILE: HOSTILE},
    )


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    file = folder / "Bericht & Größe.html"
    plain = make_entry("plain", *(np.full((40, 900), grey, np.float32) for grey in (0.2, 0.8)))
    page.write(file, [scene(), plain], title=HOSTILE, side=300)
    with chromium.tab(folder / "profile") as tab:
        tab.open(file.as_uri())
        tab.wait("window.semclear && semclear.micrographs[0].course !== undefined")
        yield tab


@pytest.fixture
def tab(opened):
    opened.resize(1000, 1400)
    opened.value(
        "(() => { const { view } = semclear.micrographs[0]; view.zoomAt(1); view.split(50);"
        " document.querySelector('#m1 input[value=after]').click(); semclear.micrographs[0].choose(); })()"
    )
    opened.wait("performance.now() - View.scrolled > 300")
    return opened


def centre(box, x=0.5, y=0.5):
    return (box["x"] + x * box["width"], box["y"] + y * box["height"])


def matrix(tab, picture):
    text = tab.style(f"#m1 [data-picture={picture}] img", "transform")
    values = [float(value) for value in re.findall(r"-?[\d.]+(?:e-?\d+)?", text)]
    return values[0], values[4], values[5]


def clip(tab, picture="before"):
    return tab.style(f"#m1 [data-picture={picture}]", "clipPath")


def test_nothing_is_fetched_run_or_complained_about(tab):
    requests = [
        e["params"]["request"]["url"] for e in tab.events if e["method"] == "Network.requestWillBeSent"
    ]
    assert requests
    assert {url.split(":")[0] for url in requests} <= {"file", "data"}
    wrong = [e for e in tab.events if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
    assert wrong == []
    assert tab.value("window.hacked === undefined && document.scripts.length === 1")
    assert tab.value("document.title") == HOSTILE
    assert tab.value("document.querySelector('#m1 h2 bdi').textContent") == HOSTILE


def test_split_by_keyboard(tab):
    assert clip(tab) == "inset(0px 50% 0px 0px)" and clip(tab, "after") == "none"
    tab.value("document.querySelector('#m1 .split-input').focus()")
    tab.key("ArrowLeft", 37)
    assert clip(tab) == "inset(0px 50.5% 0px 0px)"
    tab.key("Home", 36)
    assert clip(tab) == "inset(0px 100% 0px 0px)"
    text = tab.value("document.querySelector('#m1 .split-input').getAttribute('aria-valuetext')")
    assert text == "0 % before, 100 % restored"


def test_split_by_mouse_and_what_is_seen(tab):
    box = tab.box("#m1 .stage")
    tab.drag(centre(box, 0.5, 0.25), centre(box, 0.2, 0.25))
    assert tab.value("+document.querySelector('#m1 .split-input').value") == pytest.approx(20, abs=0.5)
    seen = tab.screenshot().astype(float)
    row = int(centre(box, 0, 0.25)[1])
    left, right = (seen[row - 9 : row + 9, int(box["x"] + a * box["width"]) : int(box["x"] + b * box["width"])]
                   for a, b in ((0.02, 0.15), (0.3, 0.98)))  # fmt: skip
    assert left.mean() == pytest.approx(255 * 0.225, abs=3)
    assert right.mean() == pytest.approx(255 * 0.8, abs=3)


def test_wheel_zooms_both_pictures_in_step(tab):
    box = tab.box("#m1 .stage")
    tab.wait("performance.now() - View.scrolled > 300")
    at = [float(round(place)) for place in centre(box, 0.25, 0.5)]  # the event knows whole pixels alone
    across, down = (at[0] - box["x"]) / box["width"], (at[1] - box["y"]) / box["height"]
    tab.mouse("mouseWheel", *at, deltaX=0, deltaY=-200)
    tab.wait("semclear.micrographs[0].view.zoom > 1")
    zoom, x, y = matrix(tab, "before")
    assert (zoom, x, y) == pytest.approx(matrix(tab, "after"))
    assert zoom == pytest.approx(np.exp(2 / 3), rel=1e-4)
    # What was under the pointer still is.
    assert x == pytest.approx(across * box["width"] * (1 - zoom), rel=1e-3)
    assert y == pytest.approx(down * box["height"] * (1 - zoom), rel=1e-3)


def test_scale_bar_follows_the_zoom(tab):
    for zoom in (1, 2.7, 8):
        tab.value(f"semclear.micrographs[0].view.zoomAt({zoom})")
        expected = scale_bar(SHAPE[1] / zoom, PIXEL)
        assert tab.value("document.querySelector('#m1 .scale-bar b').textContent") == expected.label
        width = tab.box("#m1 .scale-bar i")["width"]
        # A pixel is as wide on the screen as the picture's width over its columns, times the zoom.
        nm = width / (tab.box("#m1 .stage")["width"] / SHAPE[1] * zoom) * PIXEL
        assert nm == pytest.approx(expected.length_nm, rel=0.01)


def test_buttons_double_click_keys_and_pan(tab):
    tab.click('#m1 [data-do="in"]')
    assert matrix(tab, "after")[0] == pytest.approx(1.5)
    tab.click('#m1 [data-do="fit"]')
    assert matrix(tab, "after")[0] == 1
    box = tab.box("#m1 .stage")
    for count in (1, 2):
        tab.mouse("mousePressed", *centre(box, 0.3, 0.3), button="left", buttons=1, clickCount=count)
        tab.mouse("mouseReleased", *centre(box, 0.3, 0.3), button="left", clickCount=count)
    assert matrix(tab, "after")[0] == 4
    before = matrix(tab, "after")
    tab.drag(centre(box, 0.3, 0.8), centre(box, 0.4, 0.7))
    after = matrix(tab, "after")
    assert after[1] - before[1] == pytest.approx(0.1 * box["width"], abs=1.5)
    assert after[2] - before[2] == pytest.approx(-0.1 * box["height"], abs=1.5)
    for _ in range(2):
        tab.drag(centre(box, 0.1, 0.1), centre(box, 0.95, 0.95))
    assert matrix(tab, "after")[1:] == (0, 0)  # never beyond the edge
    tab.value("document.querySelector('#m1 .stage').focus()")
    tab.key("ArrowRight", 39)
    assert matrix(tab, "after")[1] == pytest.approx(-0.1 * box["width"], abs=1)
    tab.key("0", 48)
    assert matrix(tab, "after")[0] == 1


def test_maps_are_switched_without_moving_the_page(tab):
    height = tab.value("document.documentElement.scrollHeight")
    for name, pair in (("uncertainty", ["after", "uncertainty"]), ("residual", ["before", "residual"])):
        tab.value(f"document.querySelector('#m1 input[value={name}]').click()")
        shown = f"[...document.querySelectorAll('#m1 .layer')].filter({VISIBLE})"
        assert tab.value(f"{shown}.map((e) => e.dataset.picture)") == pair
        bars = f"[...document.querySelectorAll('#m1 .colour-bar')].filter({VISIBLE})"
        assert tab.value(f"{bars}.map((e) => e.dataset.for)") == [name]
        assert tab.value("document.documentElement.scrollHeight") == height


def levels(image):
    return np.floor(255 * np.asarray(image, float) + 0.5)


def test_profile_is_the_row_of_the_arrays(tab):
    images = scene().images
    tab.value(
        "(() => { const range = document.querySelector('#m1 .position'); range.value = 17; range.dispatchEvent(new "
        "Event('input')); })()"
    )
    course = tab.value("semclear.micrographs[0].course")
    assert course["unit"] == "nm"
    np.testing.assert_allclose(course["distance"], PIXEL * np.arange(SHAPE[1]), atol=PIXEL + 1e-9)
    assert course["distance"][-1] == pytest.approx(PIXEL * (SHAPE[1] - 1))
    np.testing.assert_allclose(course["before"], levels(images["before"][17]), atol=1e-6)
    np.testing.assert_allclose(course["after"], levels(images["after"][17]), atol=1e-6)
    half = 255 * FACTOR * (images["uncertainty"][17] + FLOOR)
    step = 255 * FACTOR * images["uncertainty"].max() / 255
    np.testing.assert_allclose(course["half"], half, atol=0.51 * step)


def test_profile_of_a_column_and_of_a_drawn_line(tab):
    images = scene().images
    tab.value(
        "(() => { const choice = document.querySelector('#m1 .direction'); choice.value = 'column'; "
        "choice.dispatchEvent(new Event('change')); })()"
    )
    course = tab.value("semclear.micrographs[0].course")
    np.testing.assert_allclose(course["before"], levels(images["before"][:, (SHAPE[1] - 1) // 2]), atol=1e-6)
    tab.click('#m1 [data-do="draw"]')
    box = tab.box("#m1 .stage")
    tab.drag(centre(box, 0.25, 0.25), centre(box, 0.75, 0.75))
    course = tab.value("semclear.micrographs[0].course")
    assert course["distance"][-1] == pytest.approx(PIXEL * np.hypot(40, 30), rel=0.01)
    assert clip(tab) == "inset(0px 50% 0px 0px)"  # drawing does not move the border
    chart = tab.value(
        "document.querySelector('#m1 .chart polyline.after').getAttribute('points').split(' ').length"
    )
    assert chart == len(course["after"])
    tab.value(
        "(() => { const choice = document.querySelector('#m1 .direction'); choice.value = 'row'; "
        "choice.dispatchEvent(new Event('change')); })()"
    )


def test_saved_profile_holds_the_course(tab):
    course = tab.value("semclear.micrographs[0].course")
    rows = list(csv.reader(io.StringIO(tab.value("csvOf(semclear.micrographs[0].course)"))))
    assert rows[0][0] == "distance (nm)"
    np.testing.assert_allclose([float(row[2]) for row in rows[1:]], course["after"], atol=1e-4)


def test_values_under_the_pointer(tab):
    images = scene().images
    box = tab.box("#m1 .stage")
    tab.mouse("mouseMoved", *centre(box, 10.5 / 80, 20.5 / 60))
    text = tab.value("document.querySelector('#m1 .readout').textContent")
    before, after = (int(levels(image[20, 10])) for image in (images["before"], images["after"]))
    assert text.startswith(f"column 10, row 20: before {before}, restored {after} ±")


def test_reduced_micrograph_without_pixel_size(tab):
    tab.value("document.querySelector('#m2').scrollIntoView()")
    tab.wait("semclear.micrographs[1].course !== undefined")
    course = tab.value("semclear.micrographs[1].course")
    assert course["unit"] == "pixels" and len(course["before"]) == 300
    assert course["distance"][-1] == pytest.approx(
        897
    )  # between the centres of the first and the last 3 pixels
    assert set(course["before"]) == {51} and set(course["after"]) == {204}
    assert tab.value("document.querySelector('#m2 .scale-bar')") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_schemes(tab, scheme):
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    ground, text = (
        np.mean([int(value) for value in re.findall(r"\d+", tab.style("body", name))[:3]])
        for name in ("backgroundColor", "color")
    )
    assert (ground - text) * (1 if scheme == "light" else -1) > 150
    tab.call("Emulation.setEmulatedMedia", features=[])


def test_narrow_screen_needs_no_sideways_scrolling(tab):
    tab.resize(360, 800)
    assert tab.value("document.documentElement.scrollWidth") <= 360


def test_paper_shows_all_pictures_whole(tab):
    tab.value("semclear.micrographs[0].view.zoomAt(4)")
    tab.value("window.dispatchEvent(new Event('beforeprint'))")
    layers = f"[...document.querySelectorAll('#m1 .layer')].filter({VISIBLE})"
    visible = f"{layers}.filter((e) => getComputedStyle(e).clipPath === 'none')"
    assert tab.value(f"{visible}.length") == 4
    assert tab.value("document.querySelectorAll('details:not([open])').length") == 0
    tab.value("window.dispatchEvent(new Event('afterprint'))")
    assert tab.value("document.querySelectorAll('#m1 details:not([open])').length") == 1
    assert base64.b64decode(tab.call("Page.printToPDF")["data"]).startswith(b"%PDF")


def test_folded_sections_open_by_their_link_and_only_then_draw(tmp_path):
    grey = np.full((40, 60), 0.5, np.float32)
    page.write(tmp_path / "r.html", [make_entry(f"p{n}", grey, grey) for n in range(1, 7)], title="T")
    with chromium.tab(tmp_path / "profile") as tab:
        tab.open((tmp_path / "r.html").as_uri())
        tab.wait("window.semclear && semclear.micrographs[0].course !== undefined")
        is_open = "document.querySelector('#m6 > .fold').open"
        assert not tab.value(is_open)
        tab.value("document.querySelector('.contents a[href=\"#m6\"]').click()")
        tab.wait(f"{is_open} && semclear.micrographs[5].course !== undefined")
        assert tab.value("semclear.micrographs[4].course === undefined")
        tab.value("document.querySelector('[data-fold=close]').click()")
        assert tab.value("document.querySelectorAll('.fold[open]').length") == 0
        tab.value("document.querySelector('[data-fold=open]').click()")
        assert tab.value("document.querySelectorAll('.fold[open]').length") == 6
