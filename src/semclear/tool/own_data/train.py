"""The heavy part of a training on own images: data set, training, restoration, release, each once.

Keras is loaded by `make` alone, on the backend that is asked for: nothing that
imports it is imported here.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.datasets import manifest
from semclear.datasets.real import View, enter
from semclear.errors import Diverged
from semclear.files import quoted, whole_file
from semclear.params import Restoration, overrides, validate
from semclear.tool.terminal import span_text

if TYPE_CHECKING:
    from semclear.tool.own_data.order import Order, Prepared
    from semclear.training.fitting import Fitted, Settings

DATA, RESTORED = Path("data/manifest.json"), Path("restored/manifest.json")
VIEWS = "views"
#: Drawn micrographs after which the progress is told.
TOLD = 20
BUNDLE, HISTORY, STEPS, CHECKPOINT = "bundle.semclear", "history.csv", "steps.csv", "checkpoint"
Say = Callable[[str], None]


def epochs_done(work: Path) -> int:
    """Return the last epoch that a working folder's checkpoint holds, 0 without one."""
    done = 0
    for path in (work / CHECKPOINT).glob("*/state.npz"):
        try:
            with np.load(path, allow_pickle=False) as arrays:
                done = max(done, int(json.loads(str(arrays["record"]))["epoch"]))
        except (OSError, ValueError, KeyError, EOFError):
            continue
    return done


def _views(prepared: Prepared, folder: Path, say: Say) -> list[View]:
    """Return the clear views that a training without clear micrographs gets; those drawn before are taken."""
    if not prepared.drawn:
        return []
    from semclear.datasets import views
    from semclear.tool.own_data.run import views_of

    say(f"drawing {prepared.drawn} clear micrographs")
    values = prepared.values
    return views.draw(
        views_of(values),
        values["scenes"]["kinds"],
        values["scales"][values["scale"]]["data"]["size"],
        prepared.drawn,
        values["seed"],
        prepared.name,
        folder,
        lambda number: say(f"drawn {number} of {prepared.drawn}") if number % TOLD == 0 else None,
    )


def _data(prepared: Prepared, path: Path, drawn: Path, say: Say) -> manifest.Dataset:
    if not path.is_file():
        enter(
            prepared.gathered.found,
            prepared.real,
            prepared.data_scale,
            prepared.values["seed"],
            prepared.name,
            path,
            _views(prepared, drawn, say),
        )
    return manifest.load(path, verify=True)


def seconds_to_restore(
    settings: Settings, dataset: manifest.Dataset, restoration: Restoration, memory: int | None = None
) -> float:
    """Return about how long restoring the test set and calibrating will take, in seconds.

    One training square is restored and checked by an untrained network of
    this size, twice, as much is loaded the first time; the second time by the
    number of pixels is the pace. To it comes a compilation for each size that
    there is, as long as that for a square made wider.

    Parameters
    ----------
    settings : Settings
        Of the training.
    dataset : Dataset
        What will be restored.
    restoration : params.Restoration
        Whether in eight orientations, and on how many micrographs is calibrated.
    memory : int, optional
        Bytes that restoring may take.

    Raises
    ------
    SemclearError
        When the memory does not suffice for one of the micrographs: better now than after the training.
    """
    from semclear.networks.bundle import Bundle
    from semclear.restoration.tiled.large import LargeRestorer
    from semclear.tool.own_data import restoring
    from semclear.training import fitting

    model = fitting.build(settings)
    networks = {"restorer": model.averaged.get_weights(), "degrader": model.degrader.get_weights()}
    bundle = Bundle(settings.method, settings.size, settings.model, dataset.digest, networks, {})
    restorer = LargeRestorer(bundle, restoration.ensemble, memory, choosing=restoration.choosing)
    shapes = [shape for _, shape in restoring.passes(dataset, restoration)]
    for shape in sorted(set(shapes)):
        restorer.plan(shape, maps=True)
    square = dataset.split("degraded")[0].image()
    wider = np.hstack([square, square[:, : 2**settings.size.levels]])
    times = []
    for image in (square, square, wider):
        start = time.monotonic()
        restorer.inspect(image)
        times.append(time.monotonic() - start)
    pace = times[1] / square.size
    compiling = max(0.0, times[2] - pace * wider.size)
    return pace * sum(height * width for height, width in shapes) + compiling * len(set(shapes))


def warnings_of(fitted: Fitted, attempts: int) -> list[str]:
    """Return the lines of warning of a training: of all its epochs, those before an interruption, too.

    Parameters
    ----------
    fitted : Fitted
        What it left.
    attempts : int
        How often it might have gone back.
    """
    from semclear.training.callbacks import Warnings
    from semclear.training.recovery import warning_of

    told = [warning_of(recovery, number, attempts) for number, recovery in enumerate(fitted.recoveries, 1)]
    for epoch, row in enumerate(fitted.epochs):
        Warnings(partial(dict, row), told.append).on_epoch_end(epoch)
    return told


def _train(
    prepared: Prepared, dataset: manifest.Dataset, work: Path, memory: int | None, say: Say
) -> tuple[list[str], float]:
    """Train, and return the lines of warning and about how many seconds restoring will take."""
    from semclear import compute
    from semclear.models import release
    from semclear.networks import bundle as bundles
    from semclear.tool.own_data.progress import Estimate, Reporting
    from semclear.training import checkpoint, fitting, run
    from semclear.training import start as starts

    settings = run.settings_of(prepared.training, overrides.NAME)
    restoration = validate(Restoration, prepared.values["restoration"], "restoration")
    begin = None if prepared.start is None else release.read(prepared.start.path).bundle
    begun = None if begin is None else starts.digest(begin)
    identity = checkpoint.folder_of(dict(prepared.training), dataset.digest, begun).name
    folder = work / CHECKPOINT / identity
    others = [path for path in (work / CHECKPOINT).glob("*") if path.name != identity]
    if others and not folder.exists():
        say("semclear or Keras changed since the interruption: the training begins again")
    after = seconds_to_restore(settings, dataset, restoration, memory)
    say(
        f"{compute.describe()}; {settings.epochs} epochs of {settings.scale.steps_per_epoch} steps. The time left is "
        "told after the first minute, then at the end of each epoch; Ctrl-C stops, the same command goes on"
    )
    steps = settings.epochs * settings.scale.steps_per_epoch
    estimate = Estimate(steps, settings.scale.steps_per_epoch, after)
    with warnings.catch_warnings():
        # Keras remarks that it will not shuffle what comes in random order.
        warnings.filterwarnings("ignore", message="`shuffle=True` was passed")
        try:
            fitted = fitting.fit(
                settings, dataset, folder, say, progress=partial(Reporting, estimate), start=begin
            )
        except Diverged as error:
            lower = settings.train.learning_rate / 10
            advice = (
                f"lower the learning rate: the same command with --overwrite -S train.learning_rate={lower:g}"
            )
            raise error.told(model=work.stem, advice=advice) from None  # without `.work`
    run.write_rows(fitted.epochs, work / HISTORY)
    run.write_rows(fitted.steps, work / STEPS)
    bundles.save(fitted.bundle, work / BUNDLE)
    return warnings_of(fitted, settings.train.recovery_attempts), estimate.afterwards


def make(order: Order, prepared: Prepared, say: Say) -> str:
    """Make whatever of an order is not made yet, and return the closing summary.

    Parameters
    ----------
    order, prepared
        What is asked for and what it was settled to be; its working folder stands.
    say : callable
        Takes a line of progress.

    Raises
    ------
    Diverged
        When the training fails for good; its advice is an option of the command.
    SemclearError
        When the disk refuses a write.
    """
    from semclear.tool import runtime

    work, began = order.work, time.monotonic()
    say("making the data set, loading Keras and trying how long a restoration takes")
    dataset = _data(prepared, work / DATA, work / VIEWS, say)
    compute = prepared.values["compute"]
    runtime.configure(compute["backend"], compute["threads"])
    warned = [f"warning: {text}" for text in prepared.warnings]
    after: float | None = None
    if not (work / BUNDLE).is_file():
        more, after = _train(prepared, dataset, work, order.memory, say)
        warned += more
    if not (work / RESTORED).is_file():
        from semclear.tool.own_data import restoring

        settings = validate(Restoration, prepared.values["restoration"], "restoration")
        count = min(settings.family, len(dataset.split("degraded")) + len(dataset.split("validation")))
        say(
            f"restoring the held-out micrographs ({len(dataset.split('test'))}) and calibrating on {count} like the "
            "trained ones" + ("" if after is None else f": about {span_text(after)}")
        )
        files = {"data": work / DATA, "bundle": work / BUNDLE, "restored": work / RESTORED}
        restoring.restore(prepared.name, files, dataset, settings, order.memory, say)
    say("scoring, and making card and page")
    return _close(order, prepared, warned, began)


def _close(order: Order, prepared: Prepared, warned: list[str], began: float) -> str:
    """Make release, card and page, put them in their places, the release last, and return the summary."""
    from semclear.models import release as releases
    from semclear.tool.own_data import held_out_report, release

    work, name = order.work, order.output.stem
    files = {"data": work / DATA, "restored": work / RESTORED, "bundle": work / BUNDLE}
    made, card = release.write(name, work, files, prepared.values, prepared.plan, prepared.start)
    end = held_out_report.Closing(
        files["data"], files["restored"], work / "given.csv", work / "scores.csv", releases.read(made)
    )
    page = work / "page.html"
    held_out_report.write_page(end, page, _facts(end.release.card, order.output), sorted(set(warned)))
    table = held_out_report.table(end)
    places = dict(zip((card, page), order.beside, strict=True)) | {made: order.output}
    for source, place in places.items():
        _put(source, place)
    if prepared.drawn:
        warned = [
            *warned,
            "note: the model has seen drawn clear micrographs alone, and real ones only degraded",
        ]
    lines = [f"\n{order.output}: done, {span_text(time.monotonic() - began)} in this call", "", table]
    lines += sorted(set(warned))
    lines += [
        "",
        f"Pictures   {order.beside[1]}",
        f"Card       {order.beside[0]}",
        f"Use        semclear restore MICROGRAPHS -o restored --model {quoted(order.output)}",
    ]
    return "\n".join(lines)


def _put(source: Path, place: Path) -> None:
    with whole_file(place) as scratch:
        scratch.write_bytes(source.read_bytes())


def _facts(card: Mapping[str, Any], output: Path) -> dict[str, str]:
    data, training = card["trained_on"], card["training"]
    counts = data["micrographs"]
    clear = "drawn clear" if data.get("drawn_clear") else "clear"
    begun = training.get("start")
    return {
        "Model": f"{output.name}, {card['method']}, scale {card['scale']}",
        "Trained on": f"{counts['degraded']} degraded and {counts['clear']} {clear} squares of {data['size'][0]:.0f} "
        f"pixels, {training['budget']:g} of {training['epochs']} epochs of {training['steps_per_epoch']} steps",
        **({} if begun is None else {"Started from": f"{begun['name']}, sha256 {begun['sha256']}"}),
        "Went back": f"{len(recoveries)} times, at last to {recoveries[-1]['rate']:g} of the learning rates"
        if (recoveries := training.get("recoveries", []))
        else "never",
        "Made with": ", ".join(f"{name} {number}" for name, number in sorted(card["versions"].items())),
    }
