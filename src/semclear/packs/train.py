"""One command that trains from a pack and leaves everything in one folder."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import semclear
from semclear import compute, params
from semclear.errors import Diverged, SemclearError
from semclear.files import whole_file
from semclear.packs import pack, speed
from semclear.packs.opencv import tolerate_absence
from semclear.params import overrides

BUNDLE, HISTORY, STEPS, RUN, CHECKPOINT = (
    "model.semclear",
    "history.csv",
    "steps.csv",
    "run.json",
    "checkpoint",
)
PRECISIONS = ("float32", "mixed_bfloat16")


def train(
    pack_path: str | Path,
    folder: str | Path,
    *,
    scale: str,
    method: str,
    backend: str,
    params_file: str | Path = "params.yaml",
    changes: Sequence[str] = (),
    precision: str = "float32",
    say: Callable[[str], None] = compute.say,
) -> dict[str, Any]:
    """Train on a packed data set with the settings of params.yaml, as the study's training step does.

    Called again after an interruption it resumes from the last finished
    epoch; called again after the end it does nothing.

    Parameters
    ----------
    pack_path : str or Path
        From `pack.pack`.
    folder : str or Path
        For ``model.semclear``, ``history.csv``, ``steps.csv`` and, last, ``run.json``.
    scale, method, backend : str
        As params.yaml would say them.
    params_file : str or Path
        params.yaml.
    changes : sequence of str
        ``dotted.key=value`` to change in it.
    precision : {"float32", "mixed_bfloat16"}
        Of the arithmetic; weights are float32 in either case. The formula of
        ``cyclegan-physics`` and ``instrument`` are float32 only.
    say : callable
        Takes a line for the log.

    Returns
    -------
    dict
        What ``run.json`` holds: settings, device, versions, recoveries (see `training.recovery`), seconds and
        images a second of this call, hash of the data; on a GPU with JAX also
        the operations a second, the measured bfloat16 peak of matrix products and the share of it reached
        (also of a float32 training: no other peak is measured).

    Raises
    ------
    SemclearError
        On wrong settings or data, a precision that the method cannot have, a
        folder that holds another finished training, or data of another scale.
    Diverged
        When a loss is not a number or explodes, however often it went back.
    """
    folder = Path(folder)
    check_precision(precision, method)
    dataset = pack.load(pack_path)
    values = overrides.slice_from(
        params_file, dataset=dataset.name, scale=scale, method=method, backend=backend, changes=changes
    )
    size = overrides.values_of(params_file, scale, changes)["scales"][scale]["data"]["size"]
    if dataset.sizes != [(size, size)]:
        found = ", ".join(f"{height} x {width}" for height, width in dataset.sizes)
        raise SemclearError(
            f"{pack_path}: got training micrographs of {found} pixels, expected {size} x {size} as at scale {scale}; "
            f"make and pack the data at that scale, or say -S scales.{scale}.data.size=... for these"
        )
    compute.configure(params.validate(params.Compute, values["compute"], "compute"))
    tolerate_absence()
    import keras

    from semclear.networks import bundle as bundles
    from semclear.training import checkpoint, fitting, run

    settings = run.settings_of(values, overrides.NAME)
    identity = checkpoint.folder_of({**values, "precision": precision}, dataset.digest).name
    if (done := _finished(folder, identity)) is not None:
        say(f"{folder}: finished already; nothing to do")
        return done
    device = describe()
    say(
        f"{dataset.name}, {method}, {scale}, {precision}: {device}; {len(dataset.split('degraded'))} degraded images"
    )
    clock = speed.Clock(say)
    keras.config.set_dtype_policy(precision)
    try:
        fitted = fitting.fit(settings, cast(Any, dataset), folder / CHECKPOINT / identity, clock)
    except Diverged as error:
        lower = settings.train.learning_rate / 10
        advice = f"lower the learning rate: the same command with -S train.learning_rate={lower:g}"
        raise error.told(model=f"{dataset.name}, {method}", advice=advice) from None
    finally:
        keras.config.set_dtype_policy("float32")
    record: dict[str, Any] = {
        "training": identity,
        "dataset": dataset.name,
        "data_sha256": dataset.digest,
        "settings": values,
        "precision": precision,
        "device": device,
        "versions": versions(),
        "recoveries": list(fitted.recoveries),
        "epochs_in_this_call": len(clock.ends),
        "seconds": round(clock.seconds(), 3),
        "images_a_second": clock.images_a_second(settings.scale.batch * settings.scale.steps_per_epoch),
    }
    bundles.save(fitted.bundle, folder / BUNDLE)
    run.write_rows(fitted.epochs, folder / HISTORY)
    run.write_rows(fitted.steps, folder / STEPS)
    if backend == "jax" and compute.has_gpu() and record["images_a_second"]:
        batch = next(fitting.batches_of(settings, cast(Any, dataset)).epoch(0))
        steps_a_second = record["images_a_second"] / settings.scale.batch
        reached = speed.step_operations(fitted.model, *batch) * steps_a_second
        peak = speed.matmul_peak()
        record |= {
            "operations_a_second": reached,
            "bfloat16_peak": peak,
            "share_of_bfloat16_peak": reached / peak,
        }
    text = json.dumps(record, indent=1, sort_keys=True) + "\n"
    with whole_file(folder / RUN) as scratch:
        scratch.write_text(text, encoding="utf-8")
    checkpoint.Checkpoint(folder / CHECKPOINT).remove()
    rate = record["images_a_second"]
    say(f"{folder / BUNDLE}: {record['seconds']:.0f} s" + (f", {rate:.3g} images a second" if rate else ""))
    return record


def check_precision(precision: str, method: str) -> None:
    """Refuse a precision that there is not, or that a method cannot have.

    Raises
    ------
    SemclearError
        When it is not one of `PRECISIONS`, or the method's formula is float32 only.
    """
    if precision not in PRECISIONS:
        raise SemclearError(f"--precision: got {precision!r}, expected one of {', '.join(PRECISIONS)}")
    if precision != "float32" and method in ("cyclegan-physics", "instrument"):
        raise SemclearError(
            f"--precision: got {precision}, but the degradation's formula in {method} is float32 only; "
            "use float32, or the method cyclegan or paired"
        )


def describe() -> str:
    """Return one line on what this process computes with, the device's own name included where JAX tells it."""
    import keras

    text = compute.describe()
    if keras.backend.backend() == "jax":
        import jax

        text += f" ({jax.devices()[0].device_kind})"
    return text


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide a training's numbers."""
    import keras

    names = ["keras", "numpy", keras.backend.backend()]
    return {
        "semclear": semclear.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def _finished(folder: Path, identity: str) -> dict[str, Any] | None:
    """Return the record of the finished training in `folder`, None where there is none."""
    path = folder / RUN
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        record = {}
    if not isinstance(record, dict) or record.get("training") != identity:
        raise SemclearError(
            f"{folder}: holds another finished training, expected an empty folder or the same settings, data and "
            "version; choose another folder with -o"
        )
    return record
