"""Where results go: what appears late stays, `~` is the home, pipes are passed over, and a dry run keeps its word."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tifffile
from micrograph_files import levels, write_cv, write_tiff, write_tiffs

from semclear.errors import SemclearError
from semclear.tool.restore import judge, result_files
from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run


def restore(words, out, **more):
    return run(Request(tuple(map(str, words)), Path(out), **{"method": "percentile-stretch"} | more))


def command(*words):
    return [sys.executable, "-m", "semclear.cli", *map(str, words)]


@pytest.fixture
def late(monkeypatch):
    """Let somebody write a file while the first micrograph is restored."""
    usual = judge.judged

    def appears(path):
        def judged(*arguments, **more):
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(b"late")
            return usual(*arguments, **more)

        monkeypatch.setattr(judge, "judged", judged)
        return path

    return appears


@pytest.mark.parametrize("name", ["a.tif", "a.tif.json"])
def test_a_result_that_appears_late_stays_and_is_told(tmp_path, capsys, late, name):
    write_tiffs(tmp_path / "in", "a.tif", "b.tif")
    stands = late(tmp_path / "out" / name)
    assert restore([tmp_path / "in"], tmp_path / "out") == 2
    assert stands.read_bytes() == b"late"
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("failed: ")]
    assert f"{stands}: appeared while this ran" in line and "--overwrite" in line
    assert {path.name for path in (tmp_path / "out").iterdir()} == {name, "b.tif", "b.tif.json"}


def test_what_appears_late_is_left_or_replaced_as_asked(tmp_path, capsys, late):
    source = write_tiff(tmp_path / "in" / "a.tif")
    stands = late(tmp_path / "out" / "a.tif")
    assert restore([source], tmp_path / "out", skip_existing=True) == 0
    assert (
        stands.read_bytes() == b"late" and "0 restored, 1 left as they were, of 1." in capsys.readouterr().out
    )
    stands.unlink()
    assert restore([source], tmp_path / "out", overwrite=True) == 0
    assert tifffile.imread(stands).shape == (64, 80)


def test_what_a_killed_run_left_in_part_is_made_whole(tmp_path, capsys):
    write_tiffs(tmp_path / "in", "a.tif", "b.tif")
    assert restore([tmp_path / "in"], tmp_path / "out") == 0
    whole = (tmp_path / "out" / "a.tif").read_bytes()
    (tmp_path / "out" / "a.tif").unlink()
    capsys.readouterr()
    assert restore([tmp_path / "in"], tmp_path / "out", skip_existing=True) == 0
    assert (tmp_path / "out" / "a.tif").read_bytes() == whole
    assert "1 restored, 1 left as they were, of 2." in capsys.readouterr().out


@pytest.mark.parametrize("own", ['{"my": "annotation"}', "notes", "[1]", "", b"\xff\xfe"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_notes_beside_a_missing_result_are_never_replaced(tmp_path, own, dry_run):
    write_tiffs(tmp_path / "in", "a.tif", "b.tif")
    stands = tmp_path / "out" / "b.tif.json"
    stands.parent.mkdir()
    stands.write_bytes(own if isinstance(own, bytes) else own.encode())
    before = stands.read_bytes()
    with pytest.raises(SemclearError, match=r"is not semclear's, expected .*; move it away") as caught:
        restore([tmp_path / "in"], tmp_path / "out", skip_existing=True, dry_run=dry_run)
    assert str(caught.value).startswith(f"{stands}: ")
    assert [*stands.parent.iterdir()] == [stands] and stands.read_bytes() == before


def test_a_map_beside_a_missing_result_is_replaced_where_it_is_semclear_s(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif")
    assert restore([source], tmp_path / "out") == 0
    (tmp_path / "out" / "a.tif").unlink()
    stands = write_tiff(tmp_path / "out" / "a.tif.uncertainty.tif")
    with pytest.raises(SemclearError, match="is not semclear's"):
        restore([source], tmp_path / "out", skip_existing=True)
    result_files.write_maps(stands, [levels().astype("float32")], None)
    assert restore([source], tmp_path / "out", skip_existing=True) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.tif", "a.tif.json"}


def test_a_mask_among_the_inputs_is_no_input(tmp_path, capsys):
    write_tiff(tmp_path / "in" / "a.tif")
    mask = write_cv(tmp_path / "in" / "mask.png", (levels() > 100).astype("uint8"))
    assert restore([tmp_path / "in"], tmp_path / "out", mask=mask) == 0
    assert f"note: {mask}: passed over, it is given as an option" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.tif", "a.tif.json"}


def test_a_report_that_appears_late_stays(tmp_path, capsys, late):
    source = write_tiff(tmp_path / "in" / "a.tif")
    stands = late(tmp_path / "report.html")
    assert restore([source], tmp_path / "out", report=stands) == 2
    assert stands.read_bytes() == b"late" and "No report: " in capsys.readouterr().out


def test_of_runs_at_once_each_result_is_of_one(tmp_path):
    """Four processes, one folder: whoever comes second is told, and account and picture belong together."""
    write_tiffs(tmp_path / "in", *(f"{number}.tif" for number in range(6)))
    runs = []
    for low in (0, 1, 2, 3):
        words = (
            "restore",
            tmp_path / "in",
            "-o",
            tmp_path / "out",
            "--method",
            "percentile-stretch",
            "--json",
        )
        runs.append(
            subprocess.Popen(command(*words, "--set", f"low={low}"), stdout=subprocess.PIPE, text=True)
        )
    told = [json.loads(one.communicate(timeout=300)[0]) for one in runs]
    restored = {
        file["input"]: (number, file)
        for number, run in enumerate(told)
        for file in run.get("files", ())
        if not file["error"]
    }
    assert len(restored) == 6 == sum(one.get("restored", 0) for one in told)
    for number, (one, done) in enumerate(zip(told, runs, strict=True)):
        mine = sum(by == number for by, _ in restored.values())
        assert (done.returncode == 0) == (mine == 6)
        assert all("appeared while" in file["error"] for file in one.get("files", ()) if file["error"])
    for number, file in restored.values():
        account = json.loads(Path(file["output"] + ".json").read_text(encoding="utf-8"))
        assert account["parameters"]["low"] == number
        with tifffile.TiffFile(file["output"]) as tiff:
            assert f'"low": {float(number)}' in tiff.pages[0].description


def test_the_home_is_meant_in_every_form(tmp_path):
    write_tiff(tmp_path / "in" / "a.tif")
    environment = os.environ | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    words = ("restore", "~/in/a.tif", "--output=~/out", "--report-file=~/r.html", "--method", "clahe")
    done = subprocess.run(command(*words), cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out", "r.html"}
    done = subprocess.run(
        command("restore", "in", "-o", "~nobody-here/x", "--method", "clahe", "--json"),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "--output: got" in done.stderr and len(done.stderr.splitlines()) == 1
    assert "--output: got" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--clear=~/none", "--degraded", "in", "-o", "m.semclear"),
        ("restore", "in", "-o", "out", "--mask=~/none"),
        ("restore", "in", "-o", "out", "--method", "wiener", "--psf=~/none"),
    ],
)
def test_the_home_is_meant_by_every_option(tmp_path, words):
    write_tiff(tmp_path / "in" / "a.tif")
    environment = os.environ | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    done = subprocess.run(command(*words), cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and str(tmp_path / "none") in done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
@pytest.mark.parametrize("word", ["", "*", "p.tif"])
def test_a_pipe_hangs_nothing(tmp_path, word):
    write_tiff(tmp_path / "in" / "a.tif")
    os.mkfifo(tmp_path / "in" / "p.tif")
    words = [tmp_path / "in" / word, *([tmp_path / "in" / "a.tif"] if word == "p.tif" else [])]
    for verb in (
        ["restore", *words, "-o", tmp_path / "out", "--method", "clahe"],
        ["inspect", "--quick", *words],
    ):
        done = subprocess.run(
            command(*verb), capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stderr
        assert f"note: {tmp_path / 'in' / 'p.tif'}: passed over, a pipe" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.tif", "a.tif.json"}


def test_a_dry_run_refuses_what_the_run_refuses(tmp_path, capsys):
    source = write_tiff(tmp_path / "in" / "a.tif")
    (tmp_path / "file").write_bytes(b"x")
    for place in (tmp_path / "file", tmp_path / "file" / "deep" / "er"):
        said = []
        for dry in (True, False):
            with pytest.raises(SemclearError, match="cannot be written to") as caught:
                restore([source], place, dry_run=dry)
            said.append(str(caught.value))
        assert said[0] == said[1]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.tif.json").write_text("{}")
    capsys.readouterr()
    assert restore([source], tmp_path / "out", dry_run=True) == 0
    assert "1 output exists already" in capsys.readouterr().out
    with pytest.raises(SemclearError, match="exist already"):
        restore([source], tmp_path / "out")


def test_two_formats_of_one_name_stop_nothing(tmp_path):
    write_cv(tmp_path / "in" / "b.png", levels())
    write_cv(tmp_path / "in" / "b.jpg", levels(seed=1))
    assert restore([tmp_path / "in"], tmp_path / "out") == 0
    made = {"b.png", "b.png.json", "b.jpg.png", "b.jpg.png.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == made


def test_numbers_of_a_full_disk_differ(tmp_path, monkeypatch):
    usage = result_files.shutil.disk_usage(tmp_path)
    for free, least in ((1_040_000, 10_000), (result_files.SPARE, 1), (10**12, 10**12)):
        monkeypatch.setattr(result_files.shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        with pytest.raises(SemclearError, match="MB free, expected at least") as caught:
            result_files.check_space(tmp_path, least)
        got, expected = map(float, re.findall(r"([\d.]+) MB", str(caught.value)))
        assert got < expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("restore in -o out --nonsense --json", "nonsense"),
        ("restore --json", "Missing argument"),
        ("restore in -o out --method magic --json", "--method: got 'magic'"),
        ("restore in --json -o in --method clahe", "originals are never replaced"),
        ("restore in -o out --region 1 2 --json", "--region"),
        ("inspect none.tif --quick --json", "got no such file"),
        ("inspect in --quick --json --range 5 1", "--range: got 5 1"),
        ("restore in -o out --method clahe --tile x --json", "--tile"),
    ],
)
def test_wrong_arguments_are_json_where_json_was_asked_for(tmp_path, words, said):
    write_tiff(tmp_path / "in" / "a.tif")
    done = subprocess.run(command(*words.split()), cwd=tmp_path, capture_output=True, text=True)
    document = json.loads(done.stdout)
    assert done.returncode == 1 == document["exit_code"] and said in document["error"]
    assert said in done.stderr
    plain = subprocess.run(
        command(*words.replace("--json", "").split()), cwd=tmp_path, capture_output=True, text=True
    )
    assert plain.returncode == 1 and not plain.stdout
