"""Going back to the last whole epoch with lower learning rates: what is noted of it, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semclear import params
from semclear.errors import Diverged
from semclear.training.divergence import Divergence

#: "epoch", "step", "kind", "terms" (text by name) of the divergence, the epoch gone "back_to", the new "rate".
Recovery = dict[str, Any]


def rate_of(recoveries: Sequence[Recovery]) -> float:
    """Return the factor on the learning rates after these recoveries, 1 after none."""
    return recoveries[-1]["rate"] if recoveries else 1.0


def recovery_of(met: Divergence, before: Sequence[Recovery], back_to: int, train: params.Train) -> Recovery:
    """Return the next recovery.

    Parameters
    ----------
    met : Divergence
        What went wrong.
    before : sequence of Recovery
        The training's recoveries so far.
    back_to : int
        Last whole epoch, counted from 1; 0 is the beginning.
    train : params.Train
        How often it may go back, and by which factor the rates fall.

    Raises
    ------
    Diverged
        When it has gone back as often as it may.
    """
    if len(before) >= train.recovery_attempts:
        raise Diverged(
            model="training",
            step=met.step,
            epoch=met.epoch,
            terms=met.terms,
            kind=met.kind,
            attempts=before,
            advice="lower train.learning_rate",
        )
    return {
        "epoch": met.epoch,
        "step": met.step,
        "kind": met.kind,
        "terms": met.terms,
        "back_to": back_to,
        "rate": rate_of(before) * train.recovery_rate,
    }


def warning_of(recovery: Recovery, number: int, most: int) -> str:
    """Return the line that says recovery `number` (from 1) of at most `most`."""
    terms = ", ".join(f"{name} {value}" for name, value in recovery["terms"].items())
    place = f"epoch {recovery['back_to']}" if recovery["back_to"] else "the beginning"
    return (
        f"warning: epoch {recovery['epoch']}, step {recovery['step']}: {recovery['kind']}: {terms}; back to {place}, "
        f"from there with {recovery['rate']:g} of the learning rates (recovery {number} of at most {most})"
    )
