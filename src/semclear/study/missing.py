"""A study of which a part is missing because a job failed: the rest, and what to say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from semclear.errors import SemclearError


def classical_name(dataset: str) -> str:
    """Return the name by which the classical methods on a data set are scored."""
    return f"classical-{dataset}"


def check(missing: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a name that nothing is scored by.

    Raises
    ------
    SemclearError
        When one of `missing` is not among `known`.
    """
    unknown = sorted(set(missing) - set(known))
    if unknown:
        raise SemclearError(
            f"--missing: got {', '.join(unknown)}, expected some of {', '.join(sorted(known))}; correct the name"
        )


def without(values: Mapping[str, Any], missing: Sequence[str]) -> dict[str, Any]:
    """Return a slice of params.yaml with the experiments that can be compared.

    Parameters
    ----------
    values : mapping
        A slice with ``experiments``.
    missing : sequence of str
        Experiments, or ``classical-DATASET``: without the classical methods
        nothing on that data set can be compared.

    Raises
    ------
    SemclearError
        When a name is none of these.
    """
    if not missing:
        return dict(values)
    lines = values["experiments"]
    check(missing, [*lines, *(name for name in missing if name.startswith(classical_name("")))])
    left = {
        name: line
        for name, line in lines.items()
        if name not in missing and classical_name(line["dataset"]) not in missing
    }
    return {**values, "experiments": left}


def note_of(missing: Sequence[str]) -> str:
    """Return a sentence that names what is missing, empty where nothing is."""
    return f"Missing, because a job failed: {', '.join(sorted(missing))}." if missing else ""
