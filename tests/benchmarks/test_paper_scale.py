"""Which precisions the full-size benchmark takes, and that its rows do not displace one another."""

import csv

from benchmarks.cost import paper_scale


def rows_of(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_formula_has_no_bfloat16(tmp_path, capsys):
    output = tmp_path / "t.csv"
    assert paper_scale.main(["--precision", "mixed_bfloat16", "--output", str(output)]) == 1
    assert "cyclegan-physics is float32 only" in capsys.readouterr().err
    assert paper_scale.main(["--steps", "1", "--output", str(output)]) == 1
    assert "got 1, expected at least 2" in capsys.readouterr().err
    assert not output.exists()


def test_a_row_a_method_and_precision(tmp_path, monkeypatch):
    def measured(method, chosen):
        row = dict.fromkeys(paper_scale.COLUMNS[:-2], "") | {"method": method, "precision": chosen.precision}
        return row | {"device": "none", "steps": chosen.steps}

    monkeypatch.setattr(paper_scale, "in_own_process", measured)
    output = tmp_path / "t.csv"
    for words in ([], ["--methods", "cyclegan", "--precision", "mixed_bfloat16"], ["--steps", "4"]):
        assert paper_scale.main([*words, "--output", str(output)]) == 0
    found = {(row["method"], row["precision"]): row["steps"] for row in rows_of(output)}
    assert found == {
        ("cyclegan", "mixed_bfloat16"): "3",
        ("cyclegan", "float32"): "4",
        ("cyclegan-physics", "float32"): "4",
    }
    assert len(rows_of(output)) == 3 and all(row["machine"] for row in rows_of(output))
