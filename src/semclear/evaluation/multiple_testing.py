"""Many comparisons at once: p-values that account for how many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from semclear.errors import SemclearError


def holm(p_values: ArrayLike) -> np.ndarray:
    """Return p-values adjusted by Holm's step-down method.

    With the m p-values in rising order, p~(i) = max over j <= i of
    min(1, (m - j + 1) p(j)), j counted from 1. Rejecting what falls below
    alpha keeps the chance of any false rejection under alpha, whatever the
    dependence of the tests. Holm, Scand. J. Statist. 6 (1979) 65,
    https://www.jstor.org/stable/4615733.

    Parameters
    ----------
    p_values : array_like, (m,)
        Of one family of tests, each in [0, 1].

    Returns
    -------
    ndarray, (m,)
        In the order given, never below the p-value itself.

    Raises
    ------
    SemclearError
        When a value is outside [0, 1] or not a number.
    """
    values = np.asarray(p_values, np.float64)
    if values.ndim != 1 or not np.all((values >= 0) & (values <= 1)):
        raise SemclearError(
            f"p-values: got {values.tolist()}, expected a list of numbers in [0, 1]; correct them"
        )
    order = np.argsort(values, kind="stable")
    stepped = np.minimum(1.0, values[order] * np.arange(values.size, 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(stepped)
    return adjusted
