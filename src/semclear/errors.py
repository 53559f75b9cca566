"""The errors a person is meant to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def one_line(error: BaseException) -> str:
    """Return what an error says, without the lines that a library breaks it into."""
    return " ".join(str(error).split())


class SemclearError(Exception):
    """Bad input, said in one line: what was got, what was expected and what to change.

    The command line prints the message alone and exits with code 1; every
    other exception is a defect of semclear and keeps its traceback.
    """


class FileError(SemclearError):
    """Bad input that one file is to blame for; whoever knows the file by another name can say so.

    Parameters
    ----------
    path : str or Path
        The file, which the line begins with.
    said : str
        The rest of it.
    """

    def __init__(self, path: str | Path, said: str) -> None:
        self.path, self.said = Path(path), said
        super().__init__(f"{path}: {said}")


class ColourError(FileError):
    """A picture in colour where gray was expected: some who read it may offer to make it gray."""


class Diverged(SemclearError):
    """A training that failed for good: it went back as often as it may, and a loss went astray again.

    Parameters
    ----------
    model : str
        Its name.
    step, epoch : int
        Where it failed at last, counted from 1.
    terms : mapping of str to str
        The values that are wrong, as text ("nan", "inf", "1.2e+09"), by name.
    kind : {"not a number", "exploded"}
        What is wrong with them.
    attempts : sequence of mapping
        What it had gone back from before: "epoch", "step", "terms" as above,
        and "rate", the factor on the learning rates from there on.
    advice : str
        What to change, as the caller can offer it.
    """

    def __init__(
        self,
        *,
        model: str,
        step: int,
        epoch: int,
        terms: Mapping[str, str],
        kind: str,
        attempts: Sequence[Mapping[str, Any]],
        advice: str,
    ) -> None:
        self.model, self.step, self.epoch, self.kind = model, step, epoch, kind
        self.terms = dict(terms)
        self.attempts = [{key: a[key] for key in ("epoch", "step", "terms", "rate")} for a in attempts]
        self.advice = advice
        values = ", ".join(f"{name} {value}" for name, value in terms.items())
        last = f", lastly to {self.attempts[-1]['rate']:g} of the learning rates" if attempts else ""
        times = f"{len(attempts)} time{'' if len(attempts) == 1 else 's'}"
        super().__init__(
            f"{model}: training diverged in step {step} (epoch {epoch}): {kind}: {values}; it went back "
            f"{times}{last}; {advice}"
        )

    def told(self, *, model: str, advice: str) -> Diverged:
        """Return the same failure of the model that the caller knows it by, with advice that it can offer."""
        return Diverged(
            model=model,
            step=self.step,
            epoch=self.epoch,
            terms=self.terms,
            kind=self.kind,
            attempts=self.attempts,
            advice=advice,
        )
