"""Batches by a classical method: results and their accounts, bad files, exit codes, nothing in part."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from micrograph_files import levels, picture, write_bad, write_cv, write_tiff, write_tiffs
from restoring_runs import account

from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.restoration.classical import contrast
from semclear.tool.restore import batch, engine, one_file, result_files
from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run
from semclear.tool.verdict import wording


def restore(words, out, **more):
    return run(Request(tuple(str(word) for word in words), Path(out), **{"method": "clahe"} | more))


def semclear(*words, **more):
    command = [sys.executable, "-m", "semclear.cli", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", **more)


def test_the_result_is_the_method_s_and_keeps_type_and_pixel_size(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif", levels("uint16"), nanometres=4.2)
    assert restore([source], tmp_path / "out") == 0
    with tifffile.TiffFile(tmp_path / "out" / "a.tif") as tiff:
        got, tags = tiff.asarray(), tiff.pages[0].tags
        pixels, unit = tags["XResolution"].value
        assert tags["ResolutionUnit"].value == 3 and 1e7 * unit / pixels == pytest.approx(4.2, rel=1e-5)
    expected = contrast.clahe(levels("uint16").astype(np.float32) / 65535, clip_limit=3.0, tiles=4)
    assert got.dtype == np.uint16
    np.testing.assert_allclose(got, expected * 65535.0, atol=1)


def test_the_account_tells_what_was_done(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif", nanometres=4.2)
    restore([source], tmp_path / "out", changes=("tiles=2",))
    told = account(tmp_path / "out" / "a.tif.json")
    assert told["input"]["sha256"] == sha256(source)
    assert (told["input"]["width"], told["input"]["height"], told["input"]["dtype"]) == (80, 64, "uint8")
    assert told["input"]["pixel_size_nm"] == pytest.approx(4.2)
    assert told["method"] == "clahe" and told["parameters"] == {"clip_limit": 3.0, "tiles": 2}
    assert told["parameters_from"] == "given by --set" and told["model"] is None
    assert told["pages"][0]["trust"]["change_rms"] > 0 and told["pages"][0]["flag"] is None
    assert "classical filter" in told["may_be_invented"] and told["seconds"] >= 0
    with tifffile.TiffFile(tmp_path / "out" / "a.tif") as tiff:
        line = next(text for text in tiff.pages[0].description.splitlines() if "{" in text)
    inside = json.loads(line[line.index("{") :])
    inside.pop("input_description", None)
    assert inside == {key: value for key, value in told.items() if key != "seconds"}


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_what_was_restored_before_is_told(tmp_path, capsys, name):
    source = tmp_path / "in" / name
    write_tiff(source) if name == "a.tif" else write_cv(source)
    restore([source], tmp_path / "once")
    restore([tmp_path / "once" / name], tmp_path / "twice")
    once, twice = (account(tmp_path / folder / f"{name}.json") for folder in ("once", "twice"))
    codes = [{warning["code"] for warning in told["warnings"]} for told in (once, twice)]
    assert "restored-before" not in codes[0] and once["input"]["restored_before"] is None
    assert "restored-before" in codes[1] and twice["input"]["restored_before"].startswith("clahe (semclear ")
    assert "restored before by clahe" in capsys.readouterr().out


def test_equal_runs_give_equal_bytes(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif")
    for name in ("one", "two"):
        restore([source], tmp_path / name)
    first, second = (tmp_path / name / "a.tif" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    told = [account(path.with_name("a.tif.json")) for path in (first, second)]
    for one in told:
        one.pop("seconds")
    assert told[0] == told[1]


def test_one_bad_file_of_each_kind_stops_nothing(tmp_path, capsys):
    said = write_bad(tmp_path / "in")
    write_tiff(tmp_path / "in" / "good.tif")
    write_cv(tmp_path / "in" / "gut Größe 試料.png")
    assert restore([tmp_path / "in"], tmp_path / "out") == 2
    printed = capsys.readouterr().out
    for name, text in said.items():
        line = next(one for one in printed.splitlines() if one.startswith("failed:") and name in one)
        assert text in line
        assert not (tmp_path / "out" / name).exists()
    assert f"2 restored, {len(said)} failed, of {len(said) + 2}." in printed
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {name for one in ("good.tif", "gut Größe 試料.png") for name in (one, f"{one}.json")}


def test_colour_on_demand(tmp_path):
    write_bad(tmp_path / "in")
    assert restore([tmp_path / "in" / "colour.tif"], tmp_path / "out", to_gray=True) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_to_itself_fails_alone(tmp_path):
    write_tiff(tmp_path / "in" / "good.tif")
    (tmp_path / "in" / "loop.tif").symlink_to(tmp_path / "in" / "loop.tif")
    assert restore([tmp_path / "in"], tmp_path / "out") == 2
    assert (tmp_path / "out" / "good.tif").exists()


def test_when_all_fail_the_exit_code_is_1(tmp_path):
    write_bad(tmp_path / "in")
    assert restore([tmp_path / "in"], tmp_path / "out") == 1


def test_pages_are_restored_one_by_one(tmp_path):
    stack = np.stack([levels(seed=seed) for seed in (1, 2)])
    source = write_tiff(tmp_path / "in" / "stack.tif", stack, photometric="minisblack")
    assert restore([source], tmp_path / "out") == 0
    got = tifffile.imread(tmp_path / "out" / "stack.tif")
    for page, before in zip(got, stack, strict=True):
        expected = contrast.clahe(before.astype(np.float32) / 255, clip_limit=3.0, tiles=4)
        np.testing.assert_allclose(page, expected * 255.0, atol=1)
    assert len(account(tmp_path / "out" / "stack.tif.json")["pages"]) == 2


def test_the_data_bar_is_left_or_cut_and_never_shown_to_the_method(tmp_path, monkeypatch):
    from semclear.restoration import classical_defaults

    seen = []
    inspect = classical_defaults.ClassicalRestorer.inspect

    def spy(self, image, progress=None):
        seen.append(image.shape)
        return inspect(self, image, progress)

    monkeypatch.setattr(classical_defaults.ClassicalRestorer, "inspect", spy)
    source = write_tiff(tmp_path / "in" / "a.tif")
    restore([source], tmp_path / "left", databar=14)
    restore([source], tmp_path / "cut", databar=14, crop_databar=True)
    assert seen == [(50, 80)] * 2
    left, cut = (tifffile.imread(tmp_path / name / "a.tif") for name in ("left", "cut"))
    np.testing.assert_array_equal(left[50:], levels()[50:])
    assert cut.shape == (50, 80)
    np.testing.assert_array_equal(cut, left[:50])
    assert account(tmp_path / "cut" / "a.tif.json")["pages"][0]["databar_rows"] == 14


def test_a_jpeg_becomes_a_png_and_says_so(tmp_path):
    source = write_cv(tmp_path / "in" / "a.jpg")
    assert restore([source], tmp_path / "out") == 0
    told = account(tmp_path / "out" / "a.png.json")
    assert any("JPEG became PNG" in warning["text"] for warning in told["warnings"])


def test_dry_run_writes_nothing(tmp_path, capsys):
    write_tiff(tmp_path / "in" / "a.tif", nanometres=4.2)
    write_bad(tmp_path / "bad")
    assert restore([tmp_path / "in", tmp_path / "bad" / "cut.tif"], tmp_path / "out", dry_run=True) == 2
    assert not (tmp_path / "out").exists()
    printed = capsys.readouterr().out
    assert (
        "80 x 64" in printed
        and "4.2 nm" in printed
        and "1 file would be restored by the method clahe." in printed
    )
    write_tiff(tmp_path / "in" / "b.tif")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.tif").touch()
    assert restore([tmp_path / "in"], tmp_path / "out", dry_run=True) == 0
    printed = capsys.readouterr().out
    assert "1 output exists already" in printed and "2 files would be restored by the method" in printed


def test_existing_results_are_replaced_or_left_on_demand_alone(tmp_path, capsys):
    source = write_tiff(tmp_path / "in" / "a.tif")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.tif").write_bytes(b"precious")
    with pytest.raises(SemclearError, match="--overwrite"):
        restore([source], tmp_path / "out")
    assert restore([source], tmp_path / "out", skip_existing=True) == 0
    assert (tmp_path / "out" / "a.tif").read_bytes() == b"precious"
    assert "left as they are" in capsys.readouterr().out
    assert restore([source], tmp_path / "out", overwrite=True) == 0
    assert tifffile.imread(tmp_path / "out" / "a.tif").shape == (64, 80)


def test_no_result_takes_the_place_of_another_input(tmp_path):
    write_tiff(tmp_path / "in" / "x" / "a.tif", levels(seed=1))
    inside = write_tiff(tmp_path / "out" / "x" / "a.tif", levels(seed=2))
    before = inside.read_bytes()
    words = [tmp_path / "in", tmp_path / "out" / "x"]
    with pytest.raises(SemclearError, match="originals are never replaced"):
        restore(words, tmp_path / "out", recursive=True, overwrite=True)
    assert inside.read_bytes() == before


def test_no_report_takes_the_place_of_an_input_or_a_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = write_tiff(tmp_path / "in" / "a.tif")
    for place in (source, Path("in") / "a.tif", Path("other") / ".." / "out" / "a.tif.json"):
        with pytest.raises(SemclearError, match="no place for the report"):
            restore([source], tmp_path / "out", report=place, overwrite=True)


def test_an_account_is_not_replaced_without_overwrite(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.tif.json").write_text("mine", encoding="utf-8")
    with pytest.raises(SemclearError, match=r"a\.tif\.json: 1 of 2 outputs exist already"):
        restore([source], tmp_path / "out")
    assert (tmp_path / "out" / "a.tif.json").read_text(encoding="utf-8") == "mine"


def test_a_map_of_an_earlier_run_does_not_stay_beside_another_result(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif")
    restore([source], tmp_path / "out")
    stale = write_tiff(tmp_path / "out" / "a.tif.uncertainty.tif")
    assert restore([source], tmp_path / "out", overwrite=True) == 0 and not stale.exists()


def test_recursive_keeps_folders(tmp_path):
    write_tiff(tmp_path / "in" / "a.tif")
    write_tiff(tmp_path / "in" / "day 1" / "a.tif")
    assert restore([tmp_path / "in"], tmp_path / "out", recursive=True) == 0
    assert (tmp_path / "out" / "a.tif").exists() and (tmp_path / "out" / "day 1" / "a.tif.json").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"method": "magic"}, "--method: got 'magic'"),
        ({"model": "some"}, "together with --model"),
        ({"method": None, "changes": ("tiles=2",)}, "--set: got it without --method"),
        ({"memory": "lots"}, "--memory: got"),
        ({"memory": "2GB"}, "works on the whole picture"),
        ({"tile": 7}, "--tile: got one with --method"),
        ({"backend": "jax"}, "--backend, .* which runs no network"),
        ({"threads": 2}, "--threads, .* which runs no network"),
        ({"ensembling": False}, "--no-ensemble: .* which runs no network"),
        ({"threads": 0}, "--threads: got 0"),
        ({"databar": -3}, "--databar: got -3, expected 0 or more rows"),
        ({"report": Path("nope") / "x.html"}, r"x\.html: got a folder that does not exist \(nope\)"),
        ({"overwrite": True, "skip_existing": True}, "together with --skip-existing"),
        ({"uncertainty": True}, "no uncertainty map"),
        ({"method": None, "model": "nothing"}, "--model: got 'nothing'"),
        ({"method": None, "model": "a.semclear"}, "no such file"),
    ],
)
def test_wrong_requests_write_nothing(tmp_path, monkeypatch, more, said):
    monkeypatch.chdir(tmp_path)
    source = write_tiff(tmp_path / "in" / "a.tif")
    with pytest.raises(SemclearError, match=said):
        restore([source], tmp_path / "out", **more)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words", [["", "-o", "out"], ["in", "-o", ""], ["in", "-o", "out", "--report-file", ""]]
)
def test_a_variable_that_is_unset_is_no_folder(tmp_path, words):
    write_tiff(tmp_path / "in" / "a.tif")
    write_tiff(tmp_path / "b.tif")
    done = semclear("restore", *words, "--method", "clahe", cwd=tmp_path)
    assert done.returncode == 1 and "got an empty name" in done.stderr
    assert "is a variable of your shell unset?" in done.stderr and len(done.stderr.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"in", "b.tif"}


def test_a_report_s_folder_is_there_or_that_of_the_results(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif")
    assert restore([source], tmp_path / "out", report=tmp_path / "out" / "page.html") == 0
    assert (tmp_path / "out" / "page.html").is_file()


def test_a_pattern_for_everything_restores_the_images(tmp_path, capsys):
    good = write_tiff(tmp_path / "in" / "p.tif")
    for name in ("p.tif.json", "notes.txt"):
        (tmp_path / "in" / name).write_text("{}", encoding="utf-8")
    assert restore([tmp_path / "in" / "*"], tmp_path / "out") == 2
    printed = capsys.readouterr().out
    assert f"note: {tmp_path / 'in' / 'p.tif.json'}: passed over" in printed
    assert "notes.txt: got no image that is known" in printed and "1 restored, 1 failed, of 2." in printed
    assert {path.name for path in (tmp_path / "out").iterdir()} == {good.name, "p.tif.json"}
    run(Request((str(tmp_path / "in" / "*"),), tmp_path / "o2", method="clahe"), as_json=True)
    assert "passed over" in json.loads(capsys.readouterr().out)["notes"][0]


def test_where_nothing_is_an_image_nothing_is_loaded(tmp_path, monkeypatch, capsys):
    from semclear.tool.restore import run as restoring

    source = write_tiff(tmp_path / "in" / "a.tif")
    (tmp_path / "in" / "notes.txt").write_text("no image", encoding="utf-8")
    restore([source], tmp_path / "out")
    monkeypatch.setattr(restoring, "_engine_of", lambda plan: pytest.fail("loaded"))
    capsys.readouterr()
    assert restore([tmp_path / "in" / "*"], tmp_path / "out", skip_existing=True) == 2
    printed = capsys.readouterr().out
    assert "0 restored, 1 failed, 1 left as they were, of 2." in printed and "Computed by" not in printed
    assert restore([tmp_path / "in" / "notes.txt"], tmp_path / "out") == 1


def test_a_failure_names_the_file_whoever_tells_it(tmp_path, monkeypatch, capsys):
    source = write_tiff(tmp_path / "in" / "a.tif")

    def short(*words):
        raise SemclearError("--memory: got 300 MiB, of which the program and the micrograph take 862 MiB")

    monkeypatch.setattr(one_file, "restore", short)
    assert restore([source], tmp_path / "out") == 1
    printed = capsys.readouterr()
    assert f"failed: {source}: --memory: got 300 MiB" in printed.out
    assert f"error: {source}: --memory: got 300 MiB" in printed.err


def test_a_map_never_takes_the_place_of_a_result(tmp_path, monkeypatch):
    from semclear.tool.restore import request

    first = write_tiff(tmp_path / "in" / "a.tif")
    # By its contents a TIFF: its result would be a.tif.uncertainty.tif.
    other = write_tiff(tmp_path / "in" / "a.tif.tif").rename(tmp_path / "in" / "a.tif.uncertainty.bin")
    monkeypatch.setattr(request, "_check_method", lambda asked: (None, None))
    with pytest.raises(SemclearError, match="would both be"):
        restore([first, other], tmp_path / "out", uncertainty=True)


def test_a_full_disk_fails_file_by_file_and_leaves_nothing_in_part(tmp_path):
    """The system refuses files above 12 kB: the small result fits, the large one does not."""
    pytest.importorskip("resource", reason="no limit on file sizes on this system")
    write_tiff(tmp_path / "in" / "large.tif", levels(size=(300, 300)))
    write_tiff(tmp_path / "in" / "small.tif")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (12288, 12288));"
        "from semclear.cli.main import main; sys.argv = ['semclear', *sys.argv[1:]]; main()"
    )
    words = ["restore", tmp_path / "in", "-o", tmp_path / "out", "--method", "percentile-stretch"]
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert f"{tmp_path / 'out' / 'large.tif'}: cannot be written" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"small.tif", "small.tif.json"}


def test_no_work_is_spent_where_the_result_cannot_fit(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(result_files.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    source = write_tiff(tmp_path / "in" / "a.tif")
    with pytest.raises(SemclearError, match="0 MB free"):
        one_file.restore(
            source, tmp_path / "out" / "a.tif", Request((), Path()), None, lambda done, total: None
        )


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", lambda: 0)() == 0,
    reason="permissions do not bind an administrator",
)
def test_a_folder_without_permission(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif")
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(SemclearError, match="cannot be written to"):
        restore([source], tmp_path / "out")


def test_an_interruption_leaves_whole_files_and_says_how_many(tmp_path, monkeypatch, capsys):
    write_tiffs(tmp_path / "in", "a.tif", "b.tif", "c.tif")
    write = one_file.result_files.write

    def interrupted(path, *rest):
        write(path, *rest)
        if path.name == "b.tif.json":
            raise KeyboardInterrupt

    monkeypatch.setattr(one_file.result_files, "write", interrupted)
    assert restore([tmp_path / "in"], tmp_path / "out") == 130
    assert "1 of 3 files are done" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.tif", "a.tif.json"}


UNFORESEEN = {
    "OSError": OSError(5, "Input/output error"),
    "ValueError": ValueError("buffer is\nsmaller"),
    "KeyError": KeyError("x"),
    "RecursionError": RecursionError(),
}


@pytest.mark.parametrize("kind", UNFORESEEN)
@pytest.mark.parametrize("step", ["original.read", "output.write", "judged"])
def test_an_unforeseen_error_of_one_file_is_one_line_and_passed_over(
    tmp_path, monkeypatch, capsys, kind, step
):
    from semclear.io import read as original
    from semclear.io import write as output
    from semclear.tool.restore import judge

    module, name = {
        "original.read": (original, "read"),
        "output.write": (output, "write"),
        "judged": (judge, "judged"),
    }[step]
    write_tiffs(tmp_path / "in", "a.tif", "b.tif", "c.tif")
    usual, calls = getattr(module, name), []

    def broken(*arguments, **more):
        calls.append(1)
        if len(calls) == 2:
            raise UNFORESEEN[kind]
        return usual(*arguments, **more)

    monkeypatch.setattr(module, name, broken)
    out = tmp_path / "out"
    assert restore([tmp_path / "in"], out) == 2
    assert {path.name for path in out.iterdir()} == {"a.tif", "a.tif.json", "c.tif", "c.tif.json"}
    printed = capsys.readouterr()
    (line,) = (line for line in printed.out.splitlines() if line.startswith("failed: "))
    if (kind, step) == ("OSError", "output.write"):  # the system refused the write, which is foreseen
        assert "cannot be written (Input/output error)" in line
    else:
        assert f"b.tif: unexpected {kind}: " in line and "report it with the traceback that --json" in line
    assert "Traceback" not in printed.out + printed.err


def test_the_traceback_of_an_unforeseen_error_is_in_the_json(tmp_path, monkeypatch, capsys):
    write_tiffs(tmp_path / "in", "a.tif", "b.tif")
    restore_one = batch.one_file.restore

    def broken(source, *rest):
        if source.name == "a.tif":
            raise ZeroDivisionError("of the test")
        return restore_one(source, *rest)

    monkeypatch.setattr(batch.one_file, "restore", broken)
    request = Request((str(tmp_path / "in"),), tmp_path / "out", method="clahe")
    assert run(request, as_json=True) == 2
    told = {Path(one["input"]).name: one for one in json.loads(capsys.readouterr().out)["files"]}
    assert "unexpected ZeroDivisionError: of the test" in told["a.tif"]["error"]
    assert told["a.tif"]["traceback"].endswith("ZeroDivisionError: of the test\n")
    assert "in broken" in told["a.tif"]["traceback"] and told["b.tif"]["traceback"] is None


def test_memory_that_runs_out_for_one_file_is_told_and_passed_over(tmp_path, monkeypatch, capsys):
    from semclear.io import write as output

    write_tiffs(tmp_path / "in", "a.tif", "b.tif")
    usual = output.write

    def full(path, *rest, **more):
        if path.name == "a.tif":
            raise MemoryError
        return usual(path, *rest, **more)

    monkeypatch.setattr(output, "write", full)
    assert restore([tmp_path / "in"], tmp_path / "out") == 2
    assert f"a.tif: {batch.OUT_OF_MEMORY}" in capsys.readouterr().out


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("x"), MemoryError()])
def test_an_unforeseen_error_of_the_report_stops_nothing(tmp_path, monkeypatch, capsys, error):
    from semclear.tool.report import page

    def broken(*_):
        raise error

    monkeypatch.setattr(page.Page, "add", broken)
    write_tiffs(tmp_path / "in", "a.tif", "b.tif", "c.tif")
    out = tmp_path / "out"
    assert restore([tmp_path / "in"], out, report=out / "report.html") == 2
    printed = capsys.readouterr().out
    assert "3 restored, of 3." in printed and "No report: " in printed
    assert {path.suffix for path in out.iterdir()} == {".tif", ".json"}


def test_a_file_that_the_report_cannot_show_is_told_and_the_others_are_restored(
    tmp_path, monkeypatch, capsys
):
    usual = batch.one_file.entries_of

    def broken(done, *rest):
        if done.source.name == "a.tif":
            raise ValueError("of the test")
        yield from usual(done, *rest)

    monkeypatch.setattr(batch.one_file, "entries_of", broken)
    write_tiffs(tmp_path / "in", "a.tif", "b.tif", "c.tif")
    out = tmp_path / "out"
    assert restore([tmp_path / "in"], out, report=out / "report.html") == 2
    printed = capsys.readouterr().out
    assert (
        "3 restored, of 3." in printed and "Not in the report: " in printed and "a.tif: unexpected" in printed
    )
    assert "c.tif" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("stands", [False, True])
def test_with_nothing_left_to_restore_the_report_is_accounted_for(tmp_path, capsys, stands):
    source, out = write_tiff(tmp_path / "in" / "a.tif"), tmp_path / "out"
    report = out / "report.html"
    restore([source], out, report=report if stands else None)
    before = report.read_bytes() if stands else b""
    capsys.readouterr()
    assert restore([source], out, report=report, skip_existing=True) == 0
    printed = capsys.readouterr().out
    assert "All 1 outputs exist already" in printed
    if stands:
        assert f"The report of an earlier run stays as it is: {report}" in printed
        assert report.read_bytes() == before
    else:
        assert "No report: " in printed and not report.exists()
    request = Request((str(source),), out, method="clahe", report=report, skip_existing=True)
    assert run(request, as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["report"] is None and document["report_error"] is None
    assert "report" in document["report_note"].lower()
    assert restore([source], out, skip_existing=True) == 0
    assert "eport" not in capsys.readouterr().out


def test_json_is_one_document_and_nothing_else(tmp_path):
    said = write_bad(tmp_path / "in")
    write_tiff(tmp_path / "in" / "good.tif")
    done = semclear("restore", tmp_path / "in", "-o", tmp_path / "out", "--method", "clahe", "--json")
    assert done.returncode == 2
    document = json.loads(done.stdout)
    assert (document["restored"], document["failed"], document["exit_code"]) == (1, len(said), 2)
    states = {Path(one["input"]).name: one for one in document["files"]}
    assert states["good.tif"]["status"] == "restored" and states["good.tif"]["account"]["method"] == "clahe"
    assert all(said[name] in states[name]["error"] for name in said)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("restore", 1),
        ("restore in/a.tif", 1),
        ("restore in/a.tif -o out --nonsense", 1),
        ("restore none.tif -o out --method clahe", 1),
        ("restore in/a.tif -o in --method clahe", 1),
        ("restore in/a.tif -o out --method clahe", 0),
    ],
)
def test_exit_codes(tmp_path, words, code):
    write_tiff(tmp_path / "in" / "a.tif")
    done = semclear(*words.split(), cwd=tmp_path)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if code:
        assert done.stderr.strip() and not done.stdout


def test_the_tool_needs_no_module_of_unix(tmp_path):
    source = write_tiff(tmp_path / "in" / "a.tif")
    script = Path(__file__).with_name("unixless_cli.py")
    words = ["restore", source, "-o", tmp_path / "out", "--method", "clahe", "--report"]
    done = subprocess.run([sys.executable, script, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "a.tif").exists()


def test_a_classical_method_runs_without_keras(tmp_path):
    write_tiff(tmp_path / "in" / "a.tif")
    code = (
        "import sys; from semclear.cli.main import main\n"
        "try:\n main()\nexcept SystemExit as end:\n"
        " print('KERAS', [m for m in ('keras', 'tensorflow', 'jax', 'torch') if m in sys.modules], end.code)"
    )
    words = ["restore", tmp_path / "in", "-o", tmp_path / "out", "--method", "wiener-estimated"]
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "KERAS [] 0", done.stderr


def test_inverted_contrast_and_unknown_pixel_size_are_told(tmp_path, monkeypatch, capsys):
    from semclear.restoration import classical_defaults
    from semclear.restoration.outcome import Outcome

    monkeypatch.setattr(
        classical_defaults.ClassicalRestorer,
        "inspect",
        lambda self, image, progress: Outcome(1 - image, checks={"input_noise": 0.01}),
    )
    source = write_cv(tmp_path / "in" / "a.png", np.round(picture() * 255).astype(np.uint8))
    restore([source], tmp_path / "out")
    codes = {warning["code"] for warning in account(tmp_path / "out" / "a.png.json")["warnings"]}
    assert {"contrast-inverted", "pixel-size-unknown"} <= codes
    assert "contrast inverted" in capsys.readouterr().out


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_lost_contrast_is_told(tmp_path, monkeypatch, capsys, share):
    """A network that collapsed gives one grey, or nearly, whatever it is given."""
    source = write_tiff(tmp_path / "in" / "a.tif")
    inspect = engine.of_classical("clahe")

    def collapsed(image, progress=None):
        made = inspect.inspect(image, progress)
        return replace(made, image=(0.5 + share * (image - image.mean())).astype(np.float32))

    monkeypatch.setattr(
        "semclear.tool.restore.engine.of_classical", lambda *_: replace(inspect, inspect=collapsed)
    )
    assert restore([source], tmp_path / "out") == 0
    told = account(tmp_path / "out" / "a.tif.json")
    assert "contrast-lost" in {warning["code"] for warning in told["warnings"]}
    trust = told["pages"][0]["trust"]
    assert trust["output_deviation"] == pytest.approx(share * trust["input_deviation"], rel=1e-3, abs=1e-6)
    said = "much of the contrast is lost" if share else "the result is nearly of one grey"
    assert said in capsys.readouterr().out


def test_the_report_shows_every_page_of_what_was_restored(tmp_path, capsys):
    write_bad(tmp_path / "in")
    write_tiff(tmp_path / "in" / "Größe.tif", nanometres=4.2)
    stack = np.stack([levels(seed=seed) for seed in (1, 2)])
    write_tiff(tmp_path / "in" / "stack.tif", stack, photometric="minisblack")
    assert restore([tmp_path / "in"], tmp_path / "out", report=tmp_path / "out" / "report.html") == 2
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for name in (
        "Größe.tif",
        "stack.tif, page 1",
        "stack.tif, page 2",
        "classical filter",
        "Likeness to your micrograph",
    ):
        assert name in text
    assert "empty.tif" not in text and "Report: " in capsys.readouterr().out
    with pytest.raises(SemclearError, match=r"report\.html: exists already"):
        restore([tmp_path / "in" / "stack.tif"], tmp_path / "new", report=tmp_path / "out" / "report.html")


def test_an_interruption_while_the_page_is_written_begins_no_other_file(tmp_path, monkeypatch, capsys):
    from semclear.tool.report import page

    write_tiffs(tmp_path / "in", "a.tif", "b.tif", "c.tif")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(page.Page, "add", interrupted)
    out = tmp_path / "out"
    assert restore([tmp_path / "in"], out, report=out / "report.html") == 130
    assert "1 of 3 files are done" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {"a.tif", "a.tif.json"}


def test_a_report_of_a_run_that_went_on_says_what_is_not_in_it(tmp_path, capsys):
    pytest.importorskip("jinja2")
    write_tiffs(tmp_path / "in", "a.tif", "b.tif")
    out = tmp_path / "out"
    restore([tmp_path / "in" / "a.tif"], out)
    restore([tmp_path / "in"], out, report=out / "report.html", skip_existing=True)
    assert "the 1 left as they were are not in it" in capsys.readouterr().out


@pytest.mark.parametrize(("following", "times"), [(1, 1), (batch.FAR, 2)])
def test_in_a_terminal_a_failure_is_told_twice_only_if_the_summary_is_far(
    tmp_path, monkeypatch, capsys, following, times
):
    write_tiff(tmp_path / "in" / "a.tif").write_bytes(b"")
    for number in range(following):
        write_tiff(tmp_path / "in" / f"b{number}.tif")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert restore([tmp_path / "in"], tmp_path / "out", dry_run=True) == 2
    printed = capsys.readouterr()
    assert (printed.out + printed.err).count("got an empty file") == times


def test_a_redirected_summary_leaves_failures_on_stderr(tmp_path):
    write_tiff(tmp_path / "in" / "a.tif").write_bytes(b"")
    done = semclear("restore", tmp_path / "in", "-o", tmp_path / "out", "--method", "clahe", "--json")
    assert "got an empty file" in done.stderr and json.loads(done.stdout)["failed"] == 1


def test_a_defect_in_a_dry_run_is_told_and_passed_over(tmp_path, monkeypatch, capsys):
    write_tiffs(tmp_path / "in", "a.tif", "b.tif")
    read = batch.one_file.read

    def broken(source, *rest):
        if source.name == "a.tif":
            raise ZeroDivisionError("of the test")
        return read(source, *rest)

    monkeypatch.setattr(batch.one_file, "read", broken)
    assert restore([tmp_path / "in"], tmp_path / "out", dry_run=True) == 2
    printed = capsys.readouterr()
    assert "unexpected ZeroDivisionError" in printed.out and "Traceback" not in printed.out + printed.err


def test_a_report_that_cannot_be_written_stops_nothing(tmp_path, monkeypatch, capsys):
    from semclear.tool.report import page

    def full(path, *words, **more):
        raise SemclearError(f"{path}: cannot be written (No space left on device)")

    write_tiffs(tmp_path / "in", "a.tif", "b.tif")
    monkeypatch.setattr(page, "opened", full)
    assert restore([tmp_path / "in"], tmp_path / "out", report=tmp_path / "r.html") == 2
    assert (tmp_path / "out" / "a.tif").exists() and (tmp_path / "out" / "b.tif.json").exists()
    printed = capsys.readouterr().out
    assert "2 restored, of 2." in printed and "No report: " in printed


def test_the_summary_says_where_results_are_and_what_became_of_a_jpeg(tmp_path, capsys):
    for name in ("a.jpg", "b.jpg"):
        write_cv(tmp_path / "in" / "day 1" / name, np.round(picture() * 255).astype(np.uint8))
    restore([tmp_path / "in"], tmp_path / "out", recursive=True)
    printed = capsys.readouterr().out.splitlines()
    assert f"Results: {tmp_path / 'out' / 'day 1'}" in printed
    assert "note: 2 files: JPEG became PNG, which loses nothing" in printed


def test_nothing_restored_gives_no_report(tmp_path, capsys):
    write_bad(tmp_path / "in")
    assert restore([tmp_path / "in"], tmp_path / "out", report=tmp_path / "out" / "report.html") == 1
    assert not (tmp_path / "out" / "report.html").exists()
    assert "No report" not in capsys.readouterr().out


def test_terminal_and_report_count_alike(tmp_path, capsys):
    pytest.importorskip("jinja2")
    write_tiff(tmp_path / "in" / "stack.tif", np.stack([levels(), levels(seed=1)]), photometric="minisblack")
    write_tiff(tmp_path / "in" / "float.tif", picture().astype(np.float32))
    for name in ("a.png", "b.png"):
        write_cv(tmp_path / "in" / name)
    restore([tmp_path / "in"], tmp_path / "out", report=tmp_path / "out" / "report.html")
    printed = capsys.readouterr().out
    assert "4 restored (5 pages of 4 files), of 4." in printed
    assert printed.count("no pixel size in 2 files: measure nothing without a scale") == 1
    assert "note: float.tif: floats were stretched to their own range" in printed
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    summary = " ".join(re.search(r'<p class="summary">(.*?)</p>', text, re.DOTALL)[1].split())
    rows = {
        line.split()[0]: line.split()[-1] for line in printed.splitlines() if f" {wording.UNJUDGED} " in line
    }
    assert rows.keys() == {"stack.tif", "float.tif", "a.png", "b.png"}
    warned = sum(len(account(tmp_path / "out" / f"{name}.json")["warnings"]) for name in rows)
    warned -= sum(
        one["code"] in ("note", "pixel-size-unknown")
        for name in rows
        for one in account(tmp_path / "out" / f"{name}.json")["warnings"]
    )
    assert sum(map(int, rows.values())) == warned == text.count("<strong>Warning:</strong>")
    assert summary.startswith(f"5 pages of 4 files restored. Verdict: {wording.UNJUDGED}.")
    assert text.count("<strong>Note:</strong>") == 2  # the range, and that it was stretched
