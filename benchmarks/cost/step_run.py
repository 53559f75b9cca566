"""What `step.py` runs in processes of their own: timed blocks of two kinds of steps, by turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

#: Pictures a domain that the drawn data set has.
PICTURES = 24
WARM = 3
Block = Callable[[], tuple[float, float]]


def clocked(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the processor and wall seconds that some work takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def summary(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Return the median seconds of a step of each kind, and median and quartiles of their ratio block by block.

    Parameters
    ----------
    first, second : ndarray
        (blocks, 2): processor and wall seconds a step.
    """
    found = {}
    for place, suffix in ((0, "cpu_"), (1, "")):
        ratios = first[:, place] / second[:, place]
        found[f"first_{suffix}s"] = float(np.median(first[:, place]))
        found[f"second_{suffix}s"] = float(np.median(second[:, place]))
        low, middle, high = np.percentile(ratios, (25, 50, 75))
        found |= {f"{suffix}ratio": middle, f"{suffix}low": low, f"{suffix}high": high}
    return {name: float(value) for name, value in found.items()}


def by_turns(first: Block, second: Block, blocks: int) -> dict[str, float]:
    """Return the summary of blocks run one after the other: first, second, first, second, ..."""
    return by_blocks([[first(), second()] for _ in range(blocks)])


def by_blocks(times: Sequence[Sequence[Sequence[float]]]) -> dict[str, float]:
    """Return the summary of (blocks, 2 kinds, processor and wall seconds)."""
    first, second = np.moveaxis(np.array(times), 1, 0)
    return summary(first, second)


def _begin(given: Mapping[str, Any]) -> tuple[Any, Any]:
    """Set backend and threads and return settings and a drawn data set."""
    from semclear import compute, params
    from semclear.packs.opencv import tolerate_absence
    from semclear.params import overrides

    compute.configure(params.validate(params.Compute, given["slice"]["compute"], "compute"))
    tolerate_absence()
    from benchmarks.cost.drawn import Drawn
    from semclear.training.run import settings_of

    settings = settings_of(given["slice"], overrides.NAME)
    return settings, Drawn(given["side"], PICTURES, settings.seed)


def _resident(model: Any, batch: tuple[np.ndarray, np.ndarray]) -> Callable[[], Any]:
    """Return one step of `model` on a batch that stays where the backend computes."""
    import keras

    x, y = (keras.ops.convert_to_tensor(part) for part in batch)
    if keras.backend.backend() == "jax":
        return _resident_on_jax(model, x, y)

    def step() -> dict[str, float]:
        terms = model.train_on_batch(x, y, return_dict=True)
        return {name: float(value) for name, value in terms.items()}

    return step


def _resident_on_jax(model: Any, x: Any, y: Any) -> Callable[[], Any]:
    """Return one step on a copy of the state, which `train_on_batch` would carry in and out of the variables."""
    import jax

    parts = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    state = tuple([jax.numpy.copy(variable.value) for variable in part] for part in parts)
    jitted = jax.jit(model.train_step, donate_argnums=0)

    def step() -> dict[str, float]:
        nonlocal state
        terms, state = jitted(state, (x, y))
        return {name: float(value) for name, value in terms.items()}

    return step


def _block(step: Callable[[], Any], steps: int) -> Block:
    def block() -> tuple[float, float]:
        cpu, wall = clocked(lambda: [step() for _ in range(steps)])
        return cpu / steps, wall / steps

    return block


def _warmed(step: Callable[[], Any]) -> float:
    """Return the wall seconds of the first step, after a few more."""
    _, first = clocked(step)
    for _ in range(WARM - 1):
        step()
    return first


def customary(given: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the project's step with the customary one on one resident batch (TensorFlow).

    Parameters
    ----------
    given : mapping
        "slice": the training step's, under the name of `overrides.NAME`;
        "side"; "blocks"; "steps" a block.
    """
    settings, dataset = _begin(given)
    from benchmarks.cost.customary import Customary
    from semclear import compute
    from semclear.training import fitting

    batch = next(iter(fitting.batches_of(settings, dataset).endless(0)))
    ours = _resident(fitting.build(settings), batch)
    formula = settings.method == "cyclegan-physics"
    theirs = _resident(Customary(fitting.build(settings), settings.train, formula), batch)
    opening = {"first_opening_s": _warmed(ours), "second_opening_s": _warmed(theirs)}
    found = by_turns(_block(ours, given["steps"]), _block(theirs, given["steps"]), given["blocks"])
    return {**found, **opening, "device": compute.describe()}


def training(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return "seconds" (processor, wall) a step of a training that is fed with crops as they come, and "device".

    Parameters
    ----------
    given : mapping
        As `customary` takes it, and "way": "ours", with what `fit` does to
        freed memory, or "customary". "steps": of the one block there is.
    """
    settings, dataset = _begin(given)
    from benchmarks.cost.customary import Customary
    from benchmarks.cost.watching import Steps
    from semclear import compute
    from semclear.training import fitting
    from semclear.training.allocator import KeepFreed

    model, clock = fitting.build(settings), Steps()
    ours = given["way"] == "ours"
    if not ours:
        model = Customary(model, settings.train, settings.method == "cyclegan-physics")
    model.fit(
        fitting.batches_of(settings, dataset).endless(0),
        epochs=1,
        steps_per_epoch=given["steps"] + 1,
        callbacks=[clock, *([KeepFreed()] if ours else [])],
        verbose=0,
    )
    return {"seconds": [*map(float, clock.a_step())], "device": compute.describe()}


def feeding(given: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the steps of `fit`, fed as a training feeds them, with steps on one resident batch.

    The first step of a block of `fit` is left out: what setting up the feed
    takes, comes once an epoch in a training and here once a block.

    Parameters
    ----------
    given : mapping
        As `customary` takes it; any backend.
    """
    settings, dataset = _begin(given)
    from benchmarks.cost.watching import Steps, captured
    from semclear import compute
    from semclear.training import fitting

    model, fit, words, named = captured(fitting, lambda: fitting.fit(settings, dataset, None, lambda _: None))
    batch = next(iter(fitting.batches_of(settings, dataset).endless(0)))
    steps, epoch = given["steps"], iter(range(10**9))

    def fed() -> tuple[float, float]:
        turn, clock = next(epoch), Steps()
        own = {**named, "initial_epoch": turn, "epochs": turn + 1, "steps_per_epoch": steps + 1}
        fit(*words, **{**own, "callbacks": [clock, *named.get("callbacks", [])]})
        return clock.a_step()

    resident = _resident(model, batch)
    opening = {"first_opening_s": clocked(fed)[1], "second_opening_s": _warmed(resident)}
    found = by_turns(fed, _block(resident, steps), given["blocks"])
    return {**found, **opening, "device": compute.describe()}
