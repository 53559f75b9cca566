"""`semclear train --degraded FOLDER`, with or without `--clear FOLDER`: from own micrographs to a release."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Any

from semclear import params
from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.models import archive
from semclear.tool.own_data import briefing, gathering, lock, plan
from semclear.tool.own_data import start as starts
from semclear.tool.own_data.order import Order, Prepared
from semclear.tool.own_data.plan import choose
from semclear.tool.runtime import backend_for, default_threads

SUFFIX = ".semclear"
PLAN = "plan.json"
INTERRUPTED = 130


def say(text: str) -> None:
    """Print a line on stderr at once, above a progress bar where there is one."""
    from tqdm import tqdm

    tqdm.write(text, file=sys.stderr)
    sys.stderr.flush()


def _check_words(order: Order) -> None:
    if order.output.suffix != SUFFIX:
        raise SemclearError(
            f"-o {order.output}: got the ending {order.output.suffix!r}, expected {SUFFIX}; call it "
            f"{order.output.with_suffix(SUFFIX).name}"
        )
    if order.output.is_dir():
        raise SemclearError(f"-o {order.output}: got a folder, expected a file to write; choose another name")
    if order.threads is not None and order.threads < 1:
        raise SemclearError(f"--threads: got {order.threads}, expected at least 1; correct it")
    if not 0 < order.test_share <= 0.5:
        raise SemclearError(
            f"--test-share: got {order.test_share:g}, expected more than 0 and at most 0.5; correct it"
        )


def _check_clear(order: Order) -> None:
    """Refuse that there are no clear micrographs where the method cannot do with drawn ones."""
    if order.folders.clear is None and order.method != starts.METHOD:
        raise SemclearError(
            f"--clear: got none, expected a folder of clear micrographs for --method {order.method}; give one, or "
            f"train by --method {starts.METHOD}, for which clear ones can be drawn"
        )


def prepare(order: Order) -> Prepared:
    """Check words and folders, read every micrograph once, and settle how they are trained on.

    Raises
    ------
    SemclearError
        In one line; where files were refused and too little is left, they were told by `say` before.
    """
    _check_words(order)
    name = plan.name_of(order.output)
    start = starts.find(order.start, order.method)
    values, training = plan.settings_of(
        order.params_file or plan.shipped_params(),
        name=name,
        scale=order.scale,
        method=order.method,
        backend=backend_for(order.backend),
        threads=order.threads or default_threads(),
        changes=order.changes,
        start=start,
    )
    _check_clear(order)
    gathering.check_folders(order.folders)
    scale = values["scales"][order.scale]
    crop = scale["train"]["crop"]
    gathered = gathering.gather(order.folders, crop)
    try:
        gathering.check_originals(gathered, order.folders)
        gathering.check_enough(gathered, order.folders)
    except SemclearError:
        for one in gathered.refused:
            say(f"{one.path}: not used: {one.reason}")
        raise
    folders, found = order.folders, gathered.found
    real = params.Real(
        # Clear views that are drawn lie in no folder: what draws them stands in its place.
        clear=f"views.{values['own']['views']}" if folders.clear is None else str(folders.clear),
        degraded=str(folders.degraded),
        truth=None if folders.truth is None else str(folders.truth),
        sources=None if folders.sources is None else str(folders.sources),
        source_column=folders.source_column,
        test_share=order.test_share,
    )
    from semclear.datasets.real import splits

    data_scale = params.validate(params.DataScale, scale["data"], f"scales.{order.scale}.data")
    split_of = splits(found, real, data_scale, values["seed"], name)
    drawn = values["own"]["count"] if folders.clear is None else 0
    cut = choose(
        found.clear,
        found.degraded,
        split_of,
        side=data_scale.size,
        crop=crop,
        level=values["restoration"]["flag_level"],
    )
    data_scale = data_scale.model_copy(update={"size": cut.side})
    data: dict[str, Any] = {**data_scale.model_dump(), "test_share": order.test_share}
    if folders.region is not None:
        data["region"] = [folders.region.x, folders.region.y, folders.region.width, folders.region.height]
    if drawn:
        data["views"] = {
            "count": drawn,
            "size": scale["data"]["size"],
            "kinds": values["scenes"]["kinds"],
            **views_of(values).model_dump(exclude={"family", "scale"}),
        }
    return Prepared(
        gathered,
        real,
        data_scale,
        name,
        values,
        training,
        plan.plan_of(
            training,
            values["restoration"],
            data,
            plan.inputs_of(gathered),
            None if start is None else start.sha256,
        ),
        briefing.warnings_of(gathered),
        briefing.text_of(gathered, folders, split_of, cut, values, training, start),
        start,
        drawn,
    )


def views_of(values: Mapping[str, Any]) -> params.Observed:
    """Return what clear micrographs are drawn by: the views that `own` names, of params.yaml's values."""
    name = values["own"]["views"]
    return params.validate(params.Observed, values["views"][name], f"views.{name}")


def _stands(order: Order, wanted: Mapping[str, Any]) -> bool:
    """Return whether this very training is finished; refuse an output or a working folder of another one.

    Raises
    ------
    SemclearError
        Saying in what it differs.
    """
    if order.work.exists() and not (order.work / PLAN).is_file() and any(order.work.iterdir()):
        raise SemclearError(
            f"{order.work}: got a folder that is no training's, expected none; move it or choose another output"
        )
    if order.overwrite:
        return False
    if order.output.exists():
        old = archive.read(order.output).card.get("plan")
        said = plan.differences(old, wanted) if isinstance(old, dict) else ["no training on own images"]
        if not said:
            return True
        raise SemclearError(f"{order.output}: exists and was made otherwise ({_short(said)}); {_WAY_OUT}")
    if (order.work / PLAN).is_file():
        try:
            old = json.loads((order.work / PLAN).read_text(encoding="utf-8"))
            said = plan.differences(old, wanted)
        except (OSError, ValueError, AttributeError) as error:
            raise SemclearError(f"{order.work / PLAN}: cannot be read ({error}); say --overwrite") from None
        if said:
            raise SemclearError(
                f"{order.work}: holds an interrupted training that was begun otherwise ({_short(said)}); {_WAY_OUT}"
            )
        return False
    for path in order.beside:
        if path.exists():
            raise SemclearError(f"{path}: exists, and would be replaced; {_WAY_OUT}")
    return False


_WAY_OUT = "choose another output with -o, or say --overwrite to begin anew"


def _short(said: list[str]) -> str:
    return "; ".join(said[:4]) + (f"; and {len(said) - 4} more" if len(said) > 4 else "")


def _begin(order: Order, wanted: Mapping[str, Any]) -> None:
    """Make the working folder, and with it sure that the output can be written."""
    if order.overwrite and order.work.exists():
        shutil.rmtree(order.work)
    if not (order.work / PLAN).is_file():
        try:
            with whole_file(order.work / PLAN) as scratch:
                scratch.write_text(json.dumps(wanted, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        except OSError as error:  # of a folder above
            raise SemclearError(
                f"{order.work}: cannot be made ({error.strerror or error}); choose another output with -o"
            ) from None


def run(order: Order, say: Callable[[str], None] = say) -> int:
    """Train on own images, or go on where the same order was interrupted.

    Parameters
    ----------
    order : Order
        What is asked for.
    say : callable
        Takes a line of progress; what was understood and the closing summary are printed.

    Returns
    -------
    int
        Exit code: 0, or 130 when interrupted.

    Raises
    ------
    SemclearError
        On wrong words, folders or files, an output that stands for something
        else, is being made by another process or cannot be written.
    Diverged
        When the training fails for good.
    """
    lock.check_free(order.output)
    prepared = prepare(order)
    print(prepared.text, flush=True)
    finished = f"{order.output}: finished already; nothing to do"
    if _stands(order, prepared.plan):
        say(finished)
        return 0
    if order.dry_run:
        say("nothing was written (--dry-run)")
        return 0
    with lock.held(order.output) as claimed:
        if _stands(order, prepared.plan):  # another process may have finished it since
            say(finished)
            return 0
        _begin(order, prepared.plan)
        from semclear.tool.own_data import train

        try:
            text = train.make(order, prepared, say)
        except KeyboardInterrupt:
            if claimed.taken_by is not None:
                raise
            done = train.epochs_done(order.work)
            where = f"after epoch {done} of the training" if done else "before the first epoch was finished"
            say(
                f"interrupted {where}: the same command goes on from there (what is done lies in {order.work})"
            )
            return INTERRUPTED
        print(text, flush=True)
        if not order.keep:
            shutil.rmtree(order.work, ignore_errors=True)
    return 0
