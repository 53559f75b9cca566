"""Which figures a study has: known from params.yaml alone, so that a workflow can list them beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Methods with an encoder that reads the degradation.
READING = ("cyclegan-physics", "instrument")


def main_experiments(params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the experiments that belong to no study, by name.

    Parameters
    ----------
    params : mapping
        params.yaml as plain values, or any slice of it that holds ``experiments``.

    Returns
    -------
    dict
        Experiment name to its settings, names sorted.
    """
    return {name: values for name, values in sorted(params["experiments"].items()) if not values.get("study")}


def data_sets(params: Mapping[str, Any]) -> list[str]:
    """Return the data sets that an experiment outside a study is trained on, sorted."""
    return sorted({values["dataset"] for values in main_experiments(params).values()})


def studies(params: Mapping[str, Any]) -> list[str]:
    """Return the names of the ablation studies, sorted."""
    return sorted({values["study"] for values in params["experiments"].values() if values.get("study")})


def with_both_lines(params: Mapping[str, Any]) -> list[str]:
    """Return the data sets that have a paired and another experiment outside a study: gap closure exists there."""
    methods: dict[str, set[str]] = {}
    for values in main_experiments(params).values():
        methods.setdefault(values["dataset"], set()).add(values["method"])
    return sorted(name for name, used in methods.items() if "paired" in used and used != {"paired"})


def with_unpaired(params: Mapping[str, Any]) -> list[str]:
    """Return the data sets that an unpaired experiment outside a study is trained on, sorted."""
    return sorted({e["dataset"] for e in main_experiments(params).values() if e["method"] != "paired"})


def readers(params: Mapping[str, Any]) -> list[str]:
    """Return the experiments outside a study that read the degradation's parameters, sorted."""
    return [name for name, e in main_experiments(params).items() if e["method"] in READING]


def figure_names(params: Mapping[str, Any]) -> list[str]:
    """Return the file names of all figures of a study.

    Parameters
    ----------
    params : mapping
        params.yaml as plain values, or a slice with ``experiments``.

    Returns
    -------
    list of str
        Sorted file names: ``side_by_side_DATASET.png`` and
        ``metrics_DATASET.png`` a data set, ``losses_EXPERIMENT.png`` an
        experiment outside a study, ``ablation_STUDY.png`` a study,
        ``trust_DATASET.png`` a data set with a paired line,
        ``gap_closure.png`` if there is one, ``reliability_DATASET.png`` a
        data set with an unpaired line, and ``degradation_read.png`` if a
        model reads the degradation.
    """
    names = [f"side_by_side_{name}.png" for name in data_sets(params)]
    names += [f"metrics_{name}.png" for name in data_sets(params)]
    names += [f"losses_{name}.png" for name in main_experiments(params)]
    names += [f"ablation_{name}.png" for name in studies(params)]
    names += [f"trust_{name}.png" for name in with_both_lines(params)]
    names += ["gap_closure.png"] if with_both_lines(params) else []
    names += [f"reliability_{name}.png" for name in with_unpaired(params)]
    names += ["degradation_read.png"] if readers(params) else []
    return sorted(names)
