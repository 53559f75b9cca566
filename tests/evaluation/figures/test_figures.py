"""Every figure of a small study: that all appear, from the right numbers, with the same bytes."""

import json
import zlib
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from fake_study import FakeStudy

from semclear.errors import SemclearError
from semclear.evaluation import study_files
from semclear.evaluation.figures import gallery, study
from semclear.evaluation.figures.charts import losses, metric_bars, side_by_side
from semclear.evaluation.figures.charts.ablation import draw_ablation
from semclear.evaluation.figures.charts.gap_closure import draw_gap_closure
from semclear.evaluation.figures.names import figure_names
from semclear.evaluation.figures.plot import plot
from semclear.restoration import restored

EXPERIMENTS = {
    "hybrid": {"dataset": "hybrid", "method": "cyclegan"},
    "hybrid-paired": {"dataset": "hybrid", "method": "paired"},
    "silica": {"dataset": "silica", "method": "cyclegan"},
    "edge-0": {"dataset": "hybrid", "method": "cyclegan", "study": "edge", "edge_weight": 0.0, "budget": 0.5},
    "edge-1": {"dataset": "hybrid", "method": "cyclegan", "study": "edge", "edge_weight": 1.0},
    "edge-1b": {"dataset": "hybrid", "method": "cyclegan", "study": "edge", "edge_weight": 1.0, "seed": 1},
}


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    return FakeStudy(tmp_path_factory.mktemp("study"), EXPERIMENTS, real=("silica",))


@pytest.fixture(scope="module")
def drawn(fake):
    plot(fake.slice, fake.root, fake.root / "results" / "figures")
    return fake.root / "results" / "figures"


def chunks(path: Path) -> list[bytes]:
    """Return the chunk types of a PNG, checking each chunk's own sum."""
    data, at, found = path.read_bytes(), 8, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + length]
        assert zlib.crc32(body) == int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        found.append(body[:4])
        at += 12 + length
    return found


def test_exactly_the_listed_figures_appear(fake, drawn):
    assert sorted(path.name for path in drawn.iterdir()) == figure_names(fake.slice)


def test_figures_carry_pixels_and_no_text_or_date(drawn):
    for path in drawn.iterdir():
        assert set(chunks(path)) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}
        assert np.ptp(matplotlib.image.imread(path)[..., :3]) > 0.5


def test_equal_inputs_give_equal_bytes(fake, drawn, tmp_path):
    for path in plot(json.loads(fake.params()), str(fake.root), tmp_path):
        assert path.read_bytes() == (drawn / path.name).read_bytes()


def test_what_a_failed_job_left_out_is_omitted_and_named(fake, drawn, tmp_path):
    left = {name: line for name, line in EXPERIMENTS.items() if name not in ("hybrid-paired", "edge-0")}
    made = plot(fake.slice, fake.root, tmp_path, missing=["hybrid-paired", "edge-0"])
    assert sorted(path.name for path in made) == figure_names({"experiments": left})
    for path in made:
        whole, part = (matplotlib.image.imread(file).shape for file in (drawn / path.name, path))
        assert part != whole, "a line below the figure names what is missing"
    made = plot(fake.slice, fake.root, tmp_path / "one", missing=["classical-hybrid"])
    assert sorted(path.name for path in made) == figure_names(
        {"experiments": {"silica": EXPERIMENTS["silica"]}}
    )


def test_the_best_classical_method_is_the_one_of_highest_validation_psnr(fake):
    found = restored.load(study_files.classical_manifest(fake.root, "hybrid"))
    best = {name: row["psnr"] for name, notes in found.methods.items() for row in notes["search"]}
    assert gallery.best_classical(found) == sorted(best, key=best.get)[-1] == "dark-channel-wiener"


def test_panels_show_the_files_and_their_own_scores(fake):
    columns = gallery.columns_of(fake.slice, "hybrid", fake.root)
    assert [column.heading for column in columns] == [
        "degraded",
        "dark channel + Wiener",
        "CycleGAN",
        "paired",
    ]
    scores = pd.DataFrame(fake.scores)
    rows, known = gallery.rows_of(
        study_files.data_manifest(fake.root, "hybrid"), columns, scores[scores.dataset == "hybrid"]
    )
    assert known and len(rows) == 3 and len({row.name.split("\n")[0] for row in rows}) == 3
    for row in rows:
        for panel in row.panels[:-1]:
            error = np.mean((panel.image.astype(float) - row.reference) ** 2)
            assert float(panel.scores.split(" ")[0]) == pytest.approx(-10 * np.log10(error), abs=0.1)


def test_real_micrographs_are_compared_with_themselves(fake):
    columns = gallery.columns_of(fake.slice, "silica", fake.root)
    rows, known = gallery.rows_of(
        study_files.data_manifest(fake.root, "silica"), columns, pd.DataFrame(fake.scores)
    )
    assert not known and [row.name for row in rows] == ["fibres-0000", "polycrystal-0002", "spheres-0009"]
    assert all(row.reference is row.panels[0].image for row in rows)


def test_two_models_of_one_method_are_told_apart(fake):
    summary = pd.read_csv(study_files.table(fake.root, "summary"))
    labels = metric_bars.bars_of(summary[summary["dataset"] == "hybrid"])["label"].tolist()
    assert labels[0] == "percentile stretch" and "CycleGAN (edge-0)" in labels and "degraded" not in labels
    only_main = study.main_rows(fake.slice, "hybrid", summary)
    assert metric_bars.bars_of(only_main)["label"].tolist()[-2:] == ["CycleGAN", "CycleGAN, oracle"]


def test_a_study_is_drawn_against_the_key_it_varies(fake):
    changed = {**EXPERIMENTS, "edge-0": {**EXPERIMENTS["edge-0"]}}
    del changed["edge-0"]["budget"]
    sweep = study.sweep_of(
        {"experiments": changed}, "edge", pd.read_csv(study_files.table(fake.root, "summary"))
    )
    assert sweep.name == "edge_weight" and sweep.numeric and set(sweep.rows["method"]) == {"cyclegan"}
    places = sweep.rows.groupby("model")["value"].first().to_dict()
    assert places == {"edge-0": 0.0, "edge-1": 1.0, "edge-1b": 1.0}


@pytest.mark.parametrize("left_out", [False, True])
def test_settings_that_are_no_numbers_stand_side_by_side(fake, tmp_path, left_out):
    line = {k: v for k, v in EXPERIMENTS["edge-1b"].items() if k != "edge_weight"}
    line |= {} if left_out else {"edge_weight": 1.0, "cycle_weight": 5.0}
    changed = {**EXPERIMENTS, "edge-1b": line}
    sweep = study.sweep_of(
        {"experiments": changed}, "edge", pd.read_csv(study_files.table(fake.root, "summary"))
    )
    assert not sweep.numeric and list(sweep.ticks) == [0.0, 1.0, 2.0]
    draw_ablation(sweep, "x", tmp_path / "a.png")
    assert matplotlib.image.imread(tmp_path / "a.png").shape[0] > 100


def test_one_micrograph_without_intervals_can_be_drawn(fake, tmp_path):
    summary = pd.read_csv(study_files.table(fake.root, "summary")).assign(low=np.nan, high=np.nan, n=1)
    draw_ablation(study.sweep_of(fake.slice, "edge", summary), "x", tmp_path / "a.png")
    metric_bars.draw_metric_bars(study.main_rows(fake.slice, "hybrid", summary), "x", tmp_path / "b.png")
    closure = pd.read_csv(study_files.table(fake.root, "closure")).assign(
        mean=np.nan, low=np.nan, high=np.nan
    )
    draw_gap_closure(closure, tmp_path / "c.png")
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_terms_are_read_from_the_file():
    steps = pd.DataFrame(
        {"step": [1], "cycle": [0.1], "discriminator_clear": [0.2], "learning_rate": [1e-4], "new": [1.0]}
    )
    assert losses.terms_of(steps) == (["cycle", "new"], ["discriminator_clear"])


def test_the_moving_average_is_the_mean_of_its_window():
    values = np.random.default_rng(0).random(50)
    assert losses.moving_average(values, 7) == pytest.approx(np.convolve(values, np.full(7, 1 / 7), "valid"))


@pytest.mark.parametrize("corner", [(200, 200), (0, 200), (100, 200), (110, 230), (0, 0), (210, 0)])
def test_the_inset_hides_neither_its_place_nor_the_scale_bar(corner):
    x, y = side_by_side.inset_place((256, 256), corner, 46, 113)
    assert (x, y) != (0.0, 256 - 113)
    assert corner[1] >= x + 113 or corner[1] + 46 <= x or corner[0] >= y + 113 or corner[0] + 46 <= y


def test_the_difference_scale_holds_99_percent(fake):
    reference = np.zeros((10, 10))
    image = np.linspace(0.01, 0.42, 100).reshape(10, 10)
    row = side_by_side.Row("x", [side_by_side.Panel(image), side_by_side.Panel(reference)], reference)
    assert side_by_side.difference_limit([row]) == pytest.approx(0.45)


@pytest.mark.parametrize("name", ["scores", "summary", "closure"])
def test_a_missing_column_is_said_with_the_file(fake, tmp_path, name):
    tables = tmp_path / "results" / "tables"
    tables.mkdir(parents=True)
    for other in ("data", "results/classical", "results/restored", "results/models"):
        (tmp_path / other).symlink_to(fake.root / other)
    for table in ("scores", "summary", "closure"):
        text = study_files.table(fake.root, table).read_text()
        (tables / f"{table}.csv").write_text(text.replace("metric", "measure", 1) if table == name else text)
    with pytest.raises(
        SemclearError, match=rf"{name}\.csv: got the columns .*expected .*run the step"
    ) as caught:
        plot(fake.slice, tmp_path, tmp_path / "figures")
    assert "\n" not in str(caught.value)


def test_a_file_in_the_place_of_the_folder_is_said(fake, tmp_path):
    (tmp_path / "figures").write_text("in the way")
    with pytest.raises(SemclearError, match="figures/"):
        plot(fake.slice, fake.root, tmp_path / "figures")
