"""Choosing a method's parameters on micrographs whose truth may be seen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from semclear.restoration.classical.method import Known, Method, Values


@dataclass(frozen=True)
class Example:
    """A degraded micrograph with its truth, both (H, W) in [0, 1], and its true degradation."""

    image: np.ndarray
    truth: np.ndarray
    known: Known = None


@dataclass(frozen=True)
class Choice:
    """What a method's parameters were set to, and why.

    Attributes
    ----------
    parameters : dict
        One value a parameter.
    rule : str
        ``validation psnr``, ``middle of the grid`` or ``no parameters``.
    search : list of dict
        Every setting tried: ``parameters`` and its mean ``psnr`` in dB.
    """

    parameters: dict[str, Any]
    rule: str
    search: list[dict[str, Any]] = field(default_factory=list)


def settings_of(grid: Values) -> Iterator[dict[str, Any]]:
    """Yield every combination of a grid's values, the last parameter running fastest."""
    for values in itertools.product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def _psnr(truth: np.ndarray, image: np.ndarray) -> float:
    error = float(np.mean((np.asarray(truth, np.float64) - np.asarray(image, np.float64)) ** 2))
    return float(-10 * np.log10(max(error, 1e-12)))


def choose(method: Method, grid: Values, examples: Sequence[Example]) -> Choice:
    """Return the setting with the highest mean PSNR over the examples.

    Parameters
    ----------
    method : Method
        To be tuned.
    grid : dict of str to list
        The values each parameter may take, ordered.
    examples : sequence of Example
        The validation micrographs. Without any, the middle value of each
        parameter is taken (of an even number, the upper middle).

    Returns
    -------
    Choice
        On a tie the setting that comes first. A method without parameters is not tried.
    """
    if not grid:
        return Choice({}, "no parameters")
    if not examples:
        return Choice({name: values[len(values) // 2] for name, values in grid.items()}, "middle of the grid")
    search: list[dict[str, Any]] = []
    by, prepared = None, []
    for parameters in settings_of(grid):
        first = [parameters[name] for name in method.prepared_by]
        if first != by:  # the last parameter runs fastest, so that what is prepared serves several settings
            by, prepared = first, [method.prepared(example.image, **parameters) for example in examples]
        scores = [
            _psnr(example.truth, method.finish(start, example.known, **parameters))
            for example, start in zip(examples, prepared, strict=True)
        ]
        search.append({"parameters": parameters, "psnr": round(float(np.mean(scores)), 4)})
    best = max(search, key=lambda row: row["psnr"])
    return Choice(best["parameters"], "validation psnr", search)
