"""The registry, the search on validation, and the step."""

import json

import numpy as np
import paired_set
import pytest

from semclear.errors import SemclearError
from semclear.restoration import classical_step, restored
from semclear.restoration.classical.grid_search import Example, choose, settings_of
from semclear.restoration.classical.method import Grid, Method, Number
from semclear.restoration.classical.registry import grids_of, methods

SETTINGS = grids_of(paired_set.GRIDS)
ORDER = [
    "degraded",
    "wiener-true",
    "wiener-estimated",
    "wiener-unsupervised",
    "richardson-lucy-blind",
    "percentile-stretch",
    "clahe",
    "dark-channel",
    "dark-channel-wiener",
]


def run(folder, name="out", **options):
    data = paired_set.write(folder / "data" / "manifest.json", **options)
    out = folder / name / "manifest.json"
    classical_step.run({"classical": paired_set.GRIDS}, data, out)
    return data, out


def test_every_method_keeps_shape_range_and_type_at_odd_sizes():
    image = np.random.default_rng(0).uniform(size=(37, 52)).astype(np.float32)
    before = image.copy()
    for name, method in methods().items():
        parameters = next(settings_of(method.grid(SETTINGS)))
        output = method.with_parameters(**parameters)(image, known={"blur": {"sigma": 1.5}})
        assert output.shape == image.shape and output.dtype == np.float32, name
        assert output.min() >= 0 and output.max() <= 1, name
    assert np.array_equal(image, before)


def test_methods_stand_in_the_order_of_the_tables():
    assert [name for name in methods() if name in ORDER] == ORDER
    for places in ([m.place for m in methods().values()], [m.figure_place for m in methods().values()]):
        assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"clahe": {"clip_limit": [1.0], "tiles": [2.5]}},
            "classical: clahe.tiles.0: got 2.5, expected a valid integer",
        ),
        (
            {"clahe": {"clip_limit": [1.0], "tiles": [0]}},
            "clahe.tiles.0: got 0, expected greater than or equal to 1",
        ),
        ({"clahe": {"clip_limit": [1.0]}}, "clahe.tiles: this key is missing"),
        ({"clahe": {"clip_limit": [], "tiles": [1]}}, "clahe.clip_limit: got"),
        ({"claeh": {"clip_limit": [1.0], "tiles": [1]}}, "claeh: unknown key"),
        (
            {"percentile_stretch": {"low": [1.0], "high": [99.0], "darkest": [0.8], "brightest": [0.8]}},
            "percentile_stretch: every value of darkest must be below every value of brightest",
        ),
    ],
)
def test_wrong_grids_are_refused(change, said):
    with pytest.raises(SemclearError, match=said):
        grids_of({**paired_set.GRIDS, **change})


def test_only_the_oracle_looks_at_what_is_known():
    image = np.random.default_rng(0).uniform(size=(40, 40)).astype(np.float32)
    for name, method in methods().items():
        restore = method.with_parameters(**next(settings_of(method.grid(SETTINGS))))
        if method.needs_blur:
            assert not np.array_equal(
                restore(image, {"blur": {"sigma": 1.0}}), restore(image, {"blur": {"sigma": 2.0}})
            )
            with pytest.raises(SemclearError, match="true blur"):
                restore(image)
        else:
            assert np.array_equal(restore(image, {"blur": {"sigma": 2.0}}), restore(image)), name


def test_search_finds_the_brute_force_best():
    brighter = Method(
        "brighter", "", "", 0, 0, lambda image, by: image + by, (Grid("brighter", {"by": Number(0, 1)}),)
    )
    examples = [Example(np.full((4, 4), 0.2), np.full((4, 4), t)) for t in (0.45, 0.55)]
    choice = choose(brighter, {"by": [0.1, 0.3, 0.9]}, examples)
    assert choice.parameters == {"by": 0.3}
    # Errors of 0.05 either way: 26.02 dB.
    assert [row["psnr"] for row in choice.search][1] == pytest.approx(26.0206, abs=1e-4)
    assert len(choice.search) == 3


def test_without_truth_the_middle_is_taken():
    choice = choose(methods()["clahe"], {"clip_limit": [1.0, 2.0, 4.0], "tiles": [2, 8]}, [])
    assert choice.parameters == {"clip_limit": 2.0, "tiles": 8}
    assert choice.rule == "middle of the grid" and choice.search == []


def test_the_step_tunes_on_validation_and_writes_test(tmp_path):
    data, out = run(tmp_path)
    made = restored.load(out, verify=True)
    assert made.dataset == "discs" and made.model == "classical"
    assert sorted(made.methods) == sorted(methods())
    assert {entry.id for entry in made.records} == {"disc-2", "disc-3"}
    for name in list(methods())[1:]:
        row = made.methods[name]
        assert row["rule"] == "validation psnr"
        assert row["parameters"] == max(row["search"], key=lambda r: r["psnr"])["parameters"]
    assert len(made.methods["dark-channel-wiener"]["search"]) == 2 * 3
    degraded = next(entry for entry in made.records if entry.method == "degraded")
    assert (out.parent / degraded.image).read_bytes() == (
        data.parent / "images" / f"{degraded.id}.png"
    ).read_bytes()


def test_the_test_split_has_no_say_in_the_choice(tmp_path):
    data, out = run(tmp_path)
    chosen = json.loads(out.read_text())["methods"]
    values = json.loads(data.read_text())
    values["records"] = [r for r in values["records"] if r["id"] != "disc-3"]
    data.write_text(json.dumps(values))
    classical_step.run({"classical": paired_set.GRIDS}, data, tmp_path / "less" / "manifest.json")
    assert json.loads((tmp_path / "less" / "manifest.json").read_text())["methods"] == chosen


def test_equal_runs_give_equal_bytes(tmp_path):
    first, second = (run(tmp_path, name)[1] for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    for file in sorted((tmp_path / "one").rglob("*.png")):
        assert file.read_bytes() == (tmp_path / "two" / file.relative_to(tmp_path / "one")).read_bytes()


def test_the_oracle_is_left_out_without_a_known_blur(tmp_path):
    made = restored.load(run(tmp_path, blur=False)[1])
    assert sorted(made.methods) == sorted(set(methods()) - {"wiener-true"})


def test_real_micrographs_take_the_middle_of_the_grids(tmp_path):
    made = restored.load(run(tmp_path, truth=False)[1])
    assert "wiener-true" not in made.methods
    assert made.methods["wiener-estimated"] == {
        "parameters": {"balance": 1.0},
        "rule": "middle of the grid",
        "search": [],
    }


def test_wiener_helps_where_the_image_is_blurred(tmp_path):
    _, out = run(tmp_path)
    made = json.loads(out.read_text())["methods"]
    best = {
        name: max(row["psnr"] for row in made[name]["search"]) for name in ("wiener-true", "wiener-estimated")
    }
    assert best["wiener-true"] > 20
    assert best["wiener-true"] >= best["wiener-estimated"] - 0.1
