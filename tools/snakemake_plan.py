"""What Snakemake would run, read from its dry run."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """A planned job: its rule, wildcards, inputs and outputs."""

    rule: str
    wildcards: dict[str, str]
    inputs: frozenset[str]
    outputs: frozenset[str]


def plan(folder: str | Path, *options: str, environment: dict[str, str] | None = None) -> list[Job]:
    """Return the jobs of ``snakemake -n OPTIONS all`` in a project's folder, without the rule `all`.

    Raises
    ------
    RuntimeError
        With Snakemake's words, when the dry run fails.
    """
    command = ["snakemake", "--dry-run", "--quiet", "host", "--nocolor", *options, "--", "all"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    text = done.stdout + done.stderr
    if done.returncode:
        raise RuntimeError(text)
    return read(text)


def read(text: str) -> list[Job]:
    """Return the jobs that the output of a dry run lists."""
    jobs = []
    for block in re.split(r"\n(?=\[|\n)", text):
        rule = re.search(r"^(?:local)?rule (\w+):$", block, re.M)
        if rule and rule[1] != "all":
            wildcards = dict(pair.split("=", 1) for pair in _field(block, "wildcards"))
            jobs.append(Job(rule[1], wildcards, _field(block, "input"), _field(block, "output")))
    return jobs


def _field(block: str, name: str) -> frozenset[str]:
    hit = re.search(rf"^    {name}: (.*)$", block, re.M)
    return frozenset(hit[1].split(", ")) if hit else frozenset()
