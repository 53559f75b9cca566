"""What a comparison of two runs finds, and that finished runs are taken from where they lie."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from benchmarks import reproduce
from benchmarks.common.ledger import Ledger
from benchmarks.reproduce import Run, compared, kind_of


def _run(name, outputs, **changes):
    values = {"seconds": 1.0, "half_written": 0, "mlflow_running": 0, "to_do": ""} | changes
    return Run(name, outputs, **values)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("results/models/fog.semclear", "model"),
        ("results/models/fog.steps.csv", "table"),
        ("results/restored/fog/images/a.png", "image"),
        ("results/restored/fog/maps/a.npz", "image"),
        ("data/fog/manifest.json", "table"),
        ("dvc.lock", "other"),
    ],
)
def test_files_are_counted_by_kind(file, kind):
    assert kind_of(file) == kind


def test_equal_runs_are_equal():
    files = {"dvc.lock": "a", "x.csv": "b", "m.semclear": "c"}
    row = compared(_run("one", files), _run("other", dict(files)))
    assert (row["files"], row["unequal"], row["which"]) == (3, 0, "")
    assert (row["tables"], row["models"], row["images"], row["others"]) == (1, 1, 0, 1)


def test_changed_missing_and_additional_files_are_unequal():
    one, other = {"a.csv": "1", "b.csv": "2", "c.csv": "3"}, {"a.csv": "1", "b.csv": "0", "d.csv": "4"}
    row = compared(_run("one", one), _run("other", other, half_written=2, to_do="dvc"))
    assert (row["files"], row["unequal"], row["which"]) == (4, 3, "b.csv c.csv d.csv")
    assert (row["half_written"], row["to_do"]) == (2, "dvc")


def test_of_many_unequal_files_the_first_are_named():
    row = compared(_run("one", {f"{n:02d}.csv": "1" for n in range(25)}), _run("other", {}))
    assert row["unequal"] == 25 and row["which"].endswith("09.csv and 15 more")


def test_cores_are_those_of_the_command():
    assert Counter(reproduce._cores(1)) - Counter(reproduce.COMMANDS["snakemake"]) == Counter(["1"])
    assert reproduce._cores(8) == reproduce.COMMANDS["snakemake"]


def test_scales_are_set_in_the_clone():
    values = {"scale": "laptop"}
    reproduce._scaled("smoke")(values)
    assert values == {"scale": "smoke"}
    assert reproduce._scaled("small") is reproduce.smallest


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """Let runs be clones without a study, and note which were made."""
    begun = []

    def clone(folder, commit, reduce):
        folder.mkdir(parents=True)
        (folder / "params.yaml").write_text("seed: 3\n", encoding="utf-8")
        begun.append(folder.name)
        files = {"dvc.lock": "a", "x.csv": "b" if folder.name != "cores-8" else "c"}
        return SimpleNamespace(
            folder=folder, outputs=lambda: files, half_written=list, running=lambda: 0, to_do=lambda: ""
        )

    monkeypatch.setattr(reproduce, "Clone", clone)
    monkeypatch.setattr(reproduce, "WAYS", dict.fromkeys(reproduce.WAYS, lambda clone: None))

    def call(*only):
        words = [
            "reproduce",
            "--work",
            str(tmp_path),
            "--only",
            *only,
            "--table",
            str(tmp_path / "table.csv"),
        ]
        monkeypatch.setattr("sys.argv", words)
        return reproduce.main()

    return SimpleNamespace(begun=begun, call=call, table=tmp_path / "table.csv", work=tmp_path / "smoke")


def test_a_difference_fails_and_is_written(quick):
    assert quick.call("cores") == 1
    (row,) = Ledger(quick.table, reproduce.COLUMNS, ("comparison",)).rows
    assert (row["unequal"], row["which"], row["seed"]) == ("1", "x.csv", "3")


def test_finished_runs_are_taken_and_broken_ones_made_again(quick):
    assert quick.call("twice") == 0
    assert quick.begun == ["first", "second"]
    assert quick.call("twice", "kill") == 0
    assert quick.begun == ["first", "second", "killed"]
    (quick.work / "killed.json").unlink()
    import shutil

    shutil.rmtree(quick.work / "killed")
    assert quick.call("kill") == 0 and quick.begun[3:] == ["killed"]


def test_a_run_of_another_commit_is_none(quick):
    assert quick.call("twice") == 0
    file = quick.work / "first.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"commit": "other"}), encoding="utf-8")
    assert reproduce._found(quick.work, "first", "this") is None


def test_a_killed_run_is_held_against_any_undisturbed_one(quick):
    quick.call("cores")
    quick.call("kill")
    rows = Ledger(quick.table, reproduce.COLUMNS, ("comparison",)).rows
    assert (rows[1]["first"], rows[1]["second"], rows[1]["unequal"]) == ("cores-1", "killed", "0")


def test_a_failed_run_is_told_with_its_log(quick, monkeypatch, capsys):
    def failing(clone):
        raise reproduce.FailedError("first: no space left")

    monkeypatch.setattr(reproduce, "WAYS", dict.fromkeys(reproduce.WAYS, failing))
    assert quick.call("twice") == 1 and "no space left" in capsys.readouterr().err
