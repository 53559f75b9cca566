"""The process that restores: answers, progress, cancelling, crashes and no orphans; without napari and Qt."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from micrograph_files import levels, picture

from semclear.errors import SemclearError
from semclear.napari import restore_layer
from semclear.napari.model_choice import METHOD, MODEL, Choice, Loader
from semclear.napari.restore_layer import Cancelled, Source
from semclear.napari.worker import child, messages
from semclear.napari.worker.messages import Failed, Made, PartsDone, Ready, Request
from semclear.napari.worker.process import RestoringProcess, command, loaded_by

CLAHE = Choice(METHOD, "clahe")
LIMIT = 120  # seconds
needs_posix = pytest.mark.skipif(os.name != "posix", reason="asks for a process by its number as POSIX does")


def ignore(done, total):
    pass


@pytest.fixture
def process():
    made = RestoringProcess()
    yield made
    made.end()


def test_it_restores_as_this_process_does_and_stays_warm(process):
    data = np.stack([levels(seed=seed) for seed in (1, 2)])
    told = []
    loaded = loaded_by(process)(CLAHE, True, "", ignore)
    made = restore_layer.whole(
        Source("a", data), loaded, lambda done, total: told.append(done / max(total, 1))
    )
    here = restore_layer.whole(Source("a", data), Loader()(CLAHE), ignore)
    np.testing.assert_array_equal(made.data, here.data)
    assert [one.checks for one in made.judged] == [one.checks for one in here.judged]
    assert told[-1] == 1 and loaded.engine.record == Loader()(CLAHE).engine.record
    pid = process.pid
    again = restore_layer.whole(Source("a", data), loaded_by(process)(CLAHE, False, "2GB", ignore), ignore)
    np.testing.assert_array_equal(again.data, here.data)
    assert pid is not None and process.pid == pid


def test_a_model_answers_as_the_api_does(process, tmp_path):
    pytest.importorskip("keras")
    from tiny_model import write_release

    import semclear

    path = write_release(tmp_path / "tiny.semclear")
    told = []
    load = loaded_by(process)
    loaded = load(Choice(MODEL, str(path)), True, "1GB", lambda done, total: told.append((done, total)))
    assert told == [(0, 0)]  # nobody knows how long loading takes
    made = restore_layer.whole(Source("a", levels()), loaded, lambda done, total: told.append((done, total)))
    assert len(told) > 4
    api = semclear.load(path).inspect(levels())
    np.testing.assert_array_equal(made.data, api.image)
    np.testing.assert_allclose(made.uncertainty, api.uncertainty, rtol=1e-6)
    assert made.judged[0].verdict is not None and loaded.engine.family is not None
    seen = restore_layer.preview(Source("a", levels()), (), [[0, 0], [63, 79]], loaded, ignore)
    assert seen.exact and loaded.engine.tiling()["exact"]  # all of it is seen
    path.write_bytes(path.read_bytes()[:100])
    pid = process.pid
    with pytest.raises(SemclearError, match=r"tiny\.semclear"):
        load(Choice(MODEL, str(path)), True, "", ignore)
    assert process.pid == pid  # a wrong file is no reason to begin anew


def test_ending_it_cancels_at_once_and_the_next_request_begins_anew(misbehaving):
    process = misbehaving("serve(lambda request, reply: (reply(PartsDone(1, 4)), time.sleep(3600)))")
    begun, found = threading.Event(), []

    def ask():
        try:
            process.ask(Request(CLAHE), lambda done, total: begun.set() if done else None)
        except BaseException as error:
            found.append(error)

    for _ in range(2):
        begun.clear()
        thread = threading.Thread(target=ask)
        thread.start()
        assert begun.wait(LIMIT)
        start = time.monotonic()
        process.end()
        thread.join(LIMIT)
        assert time.monotonic() - start < 10 and process.pid is None
    assert [type(error) for error in found] == [Cancelled, Cancelled]


def test_an_answer_that_cannot_be_sent_is_told_and_the_process_goes_on(misbehaving):
    process = misbehaving(
        "serve(lambda request, reply: Ready(lambda: 0, None) if request.memory else PartsDone)"
    )
    with pytest.raises(SemclearError, match=r"restoring with clahe: got .*pickle"):
        process.ask(Request(CLAHE, memory="2GB"), ignore)
    pid = process.pid
    assert process.ask(Request(CLAHE), ignore) is PartsDone
    assert pid is not None and process.pid == pid


def test_a_progress_that_raises_ends_it(misbehaving):
    process = misbehaving("serve(lambda request, reply: (reply(PartsDone(1, 4)), time.sleep(3600)))")

    def stop(done, total):
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        process.ask(Request(CLAHE), stop)
    assert process.pid is None


def test_who_cancels_before_it_runs_is_heard(process):
    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        process.ask(Request(CLAHE), stop)
    assert process.pid is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_module_of_anybody", "No module named 'no_such_module_of_anybody'"),
        (
            "serve(lambda request, reply: (print('the last words', file=sys.stderr), os._exit(3)))",
            "code 3: the last",
        ),
        ("serve(lambda request, reply: reply(PartsDone(1, 4)) or os._exit(7))", "exit code 7"),
        ("os.write(1, b'no pickle at all')", "exit code 0"),
        ("import pickle; os.write(1, pickle.dumps(b'x' * 1000)[:500])", "exit code 0"),
    ],
)
def test_a_process_that_ends_by_itself_is_told_in_plain_words(misbehaving, code, said):
    process = misbehaving(code)
    for _ in range(2):  # the second begins a new one
        with pytest.raises(SemclearError, match="the process that restores ended") as caught:
            process.ask(Request(CLAHE, image=picture().astype(np.float32)), ignore)
        assert said in str(caught.value) and "\n" not in str(caught.value) and process.pid is None


def test_what_cannot_be_started_is_told():
    with pytest.raises(SemclearError, match="expected Python"):
        RestoringProcess(["no-such-program-of-anybody"]).ask(Request(CLAHE), ignore)


@needs_posix
def test_one_that_was_killed_says_so_and_the_next_use_works(process):
    loaded = loaded_by(process)(CLAHE, True, "", ignore)

    def kill(done, total):
        os.kill(process.pid, signal.SIGKILL)  # as the system does when memory runs out

    image = picture().astype(np.float32)
    with pytest.raises(SemclearError, match="SIGKILL"):
        loaded.engine.inspect(image, kill)
    assert loaded.engine.inspect(image).image.shape == image.shape
    os.kill(process.pid, signal.SIGKILL)  # while it waits
    while process.pid is not None:
        time.sleep(0.01)
    assert loaded.engine.inspect(image).image.shape == image.shape


def test_what_libraries_print_is_no_answer(misbehaving):
    code = (
        "serve(lambda request, reply: (print('hello'), os.write(1, b'from C'), Failed('as it should'))[-1])"
    )
    process = misbehaving(code)
    with pytest.raises(SemclearError, match="as it should"):
        process.ask(Request(CLAHE), ignore)
    assert process.pid is not None


KILL = "os.kill(os.getpid(), signal.SIGKILL)"


@needs_posix
@pytest.mark.parametrize("end", ["pass", "sys.exit(1)", KILL, "process.ask(request, leave)"])
def test_it_ends_with_the_program_that_began_it(misbehaving, gone, end):
    script = (
        "import os, signal, sys\n"
        "import numpy as np\n"
        "from semclear.napari.worker.process import RestoringProcess\n"
        "from semclear.napari.worker.messages import Request\n"
        "from semclear.napari.model_choice import Choice\n"
        f"process = RestoringProcess({misbehaving.command(misbehaving.slow)!r})\n"
        "process.ask(Request(Choice('method', 'clahe')), lambda done, total: None)\n"
        "print(process.pid, flush=True)\n"
        "request = Request(Choice('method', 'clahe'), image=np.zeros((999, 999)))\n"
        f"leave = lambda done, total: total and {KILL}\n"  # in the middle of the work
    )
    run = subprocess.run(
        [sys.executable, "-c", script + end], stdout=subprocess.PIPE, timeout=LIMIT, check=False
    )
    assert (run.returncode == -signal.SIGKILL) == (end not in ("pass", "sys.exit(1)"))
    assert gone(int(run.stdout))


def test_it_is_started_by_the_interpreter_that_has_pipes(tmp_path):
    assert command(sys.executable)[:2] == (sys.executable, "-P")
    windowed = tmp_path / "pythonw.exe"  # of Windows, without standard streams
    assert command(str(windowed))[0] == str(tmp_path / "python.exe")


def test_its_input_is_empty_for_whoever_else_reads_it(misbehaving):
    process = misbehaving("serve(lambda request, reply: Failed('read ' + repr(os.read(0, 9))))")
    with pytest.raises(SemclearError, match="read b''"):
        process.ask(Request(CLAHE), ignore)


@pytest.mark.parametrize("name", ["random.py", "numpy.py", "signal.py"])
def test_a_file_of_the_folder_is_not_imported(process, tmp_path, monkeypatch, name):
    (tmp_path / name).write_text("raise SystemExit('a file of the folder')")
    monkeypatch.chdir(tmp_path)
    assert isinstance(process.ask(Request(CLAHE), ignore), Ready)


def test_answers_to_what_goes_wrong(smoothing):
    image, told = picture().astype(np.float32), []

    def fail(error):
        def load(*given):
            raise error

        return child.answer(Request(CLAHE, image=image), load, told.append)

    assert fail(SemclearError("wrong")) == Failed("wrong")
    assert fail(MemoryError("all")) == Failed("all", memory=True)
    text = fail(RuntimeError("a\nb")).text
    assert "RuntimeError (a b)" in text and "clahe" in text
    with pytest.raises(messages.Ended):
        fail(messages.Ended())
    made = child.answer(Request(CLAHE, image=image), lambda *given: smoothing[1], told.append)
    assert isinstance(made, Made) and told == [PartsDone(1, 2), PartsDone(2, 2)]


def test_memory_that_runs_out_in_the_process_is_a_memory_error(misbehaving):
    process = misbehaving("serve(lambda request, reply: Failed('all of it', memory=True))")
    with pytest.raises(MemoryError, match="all of it"):
        process.ask(Request(CLAHE), ignore)
