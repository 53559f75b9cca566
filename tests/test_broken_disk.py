"""Every rule on a full or read-only disk: one line names the file, and afterwards the same command works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from pipeline_checks.sandbox import shrink
from project_copy import copy_project, environment

from benchmarks import broken_disks
from benchmarks.broken_disks import DISKS, hashes
from semclear.files import SCRATCH

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0,
        reason="no mounts of one's own on this system",
    ),
]

#: Those that a study of one training has.
RULES = tuple(rule for rule in broken_disks.RULES if rule[0] not in ("ingest", "score_classical"))
BY_NAME = {rule[0]: rule for rule in RULES}


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    variables = environment() | {"PYTHONPATH": str(folder / "src"), "SEMCLEAR_TRACKING": "off"}
    return subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with the smallest study of one training, built."""
    folder = copy_project(tmp_path_factory.mktemp("study"))
    file = folder / "params.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    shrink(params)
    params["degradations"] = {"fog": params["degradations"]["fog"]}
    params["experiments"] = {"fog": {"dataset": "fog", "method": "cyclegan"}}
    params["scales"]["smoke"]["train"]["epochs"] = 1
    file.write_text(yaml.safe_dump(params, sort_keys=False))
    done = _run(folder, "snakemake", "--cores", "2", "--nocolor", "all")
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def commands(study: Path) -> dict[str, str]:
    """Return each rule's own command, as Snakemake would run it."""
    done = _run(study, "snakemake", "-n", "-p", "--forceall", "--nocolor", "all")
    found = re.findall(
        r"^(?:Shell command: +)?(semclear step (\S+) .*?)(?: > \S+ 2>&1)?$", done.stdout, re.MULTILINE
    )
    return {
        step: command
        for command, step in reversed(found)
        if "classical/fog/manifest.json --scores" not in command
    }


@pytest.mark.parametrize(
    ("rule", "folder", "output", "disk"),
    [(*row, "no space") for row in RULES]
    # Other reasons to refuse are told by the same lines of files.py: a file, files of one folder, and a folder.
    + [
        (*row, disk)
        for row in RULES
        if row[0] in ("degrade", "settings")
        for disk in DISKS
        if disk != "no space"
    ],
)
def test_a_step_says_in_one_line_which_file_it_cannot_write(
    study: Path, commands: dict[str, str], rule: str, folder: str, output: str, disk: str
) -> None:
    before = hashes(study / folder)
    assert output in {f"{folder}/{name}" for name in before}
    script = DISKS[disk].format(folder=folder) + commands[rule]
    done = _run(study, "unshare", "-rm", "bash", "-c", script)
    assert done.returncode == 1, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert re.match(rf"error: (\S*/)?{folder}\S*: cannot be written \(", last), last
    assert not SCRATCH.search(last.split(": ")[1].rpartition("/")[2]), last
    assert ("make the folder writable" in last) is (disk == "read-only")
    assert hashes(study / folder) == before
    assert not [path for path in (study / folder).rglob("*") if SCRATCH.fullmatch(path.name)]


@pytest.mark.parametrize(
    ("rule", "folder", "output"), [BY_NAME["degrade"], BY_NAME["tabulate"]], ids=["degrade", "tabulate"]
)
def test_a_run_on_a_full_disk_fails_and_the_next_one_finishes(
    study: Path, rule: str, folder: str, output: str
) -> None:
    before = hashes(study / folder)
    command = f"snakemake --cores 2 --nocolor --forcerun {rule} --until {rule} -- {output}"
    done = _run(study, "unshare", "-rm", "bash", "-c", DISKS["no space"].format(folder=folder) + command)
    assert done.returncode == 1
    assert "cannot be written (No space left on device)" in done.stdout + done.stderr
    done = _run(study, *command.split())
    assert done.returncode == 0, done.stderr[-3000:]
    assert hashes(study / folder) == before


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("results/models/fog.semclear", "restore"),
        ("data/fog/images", "train"),
        ("data/fog/images", "restore"),
        ("data/fog/images", "classical"),
        ("results/restored/fog/images", "score"),
        ("data/fog/manifest.json", "degrade"),
        ("data/fog/manifest.json", "score"),
        ("results/models/fog.semclear", "release"),
    ],
)
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_input_is_named(
    study: Path, commands: dict[str, str], file: str, rule: str, damage: str
) -> None:
    if rule == "degrade":
        file = "data/scenes/manifest.json"
    path = study / file
    images = path.is_dir()
    if images:
        used = {
            "train": ("clear", "degraded"),
            "restore": ("test",),
            "classical": ("validation",),
            "score": ("",),
        }[rule]
        records = json.loads((path.parent / "manifest.json").read_text())["records"]
        path = path.parent / next(r["image"] for r in records if r.get("split", "") in used)
    content = path.read_bytes()
    middle = len(content) // 2
    if damage == "flipped" and not images and path.suffix == ".json":
        middle = content.index(b'"records"') + 1  # another key, which the manifest lacks
    broken = (
        content[:middle]
        if damage == "cut"
        else content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    )
    try:
        path.write_bytes(broken)
        done = _run(study, "bash", "-c", commands[rule])
    finally:
        path.write_bytes(content)
    assert done.returncode == 1, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ") and path.name in last, last
