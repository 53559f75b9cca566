"""What the documents say can be done and found, is so."""

import re
from pathlib import Path

import pytest
import yaml

from semclear import params

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")


def headings(path: Path) -> set[str]:
    """Return the anchors that a Markdown file's headings have on the usual hosts."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text).strip().lower().replace(" ", "-") for text in found}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    unfinished = "To be filled by" in text  # pictures come with the results of a run
    wrong = []
    for picture, target in LINK.findall(text):
        if target.startswith("http") or (picture and unfinished):
            continue
        name, _, anchor = target.partition("#")
        file = document.parent / name if name else document
        if not file.exists() or (anchor and anchor not in headings(file)):
            wrong.append(target)
    assert not wrong


def test_examples_of_the_readme_are_valid_settings():
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    blocks = re.findall(
        r"^ *```yaml\n(.*?)^ *```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) >= 2
    for block in blocks:
        for key, lines in yaml.safe_load(block).items():
            values[key] = {**values[key], **lines}
    params.validate(params.Params, values, "README.md")


def test_commands_of_the_readme_are_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = set(re.findall(r"`?\bmake ([a-z-]+)[`\s]", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"all", "test", "ui", "report"} <= used & targets
    assert used - targets <= {"and"}  # "make and git"


def test_scales_named_in_the_readme_exist():
    scales = set(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["scales"])
    assert set(re.findall(r"scale: (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"))) <= scales
