"""What the workflow is deployed by: profiles, image, and the catalogue's rules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from project_copy import copy_project
from snakemake_plan import Job, plan, read

ROOT = Path(__file__).parents[1]
PROFILES = sorted(path.parent.name for path in (ROOT / "profiles").glob("*/config.yaml"))


def _profile(name: str) -> dict:
    return yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_decides_by_content_and_makes_the_unfinished_again(name: str) -> None:
    """It takes the place of profiles/default, so it must hold what correctness rests on."""
    values = _profile(name)
    assert {"max-checksum-file-size", "rerun-incomplete", "keep-going"} <= values.keys()
    assert ("cores" in values) is not ("executor" in values)
    assert ("executor" in values) is ("retries" in values)


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_told_of(name: str) -> None:
    assert f"`profiles/{name}`" in (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROFILES)
def test_no_profile_holds_a_secret(name: str) -> None:
    text = (ROOT / "profiles" / name / "config.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(secret|password|token|access.key)\w*\s*[:=]\s*\S", text, re.IGNORECASE)


def test_profiles_name_rules_that_exist() -> None:
    rules = "\n".join(path.read_text("utf-8") for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    for name in PROFILES:
        for rule in _profile(name).get("set-resources", {}):
            assert f"rule {rule}:" in rules


def test_the_catalogue_finds_what_it_looks_for() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert (ROOT / "config" / "README.md").is_file()


@pytest.mark.slow
def test_the_catalogue_s_snakefile_is_the_same_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_project(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    above = plan(folder)
    assert len(above) > 20
    other = plan(folder, "--snakefile", "workflow/Snakefile")

    # Jobs that do not wait for one another come in any order.
    def place(job: Job) -> tuple[str, list[tuple[str, str]]]:
        return job.rule, sorted(job.wildcards.items())

    assert sorted(other, key=place) == sorted(above, key=place)


@pytest.mark.slow
def test_a_deployed_workflow_plans_the_same_jobs_in_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the Snakefile that snakedeploy writes does: another folder, which holds config/ and profiles/ alone."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "project").mkdir()
    project, deployed = copy_project(tmp_path / "project"), tmp_path / "deployed"
    shutil.copytree(ROOT / "profiles", deployed / "profiles")
    shutil.copytree(ROOT / "config", deployed / "config")
    (deployed / "workflow").mkdir()
    (deployed / "workflow" / "Snakefile").write_text(
        f"""configfile: "config/config.yaml"


module semclear:
    snakefile:
        {str(project / "workflow" / "Snakefile")!r}
    config:
        config


use rule * from semclear
""",
        encoding="utf-8",
    )
    words = ["snakemake", "--dry-run", "--nocolor"]
    done = subprocess.run(words, cwd=deployed, capture_output=True, text=True, check=True)
    jobs = read(done.stdout + done.stderr)
    assert len(jobs) > 20 and {job.rule for job in jobs} >= {
        "synthesize",
        "train",
        "tabulate",
        "plot",
        "release",
    }
    files = {file for job in jobs for file in job.inputs if file.endswith(".py")}
    assert files and all(Path(file).is_file() for file in files)
    text = (deployed / "config" / "config.yaml").read_text(encoding="utf-8")
    (deployed / "config" / "config.yaml").write_text(
        text.replace("scale: laptop", "scale: huge"), encoding="utf-8"
    )
    refused = subprocess.run(words, cwd=deployed, capture_output=True, text=True)
    assert refused.returncode and "config/config.yaml: scale is 'huge'" in refused.stdout + refused.stderr


def test_the_configuration_that_is_deployed_is_params_yaml() -> None:
    assert (ROOT / "config" / "config.yaml").resolve() == ROOT / "params.yaml"


def test_the_image_installs_the_lock_with_hashes_and_takes_no_secret_along() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    installs = re.findall(r"pip install (.*?)(?: \\| &&|$)", recipe, re.MULTILINE)
    assert installs and all("--require-hashes -r" in line or "--no-deps" in line for line in installs)
    assert recipe.index("USER researcher") < recipe.index("CMD")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".dvc/config.local"} <= set(ignored)


def test_the_audit_and_the_page_on_security_speak_of_the_same_pins() -> None:
    pins = len(re.findall(r"^\S+==", (ROOT / "requirements" / "study.lock").read_text("utf-8"), re.MULTILINE))
    assert f"{pins} pins" in " ".join((ROOT / "docs" / "security.md").read_text("utf-8").split())
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "pip-audit --requirement requirements/study.lock --require-hashes" in makefile


def test_pins_in_the_table_of_advisories_are_those_of_the_lock() -> None:
    lock = (ROOT / "requirements" / "study.lock").read_text("utf-8")
    table = (ROOT / "docs" / "security.md").read_text("utf-8").split("| Package | Pin |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| ([\w-]+)[^|]*\| ([\d.]+) \|", table, re.MULTILINE)
    assert len(rows) >= 10
    assert [name for name, pin in rows if f"\n{name}=={pin} " not in lock] == []


def test_slurm_asks_for_gpus_as_gres() -> None:
    resources = _profile("slurm")["set-resources"]
    assert {rule: values["gres"] for rule, values in resources.items()} == {
        "train": "gpu:1",
        "restore": "gpu:1",
    }
    assert all(values["gpu"] == 0 for values in resources.values())  # both at once are an error of the plugin
