"""Build the site: the documents as they are in docs/, and the reference of the API from its docstrings. No network.

python tools/build_docs.py               # build/docs/index.html
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PAGES = PROJECT / "build" / "site"
SITE = PROJECT / "build" / "docs"

DOCUMENTS = (
    "guide",
    "formats",
    "napari",
    "troubleshooting",
    "cli",
    "pipeline",
    "ablations",
    "cluster",
    "security",
    "reproduction",
    "account",
    "cost",
    "closing_the_gap",
)
"""In the order of the menu; others that stand in docs/ follow."""

MODULES = {
    "Restoring arrays": ("semclear.api", "semclear.errors"),
    "Reading and writing micrographs": (
        "semclear.io.read",
        "semclear.io.write",
        "semclear.io.read_single",
        "semclear.io.intensity",
        "semclear.io.databar",
    ),
}
"""Modules of the reference by chapter."""

LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def linked(text: str, folder: Path) -> str:
    """Return a document with links that hold in the site; what lies outside it becomes plain text.

    Parameters
    ----------
    text : str
        Markdown.
    folder : Path
        Where the document lies, from which its links lead.
    """

    def replaced(match: re.Match[str]) -> str:
        words, target = match.groups()
        name, mark, anchor = target.partition("#")
        if not name or "://" in name:
            return match[0]
        path = (folder / name).resolve()
        if path.parent == PROJECT / "docs":
            return f"[{words}]({path.name}{mark}{anchor})"
        if path == PROJECT / "README.md":
            return f"[{words}](readme.md{mark}{anchor})"
        return words

    return LINK.sub(replaced, text).replace("](docs/figures/", "](figures/")


def lay_out() -> None:
    """Write the pages' sources anew."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(PROJECT / "docs" / "figures", PAGES / "figures")
    readme = linked((PROJECT / "README.md").read_text(encoding="utf-8"), PROJECT)
    (PAGES / "readme.md").write_text(readme, encoding="utf-8")
    found = {path.stem: path for path in sorted((PROJECT / "docs").glob("*.md"))}
    for path in found.values():
        text = linked(path.read_text(encoding="utf-8"), path.parent)
        (PAGES / path.name).write_text(text, encoding="utf-8")
    names = [name for name in DOCUMENTS if name in found]
    names += [name for name in found if name not in names]
    menu = "\n".join(["readme", *names, "reference"])
    (PAGES / "index.md").write_text(
        "# semclear\n\nUnpaired restoration of blurred, fogged and charging SEM micrographs: a tool, and a "
        f"reproducible study.\n\n```{{toctree}}\n:maxdepth: 1\n\n{menu}\n```\n",
        encoding="utf-8",
    )
    chapters = ["# Reference\n"]
    for chapter, modules in MODULES.items():
        chapters.append(f"## {chapter}\n")
        for module in modules:
            chapters.append(f"### {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n```\n")
    (PAGES / "reference.md").write_text("\n".join(chapters), encoding="utf-8")


def main() -> int:
    """Lay the pages out and build the site; a warning is an error."""
    lay_out()
    options = ["--fail-on-warning", "--keep-going", "--quiet", "--fresh-env", "--builder", "html"]
    command = [sys.executable, "-m", "sphinx", *options, "--conf-dir", str(PROJECT / "tools" / "site")]
    return subprocess.run([*command, str(PAGES), str(SITE)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
