"""The resumable table: what is finished is known after a restart, and nothing else is."""

import pytest

from benchmarks.common.ledger import Ledger, text_of
from semclear.errors import SemclearError

COLUMNS, KEYS = ("name", "seed", "steps", "psnr"), ("name", "seed", "steps")


def test_finished_work_is_known_to_the_next_run(tmp_path):
    path = tmp_path / "results" / "table.csv"
    key = {"name": "hybrid", "seed": 0, "steps": None}
    first = Ledger(path, COLUMNS, KEYS)
    assert not first.done(**key)
    first.add([{**key, "psnr": 20.123456789}])
    again = Ledger(path, COLUMNS, KEYS)
    assert again.done(**key)
    assert not again.done(**{**key, "seed": 1}) and not again.done(**{**key, "steps": 5})
    again.add([{**key, "seed": 1, "psnr": float("nan")}])
    assert path.read_text() == "name,seed,steps,psnr\nhybrid,0,,20.1235\nhybrid,1,,\n"


def test_work_done_again_takes_the_place_of_the_earlier(tmp_path):
    table = Ledger(tmp_path / "t.csv", COLUMNS, ("name",))
    for psnr in (20.0, 21.0):
        rows = [{"name": "a", "seed": seed, "steps": 1, "psnr": psnr} for seed in (0, 1)]
        table.add(rows)
        table.add([{**rows[0], "name": "b"}])
    assert [(row["name"], row["psnr"]) for row in table.rows] == [("a", "21"), ("a", "21"), ("b", "21")]


def test_a_row_without_a_column_leaves_the_table_alone(tmp_path):
    table = Ledger(tmp_path / "t.csv", COLUMNS, KEYS)
    with pytest.raises(KeyError, match="psnr"):
        table.add([{"name": "a", "seed": 0, "steps": 1}])
    assert not table.path.exists() and table.rows == []


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(SemclearError, match=r"got the columns \['a', 'b'\]"):
        Ledger(path, COLUMNS, KEYS)


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (float("nan"), ""), (True, "True"), (0.5, "0.5"), (3, "3"), ("x", "x")]
)
def test_cells(value, text):
    assert text_of(value) == text
