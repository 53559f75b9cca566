"""Names that can be copied into a shell's line."""

import shlex
import shutil
import subprocess

import pytest

from semclear.files import quoted

NAMES = [
    "fog.semclear",
    "day 1/fog.semclear",
    "Schärfe µm.semclear",
    "a(1) & b;c|d*?[x]#~.semclear",
    "it's.semclear",
    "cost $HOME `x` !!.semclear",
    'say "a".semclear',
    "C:\\Users\\me\\my models\\a.semclear",
    "ends in \\",
    "two\nlines",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_the_very_name(name):
    assert shlex.split(f"semclear --model {quoted(name)} x") == ["semclear", "--model", name, "x"]
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell on this machine")
    done = subprocess.run([shell, "-c", f"printf %s {quoted(name)}"], capture_output=True, check=True)
    assert done.stdout.decode() == name


def test_names_are_left_alone_where_no_shell_minds():
    assert quoted("results/release/fog-1.semclear") == "results/release/fog-1.semclear"


@pytest.mark.parametrize("name", NAMES[1:4] + NAMES[7:8])
def test_double_quotes_are_taken_by_windows_too(name):
    assert quoted(name) == f'"{name}"'
