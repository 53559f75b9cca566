"""What the workflow's rules share, read out of their file: Snakemake itself is not needed."""

import ast
import re
import types
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMMON = ROOT / "workflow" / "rules" / "common.smk"


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


@pytest.mark.parametrize(("cores", "threads"), [(None, 2), (1, 2), (4, 2), (5, 4), (16, 8)])
def test_more_cores_than_the_machine_has_do_not_crowd_networks(cores, threads):
    network_threads = function(
        "network_threads",
        config={"compute": {"threads": 2}},
        math=__import__("math"),
        workflow=types.SimpleNamespace(resource_settings=types.SimpleNamespace(cores=cores)),
        processors=lambda: 4,
    )
    assert network_threads(None) == threads


@pytest.mark.parametrize(
    ("rule", "attempt", "memory"),
    [("train", 1, 2000), ("train", 3, 8000), ("plot", 1, 600), ("plot", 2, 1200)],
)
def test_a_job_asks_for_twice_as_much_at_each_retry(rule, attempt, memory):
    measured = {"spare": 2, "smoke": {"train": {"memory": 1000}, "others": {"memory": 300}}}
    asked = function("asked", MEASURED=measured, config={"scale": "smoke"})
    assert asked("memory", rule)(None, attempt) == memory


def test_what_is_asked_for_covers_what_was_measured():
    asked = yaml.safe_load((ROOT / "workflow" / "resources.yaml").read_text(encoding="utf-8"))
    table = (ROOT / "benchmarks" / "results" / "breakdown.md").read_text(encoding="utf-8").split("##")[0]
    rows = re.findall(r"^\| (\w+) \| (\d+) \|.*\| ([\d.]+) \| (\d+) \|$", table, re.MULTILINE)
    assert {"train", "restore", "plot", "classical"} <= {rule for rule, *_ in rows}
    for rule, jobs, seconds, memory in rows:
        if rule != "all":
            of_rule = asked["laptop"].get(rule, asked["laptop"]["others"])
            assert of_rule["memory"] >= int(memory), rule
            assert of_rule["minutes"] * 60 >= float(seconds) / int(jobs), rule


STORED = types.SimpleNamespace(storage_settings=types.SimpleNamespace(default_storage_provider="s3"))
ON_DISK = types.SimpleNamespace(storage_settings=types.SimpleNamespace(default_storage_provider=None))


def test_images_are_inputs_where_only_inputs_are_fetched():
    images = function("images_of", workflow=STORED, SYNTHETIC=["fog", "hybrid"])
    assert images("own") == ["data/own/images"]
    assert images("hybrid", "own", "fog") == [
        f"data/{name}/images" for name in ("fog", "hybrid", "own", "scenes")
    ]
    assert function("restored_images", workflow=STORED)("restored/a", "classical/fog") == [
        "results/restored/a/images",
        "results/classical/fog/images",
    ]


def test_on_a_disk_the_manifest_stands_for_the_images():
    assert function("images_of", workflow=ON_DISK, SYNTHETIC=["fog"])("fog") == []
    assert function("restored_images", workflow=ON_DISK)("restored/a") == []


def test_commands_of_the_study_write_where_their_outputs_lie():
    """In a bucket outputs are written to a folder of their own: no command may name data/ or results/ itself."""
    files = [path for path in COMMON.parent.glob("*.smk") if path.stem != "pretrained"]
    commands = "".join(re.findall(r"    shell:\n((?: {8,}\".*\n)+)", "".join(f.read_text() for f in files)))
    assert commands.count("semclear step") == 12
    assert not re.search(r"(data|results)/|--root \.|--folder (?!\{)", commands)
