"""What the benchmark of broken disks takes for a good ending, and which line of a log it reads."""

import re

import pytest

from benchmarks.broken_disks import COLUMNS, RULES, ended_well, sentence

GOOD = dict.fromkeys(COLUMNS, "") | {
    "exit_code": "1", "names_file": "True", "tracebacks": "0", "half_written": "0", "again": "0", "files_unequal": "0"
}  # fmt: skip


@pytest.mark.parametrize(
    "worse",
    [{"exit_code": "0"}, {"names_file": "False"}, {"tracebacks": "1"}, {"half_written": "1"}, {"again": "1"},
     {"files_unequal": "2"}],
)  # fmt: skip
def test_one_thing_amiss_is_not_well(worse):
    assert ended_well(GOOD)
    assert not ended_well(GOOD | worse)


def test_the_line_that_names_the_file_is_read():
    log = (
        "Error in rule degrade:\nerror: other\n  | error: data/fog/a.png: cannot be written (No space)\nlast"
    )
    assert sentence(log, "data/fog") == "error: data/fog/a.png: cannot be written (No space)"
    assert sentence(log, "data/scenes") == "error: data/fog/a.png: cannot be written (No space)"
    assert sentence("all well", "data") == ""


def test_every_rule_of_the_study_is_tried(request):
    text = "".join(p.read_text() for p in (request.config.rootpath / "workflow" / "rules").glob("*.smk"))
    rules = set(re.findall(r"^ *rule (\w+):", text, re.MULTILINE)) - {"observe", "pretrained"}
    assert {rule for rule, *_ in RULES} == rules
