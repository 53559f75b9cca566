"""What a training on own images starts from, and one on degraded micrographs alone from folder to release."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import own_folders
import pytest

from semclear import params
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.models import archive, catalogue
from semclear.networks import bundle as bundles
from semclear.tool.own_data import plan, run, start
from semclear.tool.own_data.gathering import Folders
from semclear.tool.own_data.order import Order

PARAMS = params.load(plan.shipped_params())
OWN = PARAMS.own
MODEL = params.model_of(PARAMS.model, PARAMS.pretrained["default"])
SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=4)
WORDS = {
    "name": "own", "scale": "laptop", "method": "instrument", "backend": "tensorflow", "threads": 1, "changes": (),
}  # fmt: skip
#: Four drawn micrographs, two epochs of two steps, one orientation.
CHANGES = ("own.count=4", "scales.smoke.train.steps_per_epoch=2", "restoration.ensemble=false")

#: A training in a process of its own, killed where it says `stop`.
APART = """
import os, signal, sys
from pathlib import Path
from semclear.tool.own_data import run
from semclear.tool.own_data.gathering import Folders
from semclear.tool.own_data.order import Order

def say(text):
    print(text, flush=True)
    if stop and text.startswith(stop):
        os.kill(os.getpid(), signal.SIGKILL)

degraded, output, begin, stop, *changes = sys.argv[1:]
words = {"scale": "smoke", "threads": 1, "keep": not stop, "changes": tuple(changes)}
sys.exit(run.run(Order(Folders(None, Path(degraded)), Path(output), start=begin, **words), say))
"""


def settings(**more):
    return plan.settings_of(plan.shipped_params(), **{**WORDS, **more})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model of the method `instrument` that was trained on nothing, as a file."""
    pytest.importorskip("keras")
    from semclear.networks.forward import physics
    from semclear.networks.generator import generator_of

    rng = np.random.default_rng(3)
    built = {"restorer": generator_of(SIZE, MODEL, "restorer"), "degrader": physics.build_encoder(SIZE.width)}
    networks = {
        name: [0.05 * rng.standard_normal(w.shape).astype(np.float32) for w in network.get_weights()]
        for name, network in built.items()
    }
    path = tmp_path_factory.mktemp("models") / "tiny.semclear"
    bundles.save(bundles.Bundle("instrument", SIZE, MODEL, "d" * 64, networks), path)
    return path


def test_without_a_word_it_is_the_model_that_came_along_where_it_can_be():
    path = catalogue.find().path
    with archive.Archive(path) as file:
        method = file.header["method"]
    found = start.find(None, "instrument")
    assert (found is not None) == (method == "instrument")
    assert found is None or (found.path, found.sha256) == (path, sha256(path))
    assert start.find(None, "cyclegan-physics") is None
    assert start.find("none", "instrument") is None and start.find("none", "cyclegan") is None


def test_a_file_is_found_with_its_networks(model):
    found = start.find(str(model), "instrument")
    assert (found.name, found.sha256) == ("tiny", sha256(model))
    assert (found.size, found.model) == (SIZE, MODEL)


def test_what_cannot_be_started_from_is_refused(model, tmp_path):
    other = tmp_path / "other.semclear"
    bundles.save(replace(bundles.load(model), method="cyclegan"), other)
    (tmp_path / "damaged.semclear").write_bytes(b"half")
    for word, method, said in (
        ("no-such", "instrument", "--start: got 'no-such', expected a file or a name"),
        (str(tmp_path / "no.semclear"), "instrument", "got no such file"),
        (str(tmp_path / "damaged.semclear"), "instrument", "damaged or no semclear model"),
        (
            str(other),
            "instrument",
            "got a model of the method cyclegan, expected one of instrument.*--start none",
        ),
        (str(model), "cyclegan-physics", "for --method cyclegan-physics, expected --method instrument"),
    ):
        with pytest.raises(SemclearError, match=said):
            start.find(word, method)


def test_from_nothing_it_is_trained_by_the_block_with_the_networks_that_this_names():
    values, training = settings()
    assert training["experiments.packed"] == {"dataset": "own", "method": "instrument"}
    assert list(training["families"]) == [OWN.family]
    expected = {**OWN.train.model_dump(), **OWN.scratch.model_dump()}
    assert {key: training["train"][key] for key in expected} == expected
    assert training["model"] == MODEL.model_dump(exclude_defaults=True)
    assert training["scales.laptop.model"] == values["scales"]["laptop"]["model"]


def test_from_a_model_it_has_that_model_s_networks_and_the_slow_rates(model):
    values, training = settings(start=start.find(str(model), "instrument"))
    assert training["scales.laptop.model"] == SIZE.model_dump() == values["scales"]["laptop"]["model"]
    assert params.validate(params.Model, training["model"], "model") == MODEL
    assert training["train"]["learning_rate"] == OWN.train.learning_rate
    assert training["scales.laptop.train"] == PARAMS.scales["laptop"].train.model_dump()


def test_a_change_counts_more_than_the_block(model):
    changes = ("train.learning_rate=3e-4", "own.train.read_share=0.5", "model.veil=kept")
    for begin in (None, start.find(str(model), "instrument")):
        _, training = settings(changes=changes, start=begin)
        assert training["train"]["learning_rate"] == 3e-4 and training["train"]["read_share"] == 0.5
        assert training["train"]["gradient_norm"] == OWN.train.gradient_norm


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "model.architecture=multi-block",
            "-S model.architecture: got multi-block, expected residual as tiny has it",
        ),
        ("model.orientations=8", f"-S model.orientations: got 8, expected {MODEL.orientations}"),
        ("model.veil=lifted", "-S model.veil: got lifted, expected kept"),
        ("scales.laptop.model.width=16", "-S scales.laptop.model.width: got 16, expected 4.*--start none"),
    ],
)
def test_a_change_that_contradicts_the_start_is_refused(model, change, said):
    with pytest.raises(SemclearError, match=said):
        settings(changes=(change,), start=start.find(str(model), "instrument"))
    settings(changes=(change,))


def test_a_crop_that_its_halvings_do_not_divide_is_refused(model, tmp_path):
    deep = tmp_path / "deep.semclear"
    size = SIZE.model_copy(update={"levels": 8})
    bundles.save(replace(bundles.load(model), size=size), deep)
    with pytest.raises(
        SemclearError, match=r"--start deep at the scale laptop: train\.crop 128 is no multiple of"
    ):
        settings(start=start.find(str(deep), "instrument"))


def test_what_it_starts_from_and_what_is_drawn_are_told_and_part_of_the_plan(model, tmp_path):
    root = own_folders.write(tmp_path / "own")
    changes = ("scales.smoke.train.steps_per_epoch=2",)
    order = Order(
        Folders(root / "clear", root / "degraded"), tmp_path / "a.semclear", scale="smoke", start=str(model),
        changes=changes,
    )  # fmt: skip
    both = run.prepare(order)
    assert "from tiny (sha256 " in both.text and "drawn" not in both.text and both.drawn == 0
    nothing = run.prepare(replace(order, start="none"))
    assert "from nothing" in nothing.text
    said = plan.differences(nothing.plan, both.plan)
    assert any(text == f"start.sha256 unset, now {sha256(model)}" for text in said)
    alone = run.prepare(replace(order, folders=Folders(None, root / "degraded")))
    assert f"{OWN.count} are drawn" in alone.text and "drawn clear micrographs alone" in alone.text
    assert alone.drawn == OWN.count
    said = plan.differences(both.plan, alone.plan)
    assert f"data.views.count unset, now {OWN.count}" in said and "other micrographs" in said
    with pytest.raises(
        SemclearError, match="--clear: got none, expected a folder of clear micrographs for --method"
    ):
        run.prepare(replace(order, folders=Folders(None, root / "degraded"), start=None, method="cyclegan"))


def apart(degraded, output, begin, stop=""):
    # Other tests leave their number of threads in the environment, which counts more than the order's.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TF_NUM", "OMP_"))
    }
    command = [sys.executable, "-c", APART, str(degraded), str(output), str(begin), stop, *CHANGES]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False, env=environment)


@pytest.mark.slow
def test_degraded_micrographs_alone_make_a_release_that_says_so_and_resume_to_the_byte(model, tmp_path):
    pytest.importorskip("tensorflow")
    from semclear.models import release
    from semclear.tool.restore import engine

    root = own_folders.write(tmp_path / "own", suffix=".tif")
    whole, again = tmp_path / "a" / "alone.semclear", tmp_path / "b" / "alone.semclear"
    done = apart(root / "degraded", whole, model)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "drawn clear micrographs alone" in done.stdout

    made = release.read(whole)
    assert (made.bundle.method, made.bundle.size, made.bundle.model) == ("instrument", SIZE, MODEL)
    begun = made.card["training"]["start"]
    assert (begun["name"], begun["sha256"]) == ("tiny", sha256(model))
    weights = bundles.load(model).networks["restorer"]
    assert begun["weights_sha256"] == made.bundle.training["start"]["weights_sha256"]
    moved = [np.abs(a - b).max() for a, b in zip(made.bundle.networks["restorer"], weights, strict=True)]
    assert 0 < max(moved) < 0.01  # four steps of at most 2e-4
    assert made.card["trained_on"]["drawn_clear"] and made.card["trained_on"]["sources"]["clear"] == 4
    assert made.card["trained_on"]["pixel_size_nm"] == [5.0, 5.0]  # of the person's own
    assert "drawn clear ones alone" in made.card["limits"][0]
    card = whole.with_suffix(".md").read_text(encoding="utf-8")
    assert f"| started from | tiny, sha256 `{sha256(model)}` |" in card and "drawn, none of them real" in card
    page = whole.with_suffix(".html").read_text(encoding="utf-8")
    assert "drawn clear squares" in page and "Started from" in page
    used = engine.of_model(catalogue.find(str(whole)), threads=1, ensembling=False)
    assert used.record["model"]["drawn_clear"] is True and made.choosing == PARAMS.restoration.choosing

    work = whole.with_name(f"{whole.name}.work")
    records = json.loads((work / "data" / "manifest.json").read_text(encoding="utf-8"))["records"]
    clear = [record for record in records if record["split"] == "clear"]
    assert len(clear) == 4 and all(
        record["kind"] and record["source"].startswith("drawn/") for record in clear
    )

    for stop in ("drawing", "epoch 2"):
        killed = apart(root / "degraded", again, model, stop)
        assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    last = apart(root / "degraded", again, model)
    assert last.returncode == 0, last.stderr[-2000:]
    assert "resuming after epoch 1 of 2" in last.stdout
    assert again.read_bytes() == whole.read_bytes()
    assert Path(f"{again}.work/views/clear-0003.json").is_file()
