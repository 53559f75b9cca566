"""Seconds by rule, and how a study of fewer steps is stretched to one of more."""

import pytest

from benchmarks.cost import breakdown

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
PARAMS = """scale: laptop
scales: {{laptop: {{train: {{epochs: 10, steps_per_epoch: 100}}}}}}
train: {{budget: {budget}}}
experiments: {{fog: {{dataset: fog, method: paired}}, edge: {{dataset: fog, method: cyclegan, budget: 0.5}}}}
"""


def _study(folder, budget, cpu):
    for name, seconds in cpu.items():
        path = folder / "results/benchmarks" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEAD}20.0\t0:00:20\t150.5\t1\t1\t1\t1\t1\t50\t{seconds}\n")
    (folder / "params.yaml").write_text(PARAMS.format(budget=budget))
    return folder


@pytest.fixture
def studies(tmp_path):
    here = {"train/fog": 60, "train/edge": 30, "restore/fog": 8, "synthesize": 2, "plot": "NA"}
    there = {"train/fog": 30, "train/edge": 50, "restore/fog": 16, "synthesize": 2, "degrade/fog": 1}
    return _study(tmp_path / "here", 1.0, here), _study(tmp_path / "there", 0.1, there)


def _run(studies, tmp_path, *words):
    code = breakdown.main(["--study", str(studies[0]), "--results", str(tmp_path), *map(str, words)])
    page = tmp_path / "breakdown.md"
    return code, page.read_text() if page.is_file() else ""


def test_rules_their_share_and_the_rest(studies, tmp_path, capsys):
    code, page = _run(studies, tmp_path)
    assert code == 0 and capsys.readouterr().out == page
    assert "| train | 2 | 90.0 | 90.0% | 40.0 | 150 |" in page
    assert "| neither training, restoring, scoring nor classical | 2 | 2.0 | 2.0% |" in page
    assert "| all | 5 | 100.0 | 100.0% |" in page
    assert page.index("| train |") < page.index("| restore |") < page.index("| synthesize |")


def test_missing_steps_are_put_in_at_the_measured_pace(studies, tmp_path, capsys):
    code, _ = _run(studies, tmp_path, "--against", studies[1])
    assert code == 1 and "training fog has 100 steps there, expected 1000 as here" in capsys.readouterr().err
    pace = tmp_path / "pace.csv"
    lines = ["code_label,kind,method,pace_cpu_s", "before,fog-paired,paired,0.1", "other,fog,paired,9"]
    pace.write_text("\n".join(lines) + "\n")
    code, page = _run(studies, tmp_path, "--against", studies[1], "--pace", pace, "--pace-label", "before")
    # 30 + 900 x 0.1 for fog; edge has its 500 steps in both.
    assert code == 0 and "| train | 2 | 90.0 | 170.0 | 90.0 | 0.529 |" in page
    assert "100 steps, counted as 1000" in page and "| restore | 1 | 8.0 | 16.0 | 0.0 | 0.500 |" in page
    assert (
        "Only here, and not compared: plot." in page and "Only there, and not compared: degrade fog." in page
    )
    code, page = _run(studies, tmp_path, "--against", studies[1], "--scale-training", 3)
    assert code == 0 and "| train | 2 | 90.0 | 240.0 | 160.0 | 0.375 |" in page


def test_what_is_not_there_is_said(tmp_path, capsys):
    assert breakdown.main(["--study", str(tmp_path), "--results", str(tmp_path)]) == 1
    assert "got no .tsv files, expected a study's" in capsys.readouterr().err
