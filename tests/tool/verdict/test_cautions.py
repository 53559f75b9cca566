"""What a person is warned of, and that sharp and veil-free scenes are told from blurred ones."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear import row_noise
from semclear.restoration import outcome
from semclear.restoration.checks.trust_flag import Family, Verdict
from semclear.restoration.measured_psf import MeasuredPsf
from semclear.tool.micrograph import edge_width
from semclear.tool.verdict import cautions, explanations, wording

ROWS = [{"input_noise": 0.01 * (1 + number / 30)} for number in range(30)]


def codes(found):
    return [caution.code for caution in found]


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_what_an_exported_restorer_cannot_check(backend):
    family = Family([row | {"redegradation_ratio": 1.0} for row in ROWS], 0.05)
    exported = {"method": "cyclegan", "backend": backend, backend: "1.20"}
    assert cautions.unchecked(exported, family.without_degrader()) == (
        "redegradation_ratio",
        "residual_correlation",
        "residual_rows",
        "residual_columns",
    )
    assert cautions.unchecked({"method": "cyclegan", "keras": "3"}, family) == ()
    assert cautions.unchecked(exported | {"method": "paired"}, family.without_degrader()) == ()
    assert "read_sigma" in cautions.unchecked(exported | {"method": "cyclegan-physics"}, Family(ROWS, 0.05))
    assert cautions.unchecked(exported, None) == () and cautions.of_part(()) == []
    (said,) = cautions.of_part(("read_sigma", "redegradation_ratio"))
    assert (
        said.is_warning
        and "cannot tell blur, unexplained rest; for the whole verdict use the .semclear" in said.text
    )


def test_shares_in_words():
    assert [
        explanations.share(*pair) for pair in ((0.0204, 0.0204), (0.0612, 0.0204), (0.004, None), (1.0, 0.02))
    ] == ["at most 2", "about 6", "fewer than 1", "about 100"]


def test_changes_by_hand():
    before = np.array([[0.0, 1.0], [0.5, 0.5]])
    got = outcome.changes(before, before + 0.1)
    spread = np.sqrt(0.125)
    assert got == pytest.approx(
        {
            "change_rms": 0.1,
            "change_mean": 0.1,
            "input_output_pearson": 1.0,
            "input_deviation": spread,
            "output_deviation": spread,
        }
    )
    assert outcome.changes(before, 1 - before)["input_output_pearson"] == pytest.approx(-1)
    assert "input_output_pearson" not in outcome.changes(before, np.full((2, 2), 0.5))


def test_changes_of_a_large_picture_are_those_of_the_whole():
    rng = np.random.default_rng(6)
    before, after = rng.random((2, 700, 90)).astype(np.float32)
    after = 0.5 * before + 0.3 * after
    got = outcome.changes(before, after)
    assert got["change_rms"] == pytest.approx(np.sqrt(np.mean((after - before) ** 2)), rel=1e-5)
    assert got["input_output_pearson"] == pytest.approx(
        np.corrcoef(before.ravel(), after.ravel())[0, 1], rel=1e-5
    )


def test_inverted_contrast_and_moved_grey():
    assert codes(cautions.of_change({"input_output_pearson": -0.2, "change_mean": 0.0})) == [
        "contrast-inverted"
    ]
    assert codes(
        cautions.of_change({"input_output_pearson": 0.2, "change_mean": -1.1 * wording.GREY_SHIFT})
    ) == ["grey-shift"]
    assert codes(cautions.of_change({"change_mean": 0.9 * wording.GREY_SHIFT})) == []


@pytest.mark.parametrize(
    ("before", "after", "noise", "lost"),
    [
        (0.1, 0.0, 0.01, True),  # one grey throughout
        (0.1, 0.08 * wording.CONTRAST_LEFT, 0.01, True),
        (0.1, 0.12 * wording.CONTRAST_LEFT, 0.01, False),
        (0.1, 0.2, 0.01, False),
        (0.1, 0.02, 0.0995, False),  # noise alone, smoothed
        (0.1, 0.8 * wording.ONE_GREY, 0.0995, True),  # not even that
        (0.1, 0.0602 * wording.CONTRAST_LEFT, 0.08, False),  # of a structure of 0.06
        (0.1, 0.0598 * wording.CONTRAST_LEFT, 0.08, True),
    ],
)
def test_lost_contrast(before, after, noise, lost):
    found = cautions.of_contrast({"input_deviation": before, "output_deviation": after}, noise)
    assert codes(found) == ["contrast-lost"] * lost


def test_the_family_s_verdict_says_what_is_odd():
    family = Family(ROWS, 0.05)
    assert codes(cautions.of_family(None, None, {})) == ["not-judged"]
    assert cautions.of_family(Verdict(False, 0.5, ""), family, {}) == []
    (said,) = cautions.of_family(Verdict(True, 1 / 31, "input_noise"), family, {"input_noise": 0.25})
    low, high = (255 * end for end in family.limits()["input_noise"])
    assert said.text == (
        f"unlike the training data, most of all in noise: 63.8 levels, where {low:.3g} to {high:.3g} levels is usual "
        "for this model; at most 3 of 100 of the model's own kind are that far out (p <= 0.032), so do not rely on its "
        "details, and train on such micrographs"
    )
    (said,) = cautions.of_family(Verdict(True, 2 / 31, "input_noise"), family, {"input_noise": 0.25})
    assert "; about 6 of 100 of the model's own kind are that far out (p = 0.065)" in said.text
    (said,) = cautions.of_family(Verdict(True, 1 / 31, "input_noise"), family, {})
    assert "could not be measured" in said.text


@pytest.mark.parametrize(
    ("sigma", "transmission", "sharp"), [(0.2, 0.99, True), (0.2, 0.6, False), (2.0, 0.99, False)]
)
def test_an_encoder_s_reading_goes_before_edges(sigma, transmission, sharp):
    checks = {"read_sigma": sigma, "read_transmission": transmission}
    assert codes(cautions.of_sharpness(checks, 1.0)) == ["already-sharp"] * sharp


def test_what_is_sharp_but_noisy_is_no_reason_to_keep_the_original():
    checks = {"read_sigma": 0.4, "read_transmission": 1.0}
    assert cautions.of_sharpness({**checks, "left_alone": 0.0}, None) == []
    (left,) = cautions.of_sharpness({**checks, "left_alone": 1.0}, None)
    assert left.code == "already-sharp" and "left as it is" in left.text


def test_sharp_scenes_are_told_from_blurred_ones_by_their_edges():
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:160, :160]
    scene = np.full((160, 160), 0.2)
    for _ in range(25):
        (row, column), radius = rng.uniform(0, 160, 2), rng.uniform(6, 18)
        scene[(y - row) ** 2 + (x - column) ** 2 < radius**2] = rng.uniform(0.4, 0.9)
    for beam in (0.5, 0.9):  # of the study's clear scenes
        for blur in (0.0, 1.5, 3.0):
            image = gaussian_filter(scene, np.hypot(beam, blur)) + rng.normal(0, 0.01, scene.shape)
            width = edge_width.measure(image, row_noise.strength(image))
            assert codes(cautions.of_sharpness({}, width)) == ["already-sharp"] * (blur == 0)
    assert cautions.of_sharpness({}, None) == []


def test_a_file_without_pixel_size():
    assert codes(cautions.of_file(["scaled"], 2.0)) == ["note"]
    assert codes(cautions.of_file([], None)) == ["pixel-size-unknown"]
    assert not any(one.is_warning for one in cautions.of_file(["scaled"], None))
    assert "depend on it" in cautions.of_file([], 2.0, "float32")[0].text
    assert cautions.of_file([], 2.0, "uint16") == []
    assert codes(cautions.of_history("hybrid")) == ["restored-before"] and cautions.of_history(None) == []
    assert codes(cautions.of_tiling(False, 512)) == ["tiles-differ"] and cautions.of_tiling(True, 512) == []


def test_every_code_is_documented():
    root = Path(__file__).parents[3]
    source = "".join(path.read_text(encoding="utf-8") for path in (root / "src/semclear/tool").rglob("*.py"))
    used = set(re.findall(r'Caution\(\s*"([a-z-]+)"', source))
    table = (root / "docs" / "account.md").read_text(encoding="utf-8")
    assert len(used) == 15 and used == set(
        re.findall(r"^\| `([a-z-]+)` \|", table.split("## Warnings")[1], re.MULTILINE)
    )


@pytest.mark.parametrize(
    ("background", "sizes", "said"),
    [
        (0.01, (4.2, 4.2 * (1 + 0.9 * wording.SAME_PIXEL_SIZE)), []),
        (0.01, (None, 4.2), []),
        (0.01, (4.2, None), []),
        (1.1 * wording.BACKGROUND, (4.2, 4.2), ["psf-background"]),
        (0.2, (4.2, 4.2 * (1 + 1.2 * wording.SAME_PIXEL_SIZE)), ["psf-background", "psf-pixel-size"]),
    ],
)
def test_a_point_spread_function_that_does_not_go_with_the_micrograph(background, sizes, said):
    psf = MeasuredPsf(np.ones((1, 1)), {"file": "psf.tif"}, sizes[0], background)
    found = cautions.of_psf(psf, sizes[1])
    assert codes(found) == said and all(caution.is_warning for caution in found)


def family_with(ratios):
    return Family([{"redegradation_ratio": ratio, "input_noise": 0.01} for ratio in ratios], 0.05)


def test_what_is_not_explained_is_told_whatever_is_usual_for_the_model():
    quiet = Verdict(False, 1.0, "")
    far = {"redegradation_ratio": 1.1 * wording.UNEXPLAINED, "redegradation_rms": 10 / 255}
    (said,) = cautions.of_explanation(far, quiet)
    assert said.code == "unexplained"
    assert f"is 10 levels off, {1.1 * wording.UNEXPLAINED:.2g} times the noise" in said.text
    near = far | {"redegradation_ratio": 0.9 * wording.UNEXPLAINED}
    assert cautions.of_explanation(near, quiet) == []
    assert cautions.of_explanation({}, None) == []  # a classical method, or a model without a degrader
    raised = Verdict(True, 0.02, "redegradation_ratio")  # says it already
    assert cautions.of_explanation(far, raised) == []


def test_a_model_that_does_not_explain_its_own_kind_is_told_of():
    level = wording.UNEXPLAINED_MEDIAN
    said = cautions.of_model(family_with([0.1 * level, 0.5 * level, 1.1 * level, 3 * level, 7 * level]))
    assert f"off by {1.1 * level:.2g} times the noise" in said and "cannot tell" in said
    assert (
        cautions.of_model(family_with([0.1 * level, 0.5 * level, 0.9 * level, 3 * level, 7 * level])) is None
    )
    assert cautions.of_model(Family(ROWS, 0.05)) is cautions.of_model(None) is None


def test_every_trust_figure_is_documented():
    units = {"": "none", "grey": "share of the grey range, 0 to 1"}
    expected = {
        name: (f"**{one.name}.** {one.text}", units.get(one.unit, one.unit))
        for name, one in explanations.MEANINGS.items()
        if one.group in (explanations.RESTORATION, explanations.READ, explanations.INPUT)
        and name not in explanations.SAID_ELSEWHERE
    }
    text = (Path(__file__).parents[3] / "docs" / "account.md").read_text(encoding="utf-8")
    section = text.split("## Trust figures")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", section, re.MULTILINE)
    assert {name: (what, unit) for name, what, unit in rows} == expected and len(rows) == len(expected)
