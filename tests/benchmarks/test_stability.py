"""Which training meets which arithmetic, what is seen of a training from outside, and how the outcome is told."""

import csv
import json

import numpy as np
import pytest
import yaml

from benchmarks.cost import apart, stability, stability_run, stability_table
from benchmarks.cost.numerics import ROUNDS, SEEDS, VARIANTS, plan
from semclear.errors import SemclearError
from semclear.params.slices import slice_of

VALUES = yaml.safe_load((apart.ROOT / "params.yaml").read_text(encoding="utf-8"))


def test_the_assignment_is_balanced_wherever_it_ends():
    pieces = plan(stability.KINDS)
    assert len(pieces) == len(set(pieces)) == len(stability.KINDS) * ROUNDS >= 150
    for kind in stability.KINDS:
        own = [piece for piece in pieces if piece.kind == kind]
        assert {piece.variant for piece in own} == set(VARIANTS)
        assert {piece.seed for piece in own} == set(range(SEEDS))
        assert sum(piece.variant == "best" for piece in own) > sum(piece.variant == "jax" for piece in own)
    for turn in range(ROUNDS):
        part = pieces[turn * len(stability.KINDS) : (turn + 1) * len(stability.KINDS)]
        assert {piece.variant for piece in part} == set(VARIANTS)
        assert [piece.kind for piece in part] == list(stability.KINDS)


def test_every_kind_is_a_line_of_the_study_with_settings_of_its_own():
    lines = [VALUES["experiments"][kind] for kind in stability.KINDS if kind != "own"]
    assert len({json.dumps(line, sort_keys=True) for line in lines}) == len(lines)
    assert {(line["dataset"], line["method"]) for line in lines} == {
        (line["dataset"], line["method"]) for line in VALUES["experiments"].values()
    }


def test_draw_threads_backend_and_recovery_are_settled():
    piece = json.loads(slice_of("train", VALUES, model="edge-10"))
    given = {"slice": piece, "name": "edge-10", "seed": 7, "threads": 2, "backend": "jax", "recovery": False}
    found = stability_run.settled(given)
    assert found["experiments.edge-10"] == {**piece["experiments.edge-10"], "seed": 7}
    assert found["compute"] == {"backend": "jax", "threads": 2, "require_gpu": False}
    assert piece["train"]["recovery_attempts"] > 0
    assert found["train"] == {**piece["train"], "recovery_attempts": 0}
    assert stability_run.settled({**given, "recovery": True})["train"] == piece["train"]
    # Code without a recovery has no such key, and none is put in.
    assert stability_run.without_recovery({"seed": 1}) == {"seed": 1}


def test_the_largest_ratio_and_what_is_no_number():
    from benchmarks.cost.watching import not_finite, worst

    rows = [{"step": i + 1, "cycle": 1.0, "edge": 2.0} for i in range(9)]
    rows[0]["cycle"], rows[4]["edge"] = 9.0, 10.0
    assert worst(rows) == (9.0, "cycle", 1)
    assert worst(rows, after=3) == (5.0, "edge", 5)
    assert not_finite(rows) == (None, "")
    rows[6] |= {"cycle": np.nan, "edge": np.inf}
    assert not_finite(rows) == (7, "cycle edge") and worst(rows) == (9.0, "cycle", 1)
    assert worst([{"step": 1, "edge": np.nan}]) == (None, "", None)


def test_a_training_is_watched_and_ended_and_may_turn_back():
    import types

    import keras

    from benchmarks.cost.watching import Enough, Watch, watched

    seen = []

    class Own(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    def build(width):
        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(width)])
        model.compile(optimizer="sgd", loss="mse")
        return model

    fitting = types.SimpleNamespace(build=build)
    x = np.ones((4, 1), np.float32)
    watch = Watch(limit=7)
    with pytest.raises(Enough), watched(fitting, watch):
        model = fitting.build(1)
        for first in (0, 1, 1):  # the last goes back
            model.fit(x, x, batch_size=1, initial_epoch=first, epochs=first + 1, callbacks=[Own()], verbose=0)
    assert [row["step"] for row in watch.rows] == [1, 2, 3, 4, 5, 6, 7] and watch.recoveries == 0
    assert seen == [0, 1, 2, 3, 0, 1] and fitting.build is build and watch.model is model
    watch.on_epoch_begin(1)
    assert watch.recoveries == 1


def _row(**values):
    row = dict.fromkeys(stability.COLUMNS, "") | {"code_label": "before", "scale": "laptop", "steps": "600"}
    row |= {
        "kind": "fog",
        "seed": "0",
        "variant": "best",
        "outcome": "finished",
        "recovery": "off",
        "code": "c",
    }
    return row | {"worst_ratio": "3", "worst_term": "cycle", "recoveries": "0", "correlation": "0.9"} | values


def test_the_page_counts_by_kind_and_variant():
    bad = {"outcome": "not a number", "failed_step": "310", "failed_terms": "cycle", "correlation": ""}
    rows = [
        _row(),
        _row(seed="1", variant="avx2", **bad),
        _row(seed="2", correlation="-0.4", worst_ratio="25", outcome="exploded"),
        _row(code_label="after", seed="1", variant="avx2"),
    ]
    text = stability_table.text_of(rows)
    assert "| fog | before | 3 | 1 | 1 | 1 | 0 | 25.0 (cycle) |" in text
    assert "| avx2 | before | 1 | 1 | 0 | 0 | 0 | 3.0 (cycle) |" in text
    assert "| avx2 | after | 1 | 0 | 0 | 0 | 0 | 3.0 (cycle) |" in text
    assert "- before: fog, seed 1, avx2: not a number at step 310 (cycle)" in text
    two_codes = [*rows, _row(code_label="after", code="d", seed="3")]
    assert "| fog | after (d) | 1 |" in stability_table.text_of(two_codes)
    chosen = stability.parser_of().parse_args(["--only-failed"])
    assert stability.wanted(chosen, [_row(seed="0", variant="avx2", kind="own", **bad)]) == [
        ("own", 0, "avx2")
    ]
    with pytest.raises(SemclearError, match="got no rows"):
        stability_table.text_of([])


def test_bad_words_are_one_line(tmp_path, capsys):
    for words, said in (
        (["--jobs", "0"], "--jobs: got 0, expected at least 1"),
        (["--source", str(tmp_path)], "expected a checkout of the project"),
    ):
        assert stability.main([*words, "--results", str(tmp_path), "--work", str(tmp_path / "w")]) == 1
        assert said in capsys.readouterr().err


@pytest.mark.slow
def test_a_row_a_training_and_none_twice(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SEMCLEAR_SEM_IMAGES", raising=False)
    words = ["--scale", "smoke", "--steps", "4", "--rounds", "1", "--kinds", "own", "fog-paired"]
    words += ["--work", str(tmp_path / "work"), "--results", str(tmp_path)]
    assert stability.main(words) == 0
    said = capsys.readouterr()
    assert "own: skipped: no real micrographs" in said.err and "fog-paired, seed 0, best" in said.out
    with (tmp_path / "stability.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["done"] == "4" and row["length"] == "6" and row["worst_term"] and row["correlation"]
    assert stability.main(words) == 0
    assert "2 trainings asked for, 0 to run" in capsys.readouterr().err
    assert stability.main(["--table", "--results", str(tmp_path)]) == 0
    assert (tmp_path / "stability.md").is_file()
