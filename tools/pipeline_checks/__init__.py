"""The 20 checks, each a function that raises if it does not hold; ordered so that they share runs."""

from __future__ import annotations

from collections.abc import Callable

from pipeline_checks import basics, changes, experiments, trouble, versions
from pipeline_checks.study import Study

ORDER = (1, 18, 2, 19, 8, 5, 7, 16, 3, 20, 4, 6, 13, 14, 15, 10, 11, 12, 9, 17)

_MODULES = (basics, changes, experiments, trouble, versions)

CHECKS: dict[int, Callable[[Study], None]] = {
    number: next(getattr(m, f"check_{number}") for m in _MODULES if hasattr(m, f"check_{number}"))
    for number in ORDER
}
