"""From own folders to a release: the pipeline's training, resumed to the byte, refused where it would do harm."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import own_folders
import pytest

from semclear.cli import main
from semclear.errors import Diverged, SemclearError
from semclear.io.databar import Box
from semclear.tool.own_data import lock, plan, run
from semclear.tool.own_data.gathering import Folders
from semclear.tool.own_data.order import Order
from semclear.tool.verdict import wording
from semclear.tool.verdict.judgement import verdict_of


def order_for(root, output, **more):
    words = {
        "scale": "smoke",
        "method": "cyclegan-physics",
        "threads": 1,
        "changes": own_folders.CHANGES,
        **more,
    }
    truth = root / "truth"
    folders = Folders(root / "clear", root / "degraded", truth if truth.is_dir() else None)
    return Order(folders, output, **words)


PLACES = {"data": "data/manifest.json", "restored": "restored/manifest.json", "bundle": "bundle.semclear"}

#: A training in a process of its own, with its own threads: what it says, and stopped where it says it.
APART = """
import os, signal, sys, time
from pathlib import Path
from semclear.tool.own_data import run
from semclear.tool.own_data.gathering import Folders

def say(text):
    print(text, flush=True)
    if stop and text.startswith(stop):
        time.sleep(600) if how == "wait" else os.kill(os.getpid(), getattr(signal, how))

# Whoever starts the tests in the background leaves Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
root, output, keep, stop, how, *changes = sys.argv[1:]
folders = Folders(Path(root) / "clear", Path(root) / "degraded")
words = {"scale": "smoke", "method": "cyclegan-physics", "threads": 1, "keep": keep == "keep"}
order = run.Order(folders, Path(output), changes=tuple(changes), **words)
sys.exit(run.run(order, say))
"""


#: The pipeline's own training with settings and data of an order.
FIT = """
import json, sys
from semclear import compute, params
from semclear.datasets import manifest
from semclear.networks import bundle as bundles
from semclear.params import overrides

slices, data, output = sys.argv[1:]
slices = json.loads(slices)
compute.configure(params.validate(params.Compute, slices["compute"], "compute"))
from semclear.training import fitting, run

fitted = fitting.fit(run.settings_of(slices, overrides.NAME), manifest.load(data), None, lambda text: None)
bundles.save(fitted.bundle, output)
"""


def run_apart(root, order, stop="", how="SIGINT"):
    """Run an order in a process of its own, signalled when it says `stop`; the finished process, with what it said."""
    return apart(APART, str(root), str(order.output), "keep" if order.keep else "", stop, how, *order.changes)


def apart(script, *words):
    """Run a script in a process of its own and return it, finished."""
    # Other tests leave their number of threads in the environment, which counts more than the order's.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TF_NUM", "OMP_"))
    }
    command = [sys.executable, "-c", script, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False, env=environment)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return own_folders.write(tmp_path_factory.mktemp("own data"), suffix=".tif")


@pytest.fixture(scope="module")
def trained(root, tmp_path_factory):
    """A finished training that kept its working folder, with what it said."""
    pytest.importorskip("tensorflow")
    order = order_for(root, tmp_path_factory.mktemp("out put") / "Öl 5 kV.semclear", keep=True)
    done = run_apart(root, order)
    assert done.returncode == 0, done.stderr[-2000:]
    return order, done.stdout.splitlines()


@pytest.mark.slow
def test_it_leaves_a_release_that_restores(trained, tmp_path):
    from semclear.models import catalogue, release
    from semclear.tool.restore import engine

    order, _ = trained
    made = release.read(order.output)
    assert made.name == "Öl 5 kV" and made.bundle.method == "cyclegan-physics"
    assert made.bundle.model.normalisation == "none"
    assert made.family is not None and made.family.enough and made.side == 32
    assert made.interval_factor is None  # without truth nothing can calibrate it
    card = made.card
    assert card["trained_on"]["kind"] == "real" and card["trained_on"]["sources"]["degraded"] == 4
    assert card["trained_on"]["pixel_size_nm"] == [5.0, 5.0]
    assert set(card["scores"]["restored"]) == {"ag", "con", "sf"}
    restorer = engine.of_model(catalogue.find(str(order.output)), threads=1, ensembling=False)
    image = own_folders.veiled(own_folders.picture((70, 90), 9), 9).astype(np.float32)
    out = restorer.inspect(image)
    assert out.image.shape == (70, 90) and verdict_of(restorer.family, out.checks) is not None
    assert "`Öl 5 kV.semclear`" in order.beside[0].read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_training_is_that_of_the_pipeline(trained, tmp_path):
    from semclear.datasets import real

    order, _ = trained
    prepared = run.prepare(order)
    data, bundle = tmp_path / "data" / "manifest.json", tmp_path / "b.semclear"
    real.ingest(prepared.real, prepared.data_scale, prepared.values["seed"], prepared.name, data)
    assert data.read_bytes() == (order.work / "data" / "manifest.json").read_bytes()
    done = apart(FIT, json.dumps(prepared.training), str(data), str(bundle))
    assert done.returncode == 0, done.stderr[-2000:]
    assert bundle.read_bytes() == (order.work / "bundle.semclear").read_bytes()


@pytest.mark.slow
def test_the_page_shows_every_test_micrograph(trained):
    order, _ = trained
    page = order.beside[1].read_text(encoding="utf-8")
    data = json.loads((order.work / "data" / "manifest.json").read_text(encoding="utf-8"))
    test = [record for record in data["records"] if record["split"] == "test"]
    assert len(test) == 1
    assert all(record["origin"]["file"].split("/")[1] in page for record in test)
    assert "Öl 5 kV: 1 test micrograph that the training did not see" in page
    assert page.count("data:image/png;base64,") >= 3 and not re.search(r"""(src|href)=.?http""", page)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0.0, 1e9])
def test_a_model_that_does_not_explain_its_micrographs_says_so(trained, tmp_path, monkeypatch, limit):
    from semclear.models import release
    from semclear.tool.own_data import held_out_report
    from semclear.tool.own_data import release as own_release

    order, _ = trained
    monkeypatch.setattr(wording, "UNEXPLAINED_MEDIAN", limit)
    files = {role: order.work / place for role, place in PLACES.items()}
    values = run.prepare(order).values
    made, card = own_release.write("Öl", tmp_path, files, values, {})
    end = held_out_report.Closing(
        files["data"], files["restored"], tmp_path / "given.csv", tmp_path / "scores.csv", release.read(made)
    )
    held_out_report.write_page(end, tmp_path / "page.html", {})
    said = "does not explain the micrographs that it was trained on"
    places = [card.read_text(encoding="utf-8").split("## Limits")[1][:200], held_out_report.table(end)]
    places += [" ".join(end.release.card["limits"]), (tmp_path / "page.html").read_text(encoding="utf-8")]
    assert [said in place for place in places] == [limit == 0.0] * 4


@pytest.mark.slow
def test_epochs_are_told_and_called_again_it_does_nothing(trained, capsys):
    order, said = trained
    assert any(text.startswith("epoch 1 of 2") for text in said)
    assert not any(" left" in text for text in said if text.startswith("epoch"))  # no minute was seen
    stamp = order.output.stat().st_mtime_ns
    again = []
    assert run.run(order, again.append) == 0
    assert again == [f"{order.output}: finished already; nothing to do"]
    assert order.output.stat().st_mtime_ns == stamp


@pytest.mark.slow
def test_another_training_does_not_replace_it(trained, tmp_path):
    order, _ = trained
    other = replace(order, changes=(*order.changes, "train.seed=1"))
    with pytest.raises(
        SemclearError, match=r"exists and was made otherwise \(train.seed 0, now 1\).*--overwrite"
    ):
        run.run(other)
    more = own_folders.write(tmp_path / "own data", size=(100, 128))
    with pytest.raises(SemclearError, match="other micrographs"):
        run.run(replace(order, folders=Folders(more / "clear", more / "degraded")))


@pytest.mark.slow
def test_a_failed_training_names_the_options_that_help(root, tmp_path, capsys):
    pytest.importorskip("tensorflow")
    order = order_for(root, tmp_path / "steep.semclear")
    steep = (*order.changes, "train.recovery_attempts=0", "train.learning_rate=1e12")
    said = r"^steep\.semclear: training diverged .*: the same command with --overwrite -S train\.learning_rate=1e\+11$"
    with pytest.raises(Diverged, match=said):
        run.run(replace(order, changes=steep), lambda text: None)
    assert not order.output.exists()
    other = replace(order, changes=(*steep, "train.learning_rate=1e-3"), dry_run=True)
    with pytest.raises(SemclearError, match=r"begun otherwise .*--overwrite"):
        run.run(other, lambda text: None)
    assert run.run(replace(other, overwrite=True), lambda text: None) == 0


@pytest.mark.slow
def test_killed_and_interrupted_it_goes_on_and_ends_the_same(root, trained, tmp_path):
    order = replace(trained[0], output=tmp_path / trained[0].output.name, keep=False)
    done = run_apart(root, order, stop="epoch 2", how="SIGKILL")
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    assert not order.output.exists() and order.work.is_dir()
    with pytest.raises(
        SemclearError, match=r"interrupted training that was begun otherwise \(train.seed 0, now 1\)"
    ):
        run.run(replace(order, changes=(*order.changes, "train.seed=1")))
    stopped = run_apart(root, order, stop="restoring")
    assert stopped.returncode == 130, stopped.stderr[-2000:]
    said = stopped.stdout.splitlines()
    assert "resuming after epoch 1 of 2" in said
    assert said[-1].startswith(
        "interrupted after epoch 2 of the training: the same command goes on from there"
    )
    assert not order.output.exists()
    again = run_apart(root, order)
    assert again.returncode == 0, again.stderr[-2000:]
    assert not any(text.startswith("epoch") for text in again.stdout.splitlines())
    assert order.output.read_bytes() == trained[0].output.read_bytes()
    assert not order.work.exists()
    assert "proves nothing" in again.stdout


@pytest.mark.slow
def test_with_truth_there_are_full_scores_and_intervals(tmp_path, capsys):
    pytest.importorskip("tensorflow")
    from semclear.models import release

    root = own_folders.write(tmp_path / "with truth", truth=True)
    # Intervals need the spread over the orientations.
    order = order_for(root, tmp_path / "true.semclear", changes=own_folders.CHANGES[:2])
    assert run.run(order, lambda text: None) == 0
    made = release.read(order.output)
    assert {"psnr", "ssim"} <= set(made.card["scores"]["restored"])
    assert made.interval_factor > 0
    out = capsys.readouterr().out
    assert "PSNR (dB)" in out and "With truth: PSNR is higher restored than degraded in" in out
    assert "PSNR (dB), before -&gt; restored" in order.beside[1].read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_second_command_is_refused_while_the_first_runs_and_not_after_its_death(root, tmp_path):
    pytest.importorskip("tensorflow")
    order = order_for(root, tmp_path / "one.semclear")
    words = [str(root), str(order.output), "", "epoch 1", "wait", *order.changes]
    first = subprocess.Popen([sys.executable, "-c", APART, *words], stdout=subprocess.PIPE, text=True)
    try:
        said = next(line for line in first.stdout if line.startswith("epoch 1"))
        assert said  # it waits now, in the middle
        for again in (
            order,
            replace(order, overwrite=True),
            replace(order, changes=()),
            replace(order, dry_run=True),
        ):
            with pytest.raises(SemclearError, match=f"is being made by process {first.pid} on .*, since 2"):
                run.run(again)
    finally:
        first.kill()
        first.communicate()
    assert (order.work / "plan.json").is_file() and lock.place_of(order.output).is_file()
    done = run_apart(root, order)
    assert done.returncode == 0, done.stderr[-2000:]
    assert order.output.is_file() and not lock.place_of(order.output).exists()


@pytest.mark.slow
def test_too_little_memory_is_told_before_the_training(tmp_path):
    pytest.importorskip("tensorflow")
    root = own_folders.write(tmp_path / "own", size=(700, 700))
    order = order_for(root, tmp_path / "a.semclear", memory=34 * 2**20)
    said = []
    with pytest.raises(SemclearError, match=r"memory: got 34 MiB, expected at least .* 700 x 700"):
        run.run(order, said.append)
    assert not any(text.startswith("epoch") for text in said)
    assert not lock.place_of(order.output).exists()


def test_what_was_understood_is_told_first(root, tmp_path, capsys):
    (root / "degraded" / "broken.png").write_bytes(b"")
    try:
        order = order_for(root, tmp_path / "a.semclear", dry_run=True)
        said = []
        assert run.run(order, said.append) == 0
    finally:
        (root / "degraded" / "broken.png").unlink()
    out = capsys.readouterr().out
    assert "128 x 96" in out and "uint16" in out and "5 nm" in out
    assert "Held out for the test: 1 degraded micrograph of 1 source (20 %)" in out
    assert "squares of 32 px" in out and "2 epochs of 2 steps" in out
    assert "1 file not used:\n  degraded broken.png: " in out
    assert said == ["nothing was written (--dry-run)"] and list(tmp_path.iterdir()) == []


def test_outputs_that_cannot_be_are_refused(root, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SemclearError, match=r"cannot be (made|written)"):
        run.run(order_for(root, tmp_path / "file" / "a.semclear"))
    with pytest.raises(
        SemclearError, match=r"got the ending '.keras', expected .semclear; call it a.semclear"
    ):
        run.run(order_for(root, tmp_path / "a.keras"))
    (tmp_path / "b.md").write_text("notes")
    with pytest.raises(SemclearError, match=r"b.md: exists, and would be replaced"):
        run.run(order_for(root, tmp_path / "b.semclear"))
    (tmp_path / "c.semclear.work").mkdir()
    (tmp_path / "c.semclear.work" / "mine.txt").write_text("")
    with pytest.raises(SemclearError, match="a folder that is no training's"):
        run.run(order_for(root, tmp_path / "c.semclear", overwrite=True))
    assert (tmp_path / "b.md").read_text() == "notes" and (tmp_path / "c.semclear.work" / "mine.txt").exists()


def test_micrographs_below_the_crop_are_refused(root, tmp_path, capsys):
    order = order_for(root, tmp_path / "a.semclear", scale="laptop", changes=())
    with pytest.raises(
        SemclearError, match=r"got 0 usable source micrographs.*3 files were refused, see above"
    ):
        run.run(order)
    assert "128 x 96 pixels of picture" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-o a.semclear", "--degraded: got none"),
        ("-o a.semclear --clear c", "--degraded: got none"),
        ("-o a.semclear --degraded d --method cyclegan", "--clear: got none, expected a folder"),
        (
            "-o a.semclear --clear c --degraded d --start no-such",
            "--start: got 'no-such', expected a file or",
        ),
        ("-o a.semclear --clear c --degraded d --start no/such.semclear", "such.semclear: got no such file"),
        ("-o a.semclear --degraded d --method cyclegan --start a", "--start: got a for --method cyclegan"),
        ("a.npz -o run --start default", "--start: got it beside the pack"),
        ("-o a.semclear --clear= --degraded d", "--clear: got an empty name"),
        ("-o a.semclear --clear=~/no-such-folder --degraded d", "no-such-folder: got no such folder"),
        ("a.npz -o run --region 0 0 9 9", "--region: got it beside the pack"),
        ("a.npz -o run --clear c --scale smoke --method cyclegan", "--clear: got it beside the pack a.npz"),
        ("a.npz -o run --method cyclegan", "--scale: got none"),
        ("-o a.semclear --clear c --degraded d", "--clear c: got no such folder"),
        ("-o a.semclear --clear c --degraded d --method paired", "--method: got 'paired'"),
        ("-o a.semclear --clear c --degraded d --test-share 0.9", "--test-share: got 0.9"),
        (
            "-o a.semclear --clear c --degraded d --precision mixed_bfloat16",
            "--precision: got mixed_bfloat16",
        ),
        ("-o a.semclear --clear c --degraded d --backend theano", "--backend: got 'theano'"),
        ("-o a.semclear --clear c --degraded d --memory 10", "--memory: got '10'"),
        (
            "a.npz -o run --memory 2GB --scale smoke --method cyclegan",
            "--memory: got it beside the pack a.npz",
        ),
    ],
)
def test_wrong_words_are_told_in_one_line(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SemclearError) as caught:
        main.app(["train", *words.split()], standalone_mode=False)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_region_is_part_of_what_a_training_is_known_by(root, tmp_path):
    order = order_for(root, tmp_path / "a.semclear")
    plain = run.prepare(order)
    part = run.prepare(replace(order, folders=replace(order.folders, region=Box(0, 0, 64, 64))))
    assert plan.differences(plain.plan, part.plan) == ["data.region unset, now [0, 0, 64, 64]"]
    assert "64 x 64" in part.text and "64 x 64" not in plain.text


def test_folders_are_looked_through_without_keras(root, tmp_path):
    script = (
        "import sys\nfrom semclear.cli import main as cli\n"
        f"sys.argv = ['semclear', 'train', '--clear', {str(root / 'clear')!r}, '--degraded', "
        f"{str(root / 'degraded')!r},\n            '-o', 'a.semclear', '--scale', 'smoke', '--dry-run']\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    print('code', end.code)\n"
        "print([name for name in ('keras', 'tensorflow', 'jax', 'matplotlib', 'mlflow') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-2:] == ["code 0", "[]"], done.stdout + done.stderr
