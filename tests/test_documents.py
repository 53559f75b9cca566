"""What the documents say can be done and found, is so."""

import re
from pathlib import Path

import pytest
import test_architecture
import yaml

from semclear import params

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
ARCHITECTURE = ROOT / "docs" / "architecture.md"
LINE, WORDS = 120, 1200
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


def test_examples_of_the_documents_are_valid_settings():
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        for key, lines in yaml.safe_load(block).items():
            values[key] = {**values[key], **lines}
    params.validate(params.Params, values, "documents")


def test_commands_of_the_documents_are_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = r"(?:`|\$ )make ([a-z-]+)"
    assert set(re.findall(used, TEXT)) <= targets
    assert {"all", "test", "ui", "report"} <= set(re.findall(used, DOCUMENTS[0].read_text(encoding="utf-8")))


def test_scales_named_in_the_documents_exist():
    scales = set(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["scales"])
    named = set(re.findall(r"`scale: (\w+)", TEXT))
    assert named and named <= scales


def test_benchmarks_named_in_the_documents_exist():
    named = set(re.findall(r"python -m (benchmarks(?:\.\w+)+)", TEXT)) - {"benchmarks.FOLDER.NAME"}
    assert named and all((ROOT / f"{name.replace('.', '/')}.py").is_file() for name in named)


def test_the_readme_is_short():
    assert len(DOCUMENTS[0].read_text(encoding="utf-8").split()) <= WORDS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_lines_can_be_read(document):
    lines = document.read_text(encoding="utf-8").splitlines()
    assert not [
        number for number, line in enumerate(lines, 1) if len(line) > LINE and not line.startswith("|")
    ]


def test_paths_named_in_the_architecture_exist():
    named = re.findall(
        r"`([\w.-]+(?:/[\w.-]*)+|[\w.-]+\.(?:md|py|toml|yaml|lock))`", ARCHITECTURE.read_text("utf-8")
    )
    assert len(named) > 50
    assert not [name for name in named if not (ROOT / name).exists()]


def test_every_folder_of_the_package_is_in_the_architecture():
    text = ARCHITECTURE.read_text(encoding="utf-8")
    folders = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "src").rglob("*.py")}
    assert not [folder for folder in sorted(folders) if f"`{folder}/`" not in text]


def test_the_order_of_imports_in_the_architecture_is_the_one_tested():
    section = ARCHITECTURE.read_text(encoding="utf-8").split("## Who may import whom")[1].split("\n## ")[0]
    rows = [set(re.findall(r"`(\w+)`", line)) for line in re.findall(r"^\d+\. (.+)$", section, re.MULTILINE)]
    assert rows == [set(row) for row in test_architecture.ROWS]


def test_symptoms_of_the_table_are_messages_of_the_program():
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
    source = re.sub(r'"\n\s*f?"', "", source)  # texts that go on in the next line
    table = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| Symptom")]
    assert len(rows) >= 20
    unknown = []
    for row in rows:
        for symptom in re.findall(r"`([^`]+)`", row.split("|")[1]):
            # What differs from case to case: numbers, names in quotes, and what the table leaves out.
            parts = [part.strip() for part in re.split(r"\.\.\.|'[^']*'|\d+(?: x \d+)?", symptom)]
            unknown += [symptom for part in parts if len(part) > 8 and part not in source]
    assert set(unknown) <= {
        "semclear: command not found",
        "photo.jpg",
        "photo.png",
        "report.html: exists already",
    }


def test_options_in_the_documents_exist():
    reference = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    wrong, seen = [], 0
    for document in DOCUMENTS:
        for command, words in re.findall(
            r"^ *\$ semclear (restore|inspect|models)\b(.*)$",
            document.read_text(encoding="utf-8"),
            re.MULTILINE,
        ):
            known = reference.split(f"## semclear {command}\n")[1].split("\n## ")[0]
            options = re.findall(r"(?<= )--?[a-z][a-z-]*", words)
            seen += len(options)
            wrong += [f"{command} {option}" for option in options if f"`{option}`" not in known]
    assert seen > 5 and not wrong
