"""The services' scripts: free ports, kept keys, variables for a shell, a server that does not come up, findings."""

import os
import shlex
import signal
import stat
import subprocess
import sys

import pytest

from benchmarks.services import daemon, mlflow_server, s3, shared, storage
from semclear.errors import SemclearError

LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


def test_a_server_listens_within_the_block_and_is_gone_after_it(tmp_path):
    port = daemon.free_port()
    with daemon.running([sys.executable, "-c", LISTEN, str(port)], tmp_path / "log", port):
        assert daemon._answers(port)
    assert not daemon._answers(port)


def test_a_server_that_ends_is_told_by_its_last_words(tmp_path):
    words = [sys.executable, "-c", "import sys; print('no such disk'); sys.exit(3)"]
    with (
        pytest.raises(SemclearError, match=r"log: .* ended with exit code 3: no such disk"),
        daemon.running(words, tmp_path / "log", daemon.free_port()),
    ):
        pass


def test_keys_are_kept_for_the_owner_alone(tmp_path):
    file = tmp_path / "home" / "s3.json"
    first = daemon.kept(file, s3._new)
    assert daemon.kept(file, s3._new) == first
    assert len(first["secret_key"]) == 40 and len({*first.values()}) == len(first)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_shell_reads_what_is_exported(tmp_path):
    values = {"ONE": "a b", "TWO": "it's $HOME"}
    daemon.export(tmp_path / "x.sh", values)
    said = subprocess.run(
        ["bash", "-c", f'. {shlex.quote(str(tmp_path / "x.sh"))}; printf \'%s\n\' "$ONE" "$TWO"'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.splitlines() == list(values.values())
    assert stat.S_IMODE((tmp_path / "x.sh").stat().st_mode) == 0o600


def test_a_missing_program_names_what_brings_it():
    with pytest.raises(SemclearError, match="no-such-program: not found; install the package x"):
        daemon.program("no-such-program", needs="the package x")


def test_the_server_asks_for_its_variables(tmp_path, monkeypatch):
    for name in mlflow_server.NEEDED:
        monkeypatch.delenv(name, raising=False)
    with (
        pytest.raises(SemclearError, match=r"PGHOST, .*SEMCLEAR_BUCKET: not set"),
        mlflow_server.started(tmp_path),
    ):
        pass


def test_a_command_stays_until_it_is_ended(tmp_path):
    script = (
        "import contextlib, sys\nfrom benchmarks.services import daemon\n"
        "@contextlib.contextmanager\ndef start(home):\n    yield {'X': '1'}\n    print('ended', flush=True)\n"
        "sys.exit(daemon.serve(start, 'x', None))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, "--home", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "x is up" in process.stdout.readline()
    assert (tmp_path / "x.sh").read_text() == "export X=1\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_findings_are_kept_as_they_come_and_those_of_other_parts_stay(tmp_path):
    first = shared.Findings(tmp_path / "t.csv")
    first.add("one", "same", 1, 1)
    first.add("one", "other", [1], [2])
    assert [row["finding"] for row in first.bad()] == ["other"]
    second = shared.Findings(tmp_path / "t.csv")
    second.add("two", "same", "", "")
    second.add("one", "other", [2], [2])
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["one", "two", "one"]
    assert not second.bad()


def test_values_of_steps_are_counted_for_finished_runs_of_a_model():
    runs = [
        {"model": "a", "status": "FINISHED", "metrics": {"step/x": 3, "step/y": 3, "epoch/x": 1}},
        {"model": "a", "status": "FAILED", "metrics": {"step/x": 1}},
        {"model": "b", "status": "FINISHED", "metrics": {"step/x": 5}},
    ]
    assert shared.training_counts(runs, "a") == [6]
    assert shared.training_counts(runs, "b") == [5]


def test_files_that_hold_a_secret_are_found(tmp_path):
    (tmp_path / "log").write_bytes(b"key = abc123 \xff")
    (tmp_path / "other").write_text("nothing")
    assert shared.files_with(tmp_path, ["abc123"]) == ["log"]


def test_what_must_be_equal_in_a_bucket():
    files = dict.fromkeys(
        [
            "dvc.lock",
            "results/benchmarks/a.tsv",
            "results/release/a.md",
            "data/x/.snakemake_timestamp",
            "results/t.csv",
        ],
        "0",
    )
    assert set(storage.compared(files, release=False)) == {"results/t.csv"}
    assert set(storage.compared(files, release=True)) == {"results/t.csv", "results/release/a.md"}
