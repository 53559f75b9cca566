"""What a model scored on its test micrographs, as a release's card says it."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import SemclearError
from semclear.evaluation.scoring import COLUMNS, DEGRADED, REFERENCE

#: Of the degraded, the restored and (objects alone) the clear micrographs themselves.
QUALITY = (
    "psnr",
    "ssim",
    "psnr_affine",
    "frc_resolution",
    "invented_energy",
    "objects_found",
    "objects_missed",
    "objects_invented",
)
#: Where there is no truth, of which a higher value is no success.
WITHOUT_TRUTH = ("ag", "con", "sf")
CHECKS = (
    "trust_flag",
    "coverage",
    "interval_width",
    "redegradation_pearson",
    "redegradation_ratio",
    "hiding_amplification",
)
COMPARED = ("psnr", "ssim")

#: Method to metric to micrograph to value.
Values = Mapping[str, Mapping[str, Mapping[str, float]]]


def read(path: str | Path) -> Values:
    """Return a table of scores by method, metric and micrograph.

    Raises
    ------
    SemclearError
        When the file cannot be read or is no table of scores.
    """
    values: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    try:
        with Path(path).open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                values[row["method"]][row["metric"]][row["micrograph"]] = float(row["value"])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise SemclearError(
            f"{path}: cannot be read ({error}), expected a table of scores with the columns {list(COLUMNS)}; "
            "run the step "
            "score"
        ) from None
    return values


def _means(values: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> dict[str, float]:
    return {name: _rounded(np.mean(list(values[name].values()))) for name in names if values.get(name)}


def _rounded(value: Any) -> float:
    return float(f"{float(value):.6g}")


def summary(own: Values, classical: Values, method: str) -> dict[str, Any]:
    """Return the scores of a model beside those of the micrographs that it was given.

    Parameters
    ----------
    own, classical : mapping
        Tables of `read`: of the model, and of the classical methods on the
        same data set, among which are the degraded micrographs themselves.
    method : str
        The model's, as its table names it.

    Returns
    -------
    dict
        "micrographs", their number; "degraded", "restored" and (where the
        content is known) "clear", means by metric; "checks", means by name;
        "better", in how many micrographs the restored one scores higher than
        the degraded one; "null_tests", by name without its ``null_``.

    Raises
    ------
    SemclearError
        When the tables do not hold the method, or not the same micrographs.
    """
    product, given = own.get(method, {}), classical.get(DEGRADED, {})
    names = QUALITY if "psnr" in product else WITHOUT_TRUTH
    first = names[0]
    if not product.get(first) or product[first].keys() != given.get(first, {}).keys():
        raise SemclearError(
            f"scores: got {len(product.get(first, {}))} micrographs of {method} and "
            f"{len(given.get(first, {}))} degraded "
            "ones, expected the same ones of both; run the step score again for the model and for the classical methods"
        )
    better = {
        name: sum(value > given[name][micrograph] for micrograph, value in product[name].items())
        for name in COMPARED
        if name in product
    }
    nulls = [name for name in product if name.startswith("null_")]
    found = {
        "micrographs": len(product[first]),
        "degraded": _means(given, names),
        "restored": _means(product, names),
        "clear": _means(classical.get(REFERENCE, {}), names),
        "checks": _means(product, CHECKS),
        "better": better,
        "null_tests": {
            name.removeprefix("null_"): value for name, value in _means(product, sorted(nulls)).items()
        },
    }
    return {name: values for name, values in found.items() if values}
