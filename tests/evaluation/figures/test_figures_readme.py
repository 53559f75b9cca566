"""The README's results come from a run's tables, and from nowhere else."""

import importlib.util
import subprocess
from pathlib import Path

import matplotlib.image
import pandas as pd
import pytest
from fake_study import FakeStudy

from semclear.errors import SemclearError
from semclear.evaluation import study_files

TOOL = Path(__file__).parents[3] / "tools" / "readme_figures.py"
PARAMS = """\
scale: smoke
evaluation: {confidence: 0.95}
degradations: {hybrid: null}
experiments:
  hybrid: {dataset: hybrid, method: cyclegan}
  hybrid-paired: {dataset: hybrid, method: paired}
"""


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("readme_figures", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(tmp_path):
    experiments = {"hybrid": {"dataset": "hybrid", "method": "cyclegan"}}
    experiments["hybrid-paired"] = {"dataset": "hybrid", "method": "paired"}
    FakeStudy(tmp_path, experiments, count=5)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "README.md").write_text("before\n<!-- results -->\nold\n<!-- /results -->\nafter\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@t"]
    for arguments in (["init", "-q"], ["add", "params.yaml", "README.md"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], check=True)
    return tmp_path


def test_table_picture_and_commit_are_those_of_the_run(tool, run):
    tool.main(["--root", str(run)])
    readme = (run / "README.md").read_text()
    commit = subprocess.check_output(["git", "-C", str(run), "rev-parse", "HEAD"], text=True)[:10]
    summary = pd.read_csv(study_files.table(run, "summary"))
    scores = pd.read_csv(study_files.table(run, "scores"))
    ours = scores[(scores.method == "cyclegan") & (scores.metric == "psnr")]["value"].mean()
    assert readme.startswith("before\n") and readme.endswith("after\n") and "old" not in readme
    assert f"`{commit}`" in readme and f"{ours:.2f} [" in readme and len(summary) > 0
    assert matplotlib.image.imread(run / "docs/figures/before_after.png").shape[1] > 600
    tool.main(["--root", str(run)])
    assert (run / "README.md").read_text() == readme


def test_a_run_of_other_settings_is_refused(tool, run):
    (run / "params.yaml").write_text(PARAMS.replace("0.95", "0.9"))
    with pytest.raises(SemclearError, match=r"params\.yaml differs from the commit"):
        tool.main(["--root", str(run)])


def test_markers_must_be_there(tool):
    with pytest.raises(SemclearError, match="once each"):
        tool.inserted("no marker", "text")
