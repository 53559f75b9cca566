"""Which models are released: known from params.yaml alone, so that a workflow can list them beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The release itself, and its card for people.
ENDINGS = (".semclear", ".md")


def released(params: Mapping[str, Any]) -> list[str]:
    """Return the experiments that a person may want: unpaired and of no ablation study, sorted.

    Parameters
    ----------
    params : mapping
        params.yaml as plain values, or a slice with ``experiments``.
    """
    experiments = params["experiments"]
    return sorted(name for name, e in experiments.items() if e["method"] != "paired" and not e.get("study"))


def release_names(params: Mapping[str, Any]) -> list[str]:
    """Return the file names of all releases and their cards, sorted."""
    return sorted(f"{name}{ending}" for name in released(params) for ending in ENDINGS)
