"""Imports go one way, from micrographs to the command line, and no folder is a crowd."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src" / "semclear"

#: From low to high: a module imports from its own part and lower rows only. Names of a row know nothing of each other.
ROWS = (
    *(
        {"errors"},
        {"extras", "files", "lean_import", "row_noise", "seeds"},
        {"params"},
        {"compute", "degradation", "io", "networks", "scenes", "study"},
    ),
    *({"datasets"}, {"restoration", "training"}, {"models", "packs"}, {"evaluation", "export"}),
    *({"tool"}, {"api", "napari"}, {"cli"}),
)
ROW = {name: height for height, row in enumerate(ROWS) for name in row}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "semclear":
            whole = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
            yield from {name.split(".")[1] for name in whole if name.count(".")} & {*ROW}


def test_imports_go_one_way():
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        part = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if part not in ("__init__", "pretrained"):
            wrong += [
                f"{path.relative_to(ROOT)} -> {name}"
                for name in imported(path)
                if name != part and ROW[name] >= ROW[part]
            ]
    assert not wrong


def documented(text):
    """Return the names in the first section of attributes or parameters of a docstring."""
    section = re.search(r"(?:Attributes|Parameters)\n-+\n(.*?)(?:\n\n\w+\n-+\n|\Z)", text, re.DOTALL)
    lines = section[1].splitlines() if section else []
    return [name.strip() for line in lines if line[:1].strip() for name in line.split(" : ")[0].split(",")]


def test_fields_stand_in_the_order_of_their_documentation():
    wrong, seen = [], 0
    for path in sorted(ROOT.rglob("*.py")):
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(part, ast.ClassDef):
                fields = [line.target.id for line in part.body if isinstance(line, ast.AnnAssign)]
                names = [name for name in documented(ast.get_docstring(part) or "") if name in fields]
                seen += len(names)
                if names != [name for name in fields if name in names]:
                    wrong.append(f"{path.relative_to(ROOT)}: {part.name}")
    assert seen > 100 and not wrong


def test_no_folder_has_more_than_twelve_modules():
    folders = [folder for folder in [ROOT, *ROOT.rglob("*")] if folder.is_dir()]
    assert {str(folder) for folder in folders if len([*folder.glob("[!_]*.py")]) > 12} == set()
