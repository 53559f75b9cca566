"""The command line: quick answers, one line for bad input, nothing heavy before it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("tensorflow", "keras", "matplotlib", "pandas", "skimage", "cv2", "mlflow", "dvc", "snakemake")
STEPS = (
    "synthesize",
    "degrade",
    "ingest",
    "train",
    "restore",
    "classical",
    "score",
    "tabulate",
    "plot",
    "release",
)

FOG = {
    "seed": 1,
    "degradations.fog": {
        "blur": {"sigma": [1.0, 2.0]},
        "fog": None,
        "noise": {"sigma": [0.0, 0.01], "dose": [100.0, 200.0]},
    },
}
SCENES = {
    "seed": 1,
    "scenes": {
        "kinds": ["spheres"],
        "pixel_size_nm": [2.0, 4.0],
        "dose": [150.0, 500.0],
        "edge_width": [0.5, 0.9],
    },
    "scales.smoke.data": {"size": 64, "train": 2, "validation": 1, "test": 1},
}


def _semclear(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "semclear.cli", *words], cwd=cwd, capture_output=True, text=True
    )


def test_help_names_every_step() -> None:
    done = _semclear("step", "--help")
    assert done.returncode == 0
    assert all(step in done.stdout for step in STEPS)


def test_help_lists_a_person_s_commands_apart_from_the_study_s() -> None:
    text = _semclear("--help").stdout
    micrographs, study = text.split("For micrographs:")[1].split("For the study:")
    assert [line.split()[0] for line in micrographs.splitlines() if line.strip()] == [
        *("inspect", "restore", "models", "train", "export", "doctor")
    ]
    assert [line.split()[0] for line in study.splitlines() if line.strip()] == [
        *("pack", "sync", "benchmark", "step")
    ]
    assert "Commands:" not in text  # none is in no group


REFUSED = "step train --params {} --model a --data d --bundle b --history h --steps s"

IMPORTED = f"""
import sys
from semclear.cli import main as cli
try:
    cli.main()
except SystemExit:
    pass
print("HEAVY", [name for name in {HEAVY} if name in sys.modules])
"""


LIGHT = (
    *("--help", "--version", "step train --help", "step train", REFUSED),
    *("restore --help", "restore", "inspect --help", "models --help", "models", "train --help"),
    *(
        "restore a.tif -o out --memory lots",
        "restore a.tif -o out --model none",
        "restore none.tif -o out --method clahe",
    ),
)


@pytest.mark.parametrize("words", LIGHT)
def test_nothing_heavy_is_imported_for_an_answer(words: str) -> None:
    command = [sys.executable, "-c", IMPORTED, *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ("{", "--params: got no JSON"),
        ("[1]", "got list, expected a JSON object"),
        (json.dumps({"seed": 1}), "expected ['degradations.fog', 'seed']"),
        (json.dumps(FOG | {"train": {}}), "expected ['degradations.fog', 'seed']"),
        (json.dumps(FOG | {"degradations.fog": {"blurr": None}}), "blurr: unknown key"),
    ],
)
def test_wrong_slices_are_one_line(tmp_path: Path, params: str, said: str) -> None:
    made = tmp_path / "out" / "manifest.json"
    done = _semclear(
        "step",
        "degrade",
        "--params",
        params,
        "--dataset",
        "fog",
        "--scenes",
        "none.json",
        "--manifest",
        str(made),
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not made.parent.exists()


def test_missing_input_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    done = _semclear(
        *("step", "degrade", "--params", json.dumps(FOG), "--dataset", "fog"),
        *("--scenes", "nowhere/manifest.json", "--manifest", "out/manifest.json"),
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "nowhere/manifest.json" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_two_steps_make_a_data_set(tmp_path: Path) -> None:
    first = ("step", "synthesize", "--params", json.dumps(SCENES), "--manifest", "scenes/manifest.json")
    second = ("step", "degrade", "--params", json.dumps(FOG), "--dataset", "fog")
    where = ("--scenes", "scenes/manifest.json", "--manifest", "fog/manifest.json")
    for words in (first, (*second, *where)):
        done = _semclear(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    made = json.loads((tmp_path / "fog" / "manifest.json").read_text())
    assert made["dataset"] == "fog" and len(made["records"]) == 6
