"""The step that runs every classical method on a data set: tuned on validation, applied to test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semclear.datasets import manifest
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.params.slices import part
from semclear.restoration import restored
from semclear.restoration.classical.grid_search import Choice, Example, choose
from semclear.restoration.classical.method import Method, Values
from semclear.restoration.classical.registry import grids_of, methods

MODEL = "classical"


def _examples(records: list[Record]) -> list[Example]:
    pairs = ((record, record.truth()) for record in records)
    return [Example(record.image(), truth, record.parameters) for record, truth in pairs if truth is not None]


def _usable(method: Method, examples: list[Example], test: list[Record]) -> bool:
    known = [example.known for example in examples] + [record.parameters for record in test]
    return all(method.usable(parameters) for parameters in known)


def tuned(settings: Mapping[str, Values], examples: list[Example], test: list[Record]) -> dict[str, Choice]:
    """Return the chosen parameters of every method that can run on these micrographs.

    Parameters
    ----------
    settings : mapping
        The grids, see `registry.grids_of`.
    examples : list of Example
        Validation micrographs with their truth; may be empty.
    test : list of Record
        Only asked for what is known of them: a method that must be told the
        blur is left out where one has none.
    """
    return {
        name: choose(method, method.grid(settings), examples)
        for name, method in methods().items()
        if _usable(method, examples, test)
    }


def run(values: Mapping[str, Any], data_manifest: str | Path, out_manifest: str | Path) -> None:
    """Restore a data set's test split by every classical method.

    Parameters
    ----------
    values : mapping
        The step's slice of params.yaml: ``classical``.
    data_manifest : str or Path
        Of the data set. Parameters are searched on its validation split where
        that has truth; elsewhere each is the middle of its grid.
    out_manifest : str or Path
        To appear, with ``images/METHOD/ID.png`` beside it. Under ``methods`` it
        holds the chosen parameters, the rule, and the whole search.

    Raises
    ------
    SemclearError
        When the data set has no test split, or a file cannot be read or written.
    """
    settings = grids_of(part(values, "classical"))
    data = manifest.load(data_manifest)
    test = data.split("test")
    if not test:
        raise SemclearError(f"{data_manifest}: got no test micrographs, expected at least one; make it again")
    choices = tuned(settings, _examples(data.split("validation")), test)

    def images() -> Iterator[tuple[str, str, np.ndarray]]:
        for name, choice in choices.items():
            restore = methods()[name].with_parameters(**choice.parameters)
            for record in test:
                yield name, record.id, restore(record.image(), record.parameters)

    restored.write(
        out_manifest,
        dataset=data.name,
        model=MODEL,
        data_sha256=data.digest,
        methods={
            name: {"parameters": choice.parameters, "rule": choice.rule, "search": choice.search}
            for name, choice in choices.items()
        },
        images=images(),
    )
