"""One process at a time makes an output; whoever is dead, or another computer's that is silent, keeps nobody out."""

import os
import signal
import subprocess
import sys
import threading
import time
from socket import gethostname

import psutil
import pytest

from semclear.errors import SemclearError
from semclear.tool.own_data import lock

#: Holds a claim until its input ends; its arguments are the output, the beat and the length of the lease.
HOLDER = """
import sys
from pathlib import Path
from semclear.tool.own_data import lock
lock.BEAT, lock.LEASE = map(float, sys.argv[2:])
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
BEAT, LEASE = 0.05, 2.0  # seconds; what is no claim is taken for one that is being written for 2 s


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(lock, "BEAT", BEAT)
    monkeypatch.setattr(lock, "LEASE", LEASE)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "Öl 5 kV.semclear"


@pytest.fixture
def holder(output):
    command = [sys.executable, "-c", HOLDER, str(output), str(BEAT), str(LEASE)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def leave(output, pid, host):
    """Leave a claim as somebody else wrote it, in the place of one that stands."""
    path = lock.place_of(output)
    scratch = path.with_name("scratch")
    scratch.write_text(
        f"filelock/2\npid={pid}\nhost={host}\nmode=lease\ntoken={'ab' * 16}\nduration={LEASE}\nstart=1\n"
    )
    scratch.replace(path)
    return path


def pid_in(path):
    return dict(line.split("=") for line in path.read_text().splitlines()[1:])["pid"]


def test_a_second_process_is_refused_and_told_of_the_first(output, holder):
    said = rf"is being made by process {holder.pid} on {gethostname()}, since 20\d\d-.*remove .*\.lock"
    with pytest.raises(SemclearError, match=said):
        lock.check_free(output)
    with pytest.raises(SemclearError, match=said), lock.held(output):
        pass
    assert holder.poll() is None and lock.place_of(output).is_file()
    holder.communicate("")
    assert not lock.place_of(output).exists()
    with lock.held(output):
        pass


def test_a_killed_process_keeps_nobody_out(output, holder):
    holder.kill()
    holder.wait()
    assert lock.place_of(output).is_file()
    with lock.held(output):
        assert pid_in(lock.place_of(output)) == str(os.getpid())
    assert not lock.place_of(output).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="nothing stops a process for a while there")
def test_a_process_that_is_stopped_is_no_dead_one(output, holder):
    psutil.Process(holder.pid).suspend()
    time.sleep(1.2 * LEASE)
    with pytest.raises(SemclearError, match=f"process {holder.pid}"):
        lock.check_free(output)


def test_a_process_that_was_given_the_number_later_keeps_nobody_out(output):
    path = leave(output, os.getpid(), gethostname())  # this very process has the number, but began later
    lock.check_free(output)
    assert not path.exists()


@pytest.mark.parametrize("age", [0, 4000, -4000])  # whatever its clock says
def test_of_another_computer_a_sign_of_life_decides(output, age):
    path = leave(output, 1, "elsewhere")
    end = threading.Event()

    def beat():
        step = 0
        while not end.wait(0.05):
            step += 1
            os.utime(path, (time.time() - age + step,) * 2)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(SemclearError, match="process 1 on elsewhere"):
            lock.check_free(output)
    finally:
        end.set()
        thread.join()
    with lock.held(output):
        pass


def test_what_is_no_claim_is_taken_over(output):
    lock.place_of(output).write_text("{}")
    with lock.held(output):
        assert pid_in(lock.place_of(output)) == str(os.getpid())


def test_a_claim_of_other_terms_is_one(output, holder, monkeypatch):
    monkeypatch.setattr(lock, "LEASE", 2 * LEASE)  # as in another version
    with pytest.raises(SemclearError, match=f"process {holder.pid}"):
        lock.check_free(output)


def test_a_claim_that_was_removed_by_hand_comes_back(output):
    path = lock.place_of(output)
    with lock.held(output):
        path.unlink()
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert path.exists()
    assert not path.exists()


def test_whoever_was_taken_over_stops(output):
    usual = signal.getsignal(signal.SIGINT)
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # whoever starts tests in the background has it ignored
    try:
        with (
            pytest.raises(SemclearError, match="was taken over by process 7 on elsewhere"),
            lock.held(output),
        ):
            leave(output, 7, "elsewhere")
            for _ in range(1000):  # Python code runs in between, as in a training
                time.sleep(0.01)
    finally:
        signal.signal(signal.SIGINT, usual)
    assert pid_in(lock.place_of(output)) == "7"  # theirs stays


def test_two_at_the_same_moment_are_one(output):
    inside, refused, start = [], [], threading.Barrier(8)

    def run():
        start.wait()
        try:
            with lock.held(output):
                inside.append(1)
                time.sleep(1.0)
        except SemclearError:
            refused.append(1)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(inside), len(refused)) == (1, 7)


def test_a_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    said = r"a.semclear: cannot be written \(.*another output"
    with pytest.raises(SemclearError, match=said), lock.held(tmp_path / "file" / "a.semclear"):
        pass
