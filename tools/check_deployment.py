"""Deploy the workflow by snakedeploy, as a person who found it in the catalogue would, and run it there.

    python tools/check_deployment.py [--run] [--snakedeploy FILE] [--work FOLDER]

snakedeploy takes GitHub and GitLab alone, so Git is told for these programs that github.com is a folder with a bare
clone of the present commit: `snakedeploy deploy-workflow https://github.com/semclear/semclear`, then `snakemake -n`
in the deployed folder; with --run also `snakemake all` at the smoke scale with three trainings, and the report.
Nothing is fetched over a network. snakedeploy is no dependency: `pip install snakedeploy`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from pipeline_checks.sandbox import shrink

PROJECT = Path(__file__).parents[1]
NAME = "semclear/semclear"
TAG = "deployed"


def environment(home: Path) -> dict[str, str]:
    """Return the environment in which github.com is a folder, and Snakemake's cache of sources another."""
    hidden = ("DVC_", "MLFLOW_", "GIT_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        # What a person would have installed.
        "PYTHONPATH": str(PROJECT / "src"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{(home / 'github').as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
        "GITHUB_TOKEN": "",
    }


def said(words: list[str], folder: Path, env: dict[str, str]) -> str:
    """Return what a command printed; it must succeed.

    Raises
    ------
    SystemExit
        With the end of what it printed, where it does not.
    """
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: exit code {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout + done.stderr


def deploy(program: str, home: Path) -> Path:
    """Deploy the present commit and return the folder.

    Parameters
    ----------
    program : str
        snakedeploy.
    home : Path
        An empty folder.
    """
    bare = home / "github" / f"{NAME}.git"
    bare.parent.mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", str(PROJECT), str(bare)], check=True)
    subprocess.run(["git", "--git-dir", str(bare), "tag", "--force", TAG, _head()], check=True)
    env = environment(home)
    # Its own packages are where it was installed, perhaps apart from ours.
    apart = Path(program).resolve().parents[1]
    own = env | {"PYTHONPATH": str(apart)} if (apart / "snakedeploy").is_dir() else env
    words = [program, "deploy-workflow", f"https://github.com/{NAME}", str(home / "deployed"), "--tag", TAG]
    said(words, home, own)
    return home / "deployed"


def _head() -> str:
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.strip()


def main() -> int:
    """Deploy, plan, and run where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--run", action="store_true", help="also run it, at the smoke scale with three trainings"
    )
    parser.add_argument("--snakedeploy", default=shutil.which("snakedeploy"), help="the program")
    parser.add_argument("--work", type=Path, help="folder to work in, which stays; a temporary one without")
    asked = parser.parse_args()
    if asked.snakedeploy is None:
        sys.exit(
            "snakedeploy: not found, expected it on the PATH; pip install snakedeploy, or give --snakedeploy"
        )
    with tempfile.TemporaryDirectory() as temporary:
        home = (asked.work or Path(temporary)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        folder, env = deploy(asked.snakedeploy, home), environment(home)
        print("deployed:", *sorted(path.name for path in folder.iterdir()), flush=True)
        values = yaml.safe_load((folder / "config" / "config.yaml").read_text(encoding="utf-8"))
        if asked.run:
            shrink(values)
            (folder / "config" / "config.yaml").write_text(yaml.safe_dump(values, sort_keys=False), "utf-8")
        planned = said(["snakemake", "--dry-run", "--nocolor"], folder, env)
        print("dry run:", *re.findall(r"^total +(\d+)$", planned, re.MULTILINE)[:1], "jobs", flush=True)
        if asked.run:
            log = said(["snakemake", "--cores", "2", "--nocolor"], folder, env)
            print("run:", *re.findall(r"\d+ of \d+ steps", log)[-1:], flush=True)
            again = said(["snakemake", "--dry-run", "--nocolor"], folder, env)
            print("again:", "nothing to be done" if "Nothing to be done" in again else again[-500:])
            said(["snakemake", "--report", "report.html"], folder, env)
            print("report:", (folder / "report.html").stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
