"""Rows and their table: means and tests as the study has them, read back unchanged, never across other pictures."""

import csv
import json
import shutil

import numpy as np
import pytest
from small_benchmark import copied, settings

from semclear.errors import FileError, SemclearError
from semclear.evaluation.benchmark import judging, standings
from semclear.evaluation.benchmark import row as rows
from semclear.evaluation.multiple_testing import holm
from semclear.evaluation.tables import bootstrap
from semclear.io.png import write_png
from semclear.params import Evaluation

SEED, FEW = 7, Evaluation(bootstrap=50, confidence=0.95)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Return a benchmark, the input's row, and that of restorations halfway to the truth, but for one worse picture."""
    home = tmp_path_factory.mktemp("judged")
    made = copied(home)
    for place, entry in enumerate(made.entries):
        image, truth = made.image(entry), made.truth(entry)
        write_png(home / "half" / f"{entry.name}.png", 1 - truth if place == 0 else (image + truth) / 2)
    given = {"semclear": "0", "settings": settings()}
    plain, _ = judging.row_of(made, made.folder / "input", name="input", **given)
    half, _ = judging.row_of(made, home / "half", name="half", notes="a | b", against=[plain], **given)
    return made, plain, half


def test_means_are_those_of_the_pictures(judged):
    _, _, half = judged
    for mean in half.means:
        values = half.scores[mean.set].values.get(mean.metric)
        if values is not None and mean.metric in ("psnr", "ssim", "invented_energy", "objects_missed"):
            there = [value for value in values if value is not None]
            assert (mean.n, mean.mean) == (len(there), pytest.approx(np.mean(there), rel=1e-4))
    assert {"psnr", "ag_error", "frc_resolution", "objects_invented"} <= {mean.metric for mean in half.means}


def test_tests_are_paired_with_the_input_and_adjusted_together(judged):
    _, plain, half = judged
    assert plain.tests == [] and {test.against for test in half.tests} == {"input"}
    test = next(one for one in half.tests if one.set == "fog" and one.metric == "psnr")
    own, other = (np.array(row.scores["fog"].values["psnr"]) for row in (half, plain))
    assert test.difference == pytest.approx((own - other).mean(), rel=1e-4)
    assert test.p == pytest.approx(bootstrap.wilcoxon(own - other), rel=1e-4) and test.verdict == "better"
    adjusted = holm([one.p for one in half.tests])
    assert [one.p_holm for one in half.tests] == pytest.approx(list(adjusted), rel=1e-4)


def test_lower_is_better_of_what_is_invented():
    scores = {
        name: rows.Scores(
            digest="d",
            pictures=list("abcd"),
            kinds=[""] * 4,
            variants=[""] * 4,
            values={"invented_energy": values},
        )
        for name, values in (("own", [0.1, 0.2, 0.1, 0.2]), ("other", [0.3, 0.5, 0.4, None]))
    }
    (test,) = rows.tests_of({"fog": scores["own"]}, {"fog": scores["other"]}, "x", SEED, FEW)
    assert (test.n, test.verdict) == (3, "better") and test.difference == pytest.approx(-0.266667)


def test_only_what_has_a_value_a_picture_is_tested(judged):
    _, _, half = judged
    assert {test.metric for test in half.tests} <= {
        *("psnr", "ssim", "psnr_affine", "frc_resolution", "invented_energy"),
        *("objects_found", "objects_missed", "objects_invented", "size_distance"),
    }


def test_other_pixels_are_not_compared(judged):
    _, plain, half = judged
    moved = {name: scores.model_copy(update={"digest": "0"}) for name, scores in plain.scores.items()}
    assert rows.tests_of(half.scores, moved, "input", SEED, FEW) == []


def test_a_row_comes_back_from_its_file(judged, tmp_path):
    _, plain, half = judged
    rows.write(tmp_path / "both.json", [plain, half])
    assert rows.read(tmp_path / "both.json") == [plain, half]
    assert len(rows.frame_of(half)) == sum(
        value is not None
        for scores in half.scores.values()
        for values in scores.values.values()
        for value in values
    )


def test_the_spreadsheet_has_means_and_tests(judged, tmp_path):
    _, plain, half = judged
    rows.write(tmp_path / "both.csv", [plain, half])
    with (tmp_path / "both.csv").open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) == len(plain.means) + len(half.means)
    (line,) = [one for one in lines if (one["name"], one["set"], one["metric"]) == ("half", "fog", "psnr")]
    assert line["verdict (input)"] == "better" and float(line["difference (input)"]) > 0
    assert all(one["p (input)"] == "" for one in lines if one["name"] == "input")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "rows": [{"name": "x"}]}'])
def test_what_is_no_row_is_refused(tmp_path, text):
    (tmp_path / "row.json").write_text(text, encoding="utf-8")
    with pytest.raises(SemclearError, match=r"row\.json"):
        rows.read(tmp_path / "row.json")


def test_lists_of_different_lengths_are_refused(judged, tmp_path):
    _, plain, _ = judged
    rows.write(tmp_path / "row.json", [plain])
    values = json.loads((tmp_path / "row.json").read_text("utf-8"))
    values["rows"][0]["scores"]["fog"]["values"]["psnr"].pop()
    (tmp_path / "row.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(SemclearError, match="input: fog has lists of different lengths"):
        rows.read(tmp_path / "row.json")


def test_another_ending_is_refused(judged, tmp_path):
    _, plain, _ = judged
    with pytest.raises(FileError, match=r"expected the ending \.json"):
        rows.write(tmp_path / "row.xlsx", [plain])
    with pytest.raises(FileError, match=r"expected the ending \.md"):
        standings.write(tmp_path / "row.xlsx", [plain])


def _renamed(row, name, **changes):
    return row.model_copy(update={"name": name, **changes})


def test_the_table_has_a_line_a_method_and_the_input_first(judged):
    _, plain, half = judged
    text = standings.text_of([half, plain])
    block = text.split("**gaussian, 3 pictures")[1].split("\n\n")[1].splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in block[2:]] == ["input", "half"]
    assert "method minus input, paired" in text and "mean PSNR (dB) by operator" in text


def test_rows_of_other_pictures_stand_apart(judged):
    _, plain, half = judged
    alike = [
        _renamed(plain, "input", published="equal"),
        _renamed(half, "half", published="equal but for rounding"),
    ]
    moved = {name: scores.model_copy(update={"digest": "0" * 64}) for name, scores in half.scores.items()}
    foreign = _renamed(half, "foreign", scores=moved, published="other")
    text = standings.text_of([*alike, foreign])
    assert text.count("**fog, 3 pictures (published pictures") == 1
    assert text.count("**fog, 3 pictures (pictures of one's own, 00000000") == 1


def test_names_and_versions_must_fit(judged):
    _, plain, half = judged
    with pytest.raises(SemclearError, match="got two called 'input'"):
        standings.text_of([plain, _renamed(half, "input")])
    with pytest.raises(SemclearError, match="several versions"):
        standings.text_of([plain, _renamed(half, "half", version=2)])


def test_single_sets_can_be_scored(judged, tmp_path):
    made, _, _ = judged
    shutil.copytree(made.folder / "input", tmp_path / "some")
    for file in (tmp_path / "some").iterdir():
        if not file.name.startswith("fog-"):
            file.unlink()
    row, others = judging.row_of(made, tmp_path / "some", settings(), name="some", semclear="0", sets=["fog"])
    assert set(row.scores) == {"fog"} and others == []
