"""The report's file: its pictures are the images given, names are harmless, and nothing is written by halves."""

import base64
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from report_entry import make_entry

from semclear.errors import SemclearError
from semclear.restoration.checks.trust_flag import Verdict
from semclear.tool.report import page, reduction
from semclear.tool.verdict import wording
from semclear.tool.verdict.cautions import Caution

UNLIKE, LIKE = Verdict(True, 0.02, "input_noise"), Verdict(False, 0.5, "")
HOSTILE = '<script>alert("x")</script>" onload="alert(1)\' {{ 7 * 7 }} Größe µ 日本'


class Tags(HTMLParser):
    """Start tags with their attributes, and the text of all but scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self._open, self.unclosed = [], "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "input", "line"):
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if self._open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data):
        if not self._open or self._open[-1] not in ("script", "style"):
            self.text += data

    def named(self, tag, **attributes):
        return [a for t, a in self.tags if t == tag and all(a.get(k) == v for k, v in attributes.items())]


def entry(name="probe.tif", shape=(24, 32), seed=0, warnings=(), notes=(), **values):
    rng = np.random.default_rng(seed)
    said = [Caution("grey-shift", text) for text in warnings] + [Caution("note", text) for text in notes]
    return make_entry(
        name, rng.random(shape, np.float32), rng.random(shape, np.float32), cautions=said, **values
    )


def read(path):
    return Tags(path.read_text(encoding="utf-8"))


def pixels(address):
    """Decode a data address: gray levels, or red, green and blue."""
    data = np.frombuffer(base64.b64decode(address.removeprefix("data:image/png;base64,")), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return image if image.ndim == 2 else image[..., ::-1]


def pictures(tags):
    return [a for a in tags.named("img") if "data-black" in a]


def test_pictures_are_the_images(tmp_path):
    given = entry()
    page.write(tmp_path / "r.html", [given], title="T")
    before, after = pictures(read(tmp_path / "r.html"))
    assert "before" in before["alt"] and "restored" in after["alt"]
    for picture, image in ((before, given.judged.before), (after, given.judged.made.image)):
        np.testing.assert_array_equal(pixels(picture["src"]), np.floor(255.0 * image + 0.5))
        assert (picture["width"], picture["height"]) == ("32", "24")


def test_maps_have_a_colour_for_every_level(tmp_path):
    rng = np.random.default_rng(1)
    uncertainty, residual = 0.04 * rng.random((24, 32)), 0.2 * rng.random((24, 32)) - 0.1
    page.write(tmp_path / "r.html", [entry(uncertainty=uncertainty, residual=residual)], title="T")
    maps = pictures(read(tmp_path / "r.html"))[2:]
    assert [pixels(picture["src"]).shape for picture in maps] == [(24, 32, 3)] * 2
    assert [float(maps[0][f"data-{end}"]) for end in ("black", "white")] == pytest.approx(
        [0, uncertainty.max()]
    )
    peak = np.abs(residual).max()
    assert [float(maps[1][f"data-{end}"]) for end in ("black", "white")] == pytest.approx(
        [-128 / 127 * peak, peak]
    )
    # Lightness tells them apart: more uncertain is lighter.
    green = pixels(maps[0]["src"])[..., 1].astype(int)
    assert np.corrcoef(green.ravel(), uncertainty.ravel())[0, 1] > 0.95


def test_names_are_text(tmp_path):
    given = entry(
        HOSTILE, warnings=[HOSTILE], facts={HOSTILE: HOSTILE}, checks={HOSTILE: 1.0}, verdict=UNLIKE
    )
    page.write(tmp_path / "r.html", [given, given], title=HOSTILE)
    tags = read(tmp_path / "r.html")
    assert len(tags.named("script")) == 1
    assert (
        tags.text.count(HOSTILE) == 2 + 2 * 6
    )  # title and heading; contents, heading, warning, two facts, figure
    assert not [a for _, a in tags.tags if "onload" in a]
    assert tags.unclosed == []


def test_nothing_comes_from_elsewhere(tmp_path):
    page.write(tmp_path / "r.html", [entry(uncertainty=np.zeros((24, 32)))], title="T")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    tags = Tags(text)
    sources = [a[key] for _, a in tags.tags for key in ("src", "href", "srcset") if key in a]
    assert sources and all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert not tags.named("link") and "@import" not in text and not re.search(r"url\(", text)
    assert (
        "default-src 'none'" in tags.named("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    )


def test_every_control_has_a_name(tmp_path):
    given = entry(
        uncertainty=np.zeros((24, 32)), residual=np.zeros((24, 32)), interval_factor=2.0, pixel_size_nm=1.5
    )
    page.write(tmp_path / "r.html", [given], title="T")
    tags = read(tmp_path / "r.html")
    assert tags.named("html")[0]["lang"] == "en"
    assert all("alt" in a for a in tags.named("img"))
    split = tags.named("input", **{"class": "split-input"})[0]
    assert split["type"] == "range" and split["aria-label"]
    ids = [a["id"] for _, a in tags.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in tags.tags if "aria-labelledby" in a} <= set(ids)


def test_contents_only_where_there_are_several(tmp_path):
    page.write(tmp_path / "one.html", [entry()], title="T")
    assert not read(tmp_path / "one.html").named("nav")
    several = [
        entry("a", seed=1),
        entry("b", shape=(30, 400), verdict=UNLIKE, warnings=["w"]),
        entry("c", verdict=LIKE),
    ]
    page.write(tmp_path / "three.html", iter(several), title="T")
    tags = read(tmp_path / "three.html")
    links = [a["href"] for a in tags.named("a") if a["href"] != "#contents"]
    assert links == [f"#{a['id']}" for a in tags.named("section")] and len(links) == 3
    verdicts = f"1 {wording.UNLIKE}, 1 {wording.UNJUDGED}, 1 {wording.LIKE}"
    summary = f"3 restored micrographs. Verdict: {verdicts}. 1 with warnings, none with notes."
    assert summary in " ".join(tags.text.split())
    thumbnails = [a for a in tags.named("img") if "data-black" not in a]
    np.testing.assert_array_equal(
        pixels(thumbnails[0]["src"]), np.floor(255.0 * several[0].judged.made.image + 0.5)
    )
    assert pixels(thumbnails[1]["src"]).shape == (14, 192)


def test_notes_are_no_warnings(tmp_path):
    given = [entry("a", notes=["four coloured lines"]), entry("b", warnings=["already sharp"], notes=["n"])]
    page.write(tmp_path / "r.html", given, title="T")
    text = " ".join(read(tmp_path / "r.html").text.split())
    assert "1 with warnings, 2 with notes." in text and "Note: four coloured lines" in text
    assert text.count("Warning:") == 1 and "Warning: already sharp" in text


def test_pages_of_a_stack_are_counted_as_such(tmp_path):
    given = [
        entry("a, page 1", file="in/a.tif"),
        entry("a, page 2", file="in/a.tif"),
        entry("a", file="b/a.tif"),
    ]
    page.write(tmp_path / "r.html", given, title="T")
    assert f"3 pages of 2 files restored. Verdict: {wording.UNJUDGED}." in " ".join(
        read(tmp_path / "r.html").text.split()
    )


def test_the_first_sections_are_open(tmp_path):
    page.write(tmp_path / "r.html", [entry(str(number)) for number in range(page.UNFOLDED + 2)], title="T")
    folds = [a for a in read(tmp_path / "r.html").named("details") if a.get("class") == "fold"]
    assert ["open" in fold for fold in folds] == [True] * page.UNFOLDED + [False] * 2


def test_says_what_may_be_invented(tmp_path):
    page.write(tmp_path / "network.html", [entry()], title="T")
    assert wording.SENTENCE in read(tmp_path / "network.html").text
    page.write(tmp_path / "classical.html", [entry()], title="T", sentence=wording.CLASSICAL)
    text = read(tmp_path / "classical.html").text
    assert wording.CLASSICAL in text and wording.SENTENCE not in text


def test_figures_and_verdict(tmp_path):
    given = entry(
        checks={"input_noise": 0.1, "redegradation_ratio": 1.25, "trust_p": 0.02},
        verdict=Verdict(True, 0.02, "input_noise"),
        family=SimpleNamespace(limits=lambda: {"input_noise": (0.02, 0.04)}, scores=[0.0] * 99),
    )
    page.write(tmp_path / "r.html", [given], title="T")
    text = " ".join(read(tmp_path / "r.html").text.split())
    assert "Farthest out: Noise, 25.5 levels (usual: 5.1 to 10.2 levels)." in text
    assert "Of 100 micrographs that the model was made for, about 2 would be as far out." in text
    assert "25.5 levels ▲ above" in text
    assert "Unexplained rest 1.25 times the noise" in text
    assert "trust_p" not in text


def test_large_micrographs_are_shown_as_means(tmp_path):
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (40, 60)) / 255
    large = np.kron(coarse, np.ones((3, 3))).astype(np.float32)
    page.write(tmp_path / "r.html", [make_entry("large", large, large)], title="T", side=60)
    tags = read(tmp_path / "r.html")
    np.testing.assert_array_equal(pixels(pictures(tags)[0]["src"]), 255 * coarse)
    assert "Shown reduced: 60 × 40 of 180 × 120 pixels" in tags.text
    viewer = tags.named("div", **{"class": "viewer"})[0]
    assert (viewer["data-width"], viewer["data-height"]) == ("180", "120")


def test_full_size_is_the_default_for_what_fits(tmp_path):
    page.write(tmp_path / "r.html", [entry(shape=(3, reduction.SIDE))], title="T")
    assert "Shown reduced" not in read(tmp_path / "r.html").text


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"uncertainty": np.zeros((2, 2))}, r"uncertainty of shape \(2, 2\), expected \(24, 32\)"),
        ({"residual": np.full((24, 32), np.nan)}, "NaN or infinite values in residual"),
        ({"pixel_size_nm": 0.0}, "0.0 as pixel_size_nm, expected a positive number"),
        ({"interval_factor": float("inf")}, "inf as interval_factor"),
    ],
)
def test_bad_entries_leave_the_old_page(tmp_path, values, message):
    file = tmp_path / "r.html"
    file.write_text("old")
    with pytest.raises(SemclearError, match=message):
        page.write(file, [entry(), entry("bad", **values)], title="T")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_colour_image_and_no_image_are_refused(tmp_path):
    with pytest.raises(SemclearError, match=r"shape \(4, 4, 3\), expected \(H, W\)"):
        page.write(
            tmp_path / "r.html", [make_entry("rgb", np.zeros((4, 4, 3)), np.zeros((4, 4, 3)))], title="T"
        )
    with pytest.raises(SemclearError, match="no restored micrograph"):
        page.write(tmp_path / "r.html", [], title="T")
    assert list(tmp_path.iterdir()) == []


def test_one_entry_at_a_time(tmp_path):
    """The page asks for the next entry only when the one before is written and let go."""
    import weakref

    alive = []

    def made():
        for number in range(4):
            given = entry(str(number), seed=number)
            assert not any(reference() for reference in alive)
            alive.append(weakref.ref(given))
            yield given
            del given

    page.write(tmp_path / "r.html", made(), title="T")
    assert len(alive) == 4


def test_same_entries_same_bytes(tmp_path):
    for name in ("a", "b"):
        page.write(tmp_path / f"{name}.html", [entry(pixel_size_nm=2.0)], title="T")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
