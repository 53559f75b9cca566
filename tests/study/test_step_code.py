"""Each step's declared source files are exactly those that its imports reach."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from semclear.params.slices import STEP_KEYS
from semclear.study.step_code import CARRIERS, ROOT, STEP_CODE, entries_of, files_of

PROJECT = Path(__file__).parents[2]


def _module_file(name: str) -> Path | None:
    base = PROJECT / "src" / Path(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.startswith("semclear")}


def _reached(tree: ast.AST) -> set[str]:
    """Return the source files, from the project's root, that a piece of code imports directly or indirectly."""
    waiting, seen = _imports(tree), set()
    while waiting:
        name = waiting.pop()
        path = _module_file(name)
        if path is not None and path not in seen:
            seen.add(path)
            source = path.read_text(encoding="utf-8")
            waiting |= _imports(ast.parse(source))
            if "iter_modules(" in source:  # a registry, which imports every module of its folder
                waiting |= {
                    name.rpartition(".")[0] + f".{file.stem}" for file in path.parent.glob("[!_]*.py")
                }
    return {path.relative_to(PROJECT).as_posix() for path in seen}


def _command(step: str) -> ast.Module:
    """Return the step's function of the command line and the private helpers it calls."""
    tree = ast.parse((PROJECT / ROOT / "cli/steps.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    called = {node.id for node in ast.walk(functions[step]) if isinstance(node, ast.Name)}
    helpers = [node for name, node in functions.items() if name.startswith("_") and name in called]
    return ast.Module(body=[functions[step], *helpers], type_ignores=[])


@pytest.mark.parametrize("step", sorted(STEP_KEYS))
def test_declared_files_are_those_imported(step: str) -> None:
    declared = set(files_of(step, PROJECT))
    carriers = {(ROOT / name).as_posix() for name in CARRIERS} - declared
    reached = {
        path for path in _reached(_command(step)) if path not in carriers and not path.endswith("__init__.py")
    }
    assert reached <= declared, f"imported but not declared: {sorted(reached - declared)}"
    folders = [entry for entry in entries_of(step) if (PROJECT / entry).is_dir()]
    single = {path for path in declared if not any(path.startswith(f"{folder}/") for folder in folders)}
    assert single <= reached, f"declared but not imported: {sorted(single - reached)}"
    for folder in folders:
        assert any(path.startswith(f"{folder}/") for path in reached), f"nothing is imported from {folder}"


def test_every_entry_exists() -> None:
    assert set(STEP_CODE) == set(STEP_KEYS)
    missing = [entry for step in STEP_CODE for entry in entries_of(step) if not (PROJECT / entry).exists()]
    assert not missing
