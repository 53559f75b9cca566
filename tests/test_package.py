"""What a person who installs the package gets: one version, types, and everything that the tool needs."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import semclear

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_version_stands_in_one_place():
    assert PROJECT["project"]["dynamic"] == ["version"] and "version" not in PROJECT["project"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "semclear.__version__"}
    assert importlib.metadata.version("semclear") == semclear.__version__
    tree = ast.parse((ROOT / "src" / "semclear" / "__init__.py").read_text(encoding="utf-8"))
    # As a literal, which the build reads without importing the package.
    (stated,) = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__version__"
    ]
    assert stated == semclear.__version__


def test_citation_and_changelog_are_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(cited["version"]) == semclear.__version__
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first is not None and first[1] == semclear.__version__


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "src" / "semclear" / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["semclear"]


def test_files_that_are_no_modules_go_into_the_wheel():
    given = PROJECT["tool"]["setuptools"]["package-data"]
    source = ROOT / "src"
    wanted = {path for path in (source / "semclear").rglob("*") if path.is_file() and path.suffix != ".py"}
    wanted = {
        path for path in wanted if path.suffix not in {".pyc", ".keras"} and "__pycache__" not in path.parts
    }
    packed = {
        path
        for package, patterns in given.items()
        for pattern in patterns
        for path in (source / package.replace(".", "/")).glob(pattern)
    }
    assert wanted == packed


def test_a_build_has_the_settings_of_the_study_where_the_program_looks(tmp_path):
    command = [sys.executable, "setup.py", "--quiet", "egg_info", "--egg-base", tmp_path]
    command += ["build_py", "--build-lib", tmp_path / "built"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    code = "from semclear.tool.own_data import plan; print(plan.shipped_params())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "built")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    packed = Path(done.stdout.strip())
    assert packed.is_relative_to(tmp_path) and packed.read_bytes() == (ROOT / "params.yaml").read_bytes()


@pytest.mark.parametrize("extra", sorted(PROJECT["project"]["optional-dependencies"]))
def test_no_requirement_stands_twice(extra):
    names = [
        re.split(r"[\[<>=!~ ]", text)[0].lower()
        for text in PROJECT["project"]["optional-dependencies"][extra]
    ]
    assert len(names) == len(set(names))


def test_hooks_and_linters_run_the_same_programs():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    ran = {hook["entry"].split("/")[-1].split()[0] for repo in hooks["repos"] for hook in repo["hooks"]}
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nlint:")[1].split("\n\n")[0]
    assert ran == {"ruff", "snakefmt", "mypy"}
    for program in ran:
        assert f"$(RUN) {program}" in recipe


@pytest.mark.parametrize("workflow", ["study.yml", "tool.yml"])
def test_workflows_name_what_there_is(workflow):
    text = (ROOT / ".github" / "workflows" / workflow).read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for job in jobs.values():
        for step in job["steps"]:
            words = step.get("run", "").split()
            if words[:1] == ["make"]:
                assert words[1] in targets
            for word in words:
                if word.startswith(("tests/", "tools/")):
                    assert (ROOT / word).exists()
