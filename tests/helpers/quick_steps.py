"""Steps that write small files at once: a whole study in seconds, to try the workflow and not the science.

`quicken` puts this module in the place of the command line of a copied project:
the rules, Snakemake and DVC are the real ones. A step's files depend on its
settings and inputs alone, so that equal runs give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from itertools import pairwise
from pathlib import Path

import yaml

SINGLE = ("bundle", "history", "steps", "scores", "card", "metrics")


def quicken(folder: Path) -> Path:
    """Give the copied project in `folder` these steps and one small training, and return it."""
    shutil.copy(__file__, folder / "src" / "semclear" / "cli" / "main.py")
    file = folder / "params.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    params["degradations"] = {"fog": params["degradations"]["fog"]}
    params["experiments"] = {"fog": {"dataset": "fog", "method": "cyclegan"}}
    file.write_text(yaml.safe_dump(params, sort_keys=False))
    return folder


def main() -> None:
    """Run ``semclear step NAME OPTIONS``."""
    from semclear.evaluation.figures.names import figure_names
    from semclear.evaluation.release.names import release_names
    from semclear.files import sha256, whole_file
    from semclear.study import orphans

    orphans.guard()
    step, words = sys.argv[2], sys.argv[3:]
    options = {word[2:]: value for word, value in pairwise(words) if word.startswith("--")}
    params = json.loads(options.get("params", "{}"))
    written = _written(step, options)
    read = [w for w in words if not w.startswith("{") and w not in written and Path(w).is_file()]
    content = json.dumps([step, params, sorted(sha256(path) for path in read)], sort_keys=True)
    text = hashlib.sha256(content.encode()).hexdigest() + "\n"
    files = [Path(name) for name in written]
    if "manifest" in options:
        files.append(Path(options["manifest"]).parent / "images" / "a.png")
    if step == "settings":
        files = [Path(options["folder"]) / f"{name}.json" for name in params["experiments"]]
    if step == "tabulate":
        names = ("summary", "closure", "comparison", "ablation", "trust", "checks")
        tables = [f"{name}.{kind}" for name in names for kind in ("csv", "md", "tex")]
        files += [Path(options["tables"]) / name for name in ("scores.csv", *tables)]
        text = json.dumps({"sum": text})
    if step == "plot":
        files = [Path(options["figures"]) / name for name in figure_names(params)]
    if step == "release":
        files = [Path(options["folder"]) / name for name in release_names(params)]
    for path in files:
        with whole_file(path) as scratch:
            scratch.write_text(text)


def _written(step: str, options: dict[str, str]) -> list[str]:
    reads = {"restore": ("bundle",), "score": ("bundle", "history", "steps", "restored")}.get(step, ())
    return [options[name] for name in (*SINGLE, "manifest") if name in options and name not in reads]
