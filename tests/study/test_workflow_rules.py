"""What the workflow's rules share, read out of their file: Snakemake itself is not needed."""

import ast
import types
from pathlib import Path

import pytest

COMMON = Path(__file__).parents[2] / "workflow" / "rules" / "common.smk"


def function(name, **known):
    """Return a function of the rules' file with what it may know."""
    tree = ast.parse(
        COMMON.read_text(encoding="utf-8").split("wildcard_constraints:")[1].split("\n\n\n", 1)[1]
    )
    (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    exec(compile(ast.Module([found], []), COMMON.name, "exec"), known)
    return known[name]


@pytest.mark.parametrize(
    ("system", "count"),
    [
        ({"process_cpu_count": lambda: 3, "sched_getaffinity": lambda _: {0, 1}, "cpu_count": lambda: 8}, 3),
        ({"sched_getaffinity": lambda _: {0, 1}, "cpu_count": lambda: 8}, 2),
        ({"cpu_count": lambda: 8}, 8),  # macOS before Python 3.13
        ({"cpu_count": lambda: None}, 1),
    ],
)
def test_processors_by_what_the_system_can_say(system, count):
    assert function("processors", os=types.SimpleNamespace(**system))() == count


@pytest.mark.parametrize(("cores", "threads"), [(1, 2), (4, 2), (5, 4), (16, 8)])
def test_more_cores_than_the_machine_has_do_not_crowd_networks(cores, threads):
    network_threads = function(
        "network_threads",
        config={"compute": {"threads": 2}},
        math=__import__("math"),
        workflow=types.SimpleNamespace(cores=cores),
        processors=lambda: 4,
    )
    assert network_threads(None) == threads
