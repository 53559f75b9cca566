"""Names that can be copied into a shell's line."""

import errno
import shlex
import shutil
import subprocess

import pytest

from semclear.errors import SemclearError
from semclear.files import quoted, remove_scratch, whole_file, whole_folder

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


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    kept = [
        tmp_path / name
        for name in (".gitignore", ".snakemake_timestamp", "a.csv", "b/.hidden.csv", "c.d.png")
    ]
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    left = []
    with whole_file(tmp_path / "b" / "table.csv") as file, whole_folder(tmp_path / "images") as folder:
        (folder / "a.png").touch()
        for scratch in (file, folder):
            left.append(
                scratch.with_name(scratch.name.replace(".table.", ".score.").replace(".images.", ".maps."))
            )
        shutil.copy(file, left[0])
        shutil.copytree(folder, left[1])
    assert sorted(remove_scratch(tmp_path)) == sorted(left)
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)
    assert (tmp_path / "b" / "table.csv").exists() and (tmp_path / "images" / "a.png").exists()


def test_a_refused_scratch_file_is_told_by_the_name_it_would_get(tmp_path):
    with (
        pytest.raises(
            SemclearError, match=r"/fog.semclear: cannot be written \(No space left on device\); free"
        ),
        whole_file(tmp_path / "fog.semclear") as outer,
        whole_file(outer) as inner,
    ):
        raise OSError(errno.ENOSPC, "No space left on device", str(inner))
    assert not list(tmp_path.iterdir())
