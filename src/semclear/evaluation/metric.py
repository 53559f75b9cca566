"""One entry a metric: what tables and figures must know of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes
    ----------
    name : str
        In scores and tables.
    heading : str
        Of a column or an axis, with the unit.
    digits : int
        After the decimal point.
    percent : bool
        Whether the value is a share, printed in per cent.
    signed : bool
        Whether a plus is printed.
    better : "higher", "lower" or None
        Which values are the better ones; None where neither is as such.
    function : callable, optional
        ``function(truth, image)`` or, of a metric without truth,
        ``function(image)``: what `metrics.measure` calls.
    """

    name: str
    heading: str
    digits: int = 3
    percent: bool = False
    signed: bool = False
    better: Literal["higher", "lower"] | None = None
    function: Callable[..., float] | None = None

    def text(self, value: float, signed: bool = False) -> str:
        """Return a value as it is printed, NaN as a dash; `signed` gives all but per cents their sign."""
        if not math.isfinite(value):
            return "-" if math.isnan(value) else str(value)
        sign = "+" if self.signed or (signed and not self.percent) else ""
        return f"{100 * value if self.percent else value:{sign}.{self.digits}f}"


def names_of(entries: Iterable[Metric]) -> tuple[str, ...]:
    """Return the names in order."""
    return tuple(entry.name for entry in entries)
