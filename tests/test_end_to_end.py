"""The whole study in miniature: every rule, every kind of experiment, real micrographs too."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from pipeline_checks.sandbox import shrink
from project_copy import copy_project
from skimage.metrics import peak_signal_noise_ratio
from snakemake_plan import plan

IMAGES = os.environ.get("SEMCLEAR_SEM_IMAGES")
A_SIDE = 4

#: Of the experiment `hybrid`; the others are a plain CycleGAN and paired trainings.
METHOD = "cyclegan-physics"

pytestmark = pytest.mark.slow


def _own_micrographs(folder: Path) -> None:
    """Put some micrographs into two folders: real ones where there are some, else drawn ones."""
    for name, origin in (("clear", "sharp"), ("degraded", "blurry")):
        target = folder / name
        target.mkdir(parents=True)
        if IMAGES:
            found = sorted((Path(IMAGES) / origin).glob("*.png"))
            # Far apart in the sorted list: neighbours are often parts of one picture.
            for file in found[:: max(1, len(found) // A_SIDE)][:A_SIDE]:
                shutil.copy(file, target)
            continue
        for number in range(A_SIDE):
            rng = np.random.default_rng([number, len(name)])
            image = cv2.GaussianBlur(rng.random((150, 170)), (0, 0), 2.0 if name == "clear" else 4.0)
            image = (image - image.min()) / np.ptp(image)
            cv2.imwrite(str(target / f"{name}{number}.png"), (image * 65535).astype(np.uint16))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Run the miniature study and return its folder and environment."""
    folder = copy_project(tmp_path_factory.mktemp("study"))
    _own_micrographs(folder / "own")
    params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    shrink(params)
    del params["degradations"]["fog"], params["experiments"]["fog-paired"]
    params["real"] = {"own": {"clear": "own/clear", "degraded": "own/degraded"}}
    params["experiments"] |= {
        "hybrid": {"dataset": "hybrid", "method": METHOD},
        "own": {"dataset": "own", "method": "cyclegan"},
        "edge-2": {"dataset": "hybrid", "method": "paired", "study": "edge", "edge_weight": 2.0},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    hidden = ("DVC_", "MLFLOW_", "SEMCLEAR_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["snakemake", "--cores", "8", "--nocolor", "all"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return folder, environment


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_neither_orchestrator_has_anything_left_to_do(study: tuple[Path, dict[str, str]]) -> None:
    folder, environment = study
    assert plan(folder, environment=environment) == []
    done = subprocess.run(["dvc", "status"], cwd=folder, env=environment, capture_output=True, text=True)
    assert "up to date" in done.stdout, done.stdout


def test_a_score_is_what_scikit_image_measures_on_the_stored_files(
    study: tuple[Path, dict[str, str]],
) -> None:
    folder, _ = study
    restored = json.loads((folder / "results/restored/hybrid/manifest.json").read_text())
    entry = next(entry for entry in restored["records"] if entry["method"] == METHOD)
    data = json.loads((folder / "data/hybrid/manifest.json").read_text())
    record = next(record for record in data["records"] if record["id"] == entry["id"])
    images = [
        cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        for path in (
            folder / "data/hybrid" / record["truth"],
            folder / "results/restored/hybrid" / entry["image"],
        )
    ]
    assert all(image.dtype == np.uint8 for image in images)
    wanted = peak_signal_noise_ratio(*images, data_range=255)
    (row,) = [
        row
        for row in _rows(folder / "results/tables/scores.csv")
        if (row["model"], row["method"], row["micrograph"], row["metric"])
        == ("hybrid", METHOD, entry["id"], "psnr")
    ]
    assert float(row["value"]) == pytest.approx(wanted, abs=1e-4)


def test_tables_hold_every_model_and_classical_methods(study: tuple[Path, dict[str, str]]) -> None:
    folder, _ = study
    metrics = json.loads((folder / "results/metrics.json").read_text())
    assert {"hybrid", "hybrid-paired", "own", "edge-2", "classical-hybrid", "classical-own"} == metrics.keys()
    assert {"degraded", "wiener-true", "richardson-lucy-blind"} <= metrics["classical-hybrid"].keys()
    assert "psnr" in metrics["hybrid"][METHOD] and metrics["hybrid-paired"].keys() == {"paired"}


def test_real_micrographs_get_only_scores_that_need_no_truth(study: tuple[Path, dict[str, str]]) -> None:
    folder, _ = study
    for name in ("own", "classical-own"):
        rows = _rows(folder / f"results/scores/{name}.csv")
        assert rows and not {row["metric"] for row in rows} & {"psnr", "ssim", "psnr_affine", "coverage"}
        assert {"ag", "con", "sf"} <= {row["metric"] for row in rows}
    restored = json.loads((folder / "results/restored/own/manifest.json").read_text())
    assert {entry["method"] for entry in restored["records"]} == {"cyclegan"}


def test_unpaired_models_are_released_with_their_calibration(study: tuple[Path, dict[str, str]]) -> None:
    from semclear.models import release as releases
    from semclear.networks import bundle as bundles

    folder, _ = study
    made = folder / "results/release"
    names = {path.name for path in made.iterdir() if not path.name.startswith(".")}
    assert names == {f"{name}{ending}" for name in ("hybrid", "own") for ending in (".semclear", ".md")}
    for name, method in (("hybrid", METHOD), ("own", "cyclegan")):
        release = releases.read(made / f"{name}.semclear")
        stored = json.loads((folder / f"results/restored/{name}/manifest.json").read_text())
        known = stored["methods"][method]
        flag = known.get("flag")  # none where there are too few micrographs
        assert (release.family is None) is (flag is None)
        if flag is not None:
            assert release.family.columns() == flag["members"] and release.side == flag["tile"]
        assert release.interval_factor == known.get("interval_factor")
        assert (release.interval_factor is None) is (name == "own"), "real micrographs have no truth"
        trained = bundles.load(folder / f"results/models/{name}.semclear").networks["restorer"]
        again = bundles.load(made / f"{name}.semclear").networks["restorer"]
        assert all(np.array_equal(one, two) for one, two in zip(trained, again, strict=True))
        card = json.loads((folder / f"results/scores/{name}.card.json").read_text())
        metric = "psnr" if name == "hybrid" else "con"
        assert release.card["scores"]["restored"][metric] == pytest.approx(
            card["means"][method][metric], rel=1e-5
        )
        assert release.card["sha256"]["bundle"] == card["sha256"]["bundle"]
        assert (made / f"{name}.md").read_text().startswith(f"# Model {name}\n")


def test_null_tests_count_objects(study: tuple[Path, dict[str, str]]) -> None:
    folder, _ = study
    rows = [row for row in _rows(folder / "results/scores/hybrid.csv") if row["method"] == METHOD]
    found = {(row["micrograph"], row["metric"]) for row in rows if row["micrograph"].startswith("null-")}
    for test in ("empty", "noise"):
        assert {
            (f"null-{test}", f"null_{test}_objects"),
            (f"null-{test}", f"null_{test}_objects_before"),
        } <= found
    assert any(metric == "null_clear_objects_missed" for _, metric in found)
    assert "Null tests of the models on hybrid" in (folder / "results/tables/checks.md").read_text()


def test_cards_name_what_was_scored(study: tuple[Path, dict[str, str]]) -> None:
    import hashlib

    folder, _ = study
    card = json.loads((folder / "results/scores/hybrid.card.json").read_text())
    files = {
        "bundle": "results/models/hybrid.semclear",
        "data": "data/hybrid/manifest.json",
        "history": "results/models/hybrid.history.csv",
        "restored": "results/restored/hybrid/manifest.json",
        "steps": "results/models/hybrid.steps.csv",
    }
    assert card["sha256"] == {
        role: hashlib.sha256((folder / name).read_bytes()).hexdigest() for role, name in files.items()
    }
    values = [
        float(row["value"])
        for row in _rows(folder / "results/scores/hybrid.csv")
        if (row["method"], row["metric"]) == (METHOD, "ssim")
    ]
    assert card["means"][METHOD]["ssim"] == pytest.approx(np.mean(values))


def test_time_and_memory_of_every_rule_are_kept(study: tuple[Path, dict[str, str]]) -> None:
    folder, environment = study
    for job in plan(folder, "--forceall", environment=environment):
        path = folder / "results/benchmarks" / "/".join([job.rule, *job.wildcards.values()])
        (row,) = csv.DictReader(path.with_suffix(".tsv").read_text().splitlines(), delimiter="\t")
        assert float(row["s"]) > 0 and "max_rss" in row


def test_every_training_is_one_run_with_its_scores(study: tuple[Path, dict[str, str]]) -> None:
    import mlflow

    folder, _ = study
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiments = {e.name: e.experiment_id for e in client.search_experiments() if e.name != "Default"}
    assert experiments.keys() == {"semclear/hybrid", "semclear/own"}
    runs = {run.info.run_name: run for run in client.search_runs(list(experiments.values()))}
    assert runs.keys() == {"hybrid", "hybrid-paired", "own", "edge-2"}
    for name, run in runs.items():
        assert ("score/psnr" in run.data.metrics) is (name != "own"), name
        assert "score/con" in run.data.metrics and "edge_weight" in run.data.params
        assert any(metric.startswith("step/") for metric in run.data.metrics)


def test_no_output_names_this_machine(study: tuple[Path, dict[str, str]]) -> None:
    folder, _ = study
    texts = [
        path
        for top in ("data", "results")
        for path in (folder / top).rglob("*")
        if path.suffix in {".json", ".csv", ".md", ".tex", ".semclear"} and "benchmarks" not in path.parts
    ]
    assert len(texts) > 20
    for path in texts:
        assert str(folder).encode() not in path.read_bytes(), path
