"""Names that can be copied into a shell's line, and files that take no other's place."""

import errno
import os
import shlex
import shutil
import subprocess
import threading

import pytest

from semclear.errors import SemclearError
from semclear.files import TakenError, move_new, quoted, remove_scratch, whole_file, whole_folder

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


@pytest.fixture(params=["links", "no links"])
def disk(request, monkeypatch):
    """Stand in for a file system with and without hard links."""
    if request.param == "no links":

        def refused(*_, **__):
            raise OSError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refused)


def test_a_new_file_takes_no_other_s_place(tmp_path, disk):
    (tmp_path / "late").write_text("late")
    with (
        pytest.raises(TakenError, match="appeared while this ran") as caught,
        whole_file(tmp_path / "late", False) as scratch,
    ):
        scratch.write_text("mine")
    assert caught.value.path == tmp_path / "late" and (tmp_path / "late").read_text() == "late"
    with whole_file(tmp_path / "free", False) as scratch:
        scratch.write_text("mine")
    assert (tmp_path / "free").read_text() == "mine"
    with whole_file(tmp_path / "late") as scratch:
        scratch.write_text("mine")
    assert (tmp_path / "late").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"late", "free"}


def test_of_many_that_try_at_once_one_gets_the_name(tmp_path, disk):
    for place in range(20):
        start, won = threading.Barrier(8), []

        def attempt(number, place=place, start=start, won=won):
            file = tmp_path / f"{place} of {number}"
            file.write_text(str(number))
            start.wait()
            try:
                move_new(file, tmp_path / f"{place}")
                won.append(str(number))
            except TakenError:
                file.unlink()

        threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [(tmp_path / f"{place}").read_text()] == won


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
