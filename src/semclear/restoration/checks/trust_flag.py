"""The trust flag: is this micrograph degraded in the way that the model was made for?

Limits come from micrographs of the model's own family, by their degraded
images alone. No truth is needed, and none of the micrographs that are judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semclear.errors import SemclearError

#: Checks that the flag looks at where a method has them; True: its logarithm, as it spreads over factors.
#: Left out is what tells of objects rather than of their degradation, as contrast does.
LOOKED_AT = {
    "input_noise": True,
    "input_band1": False,
    "input_band2": False,
    "input_band3": False,
    "input_band4": False,
    "input_axes": False,
    "input_diagonals": False,
    "input_rows": True,
    "input_columns": True,
    "read_sigma": False,
    "read_transmission": False,
    "read_airlight": False,
    "redegradation_ratio": True,
    "residual_correlation": False,
    "residual_rows": True,
    "residual_columns": True,
    "uncertainty": True,
}
#: Of these, what only a model with its degrader can compute: what it reads, and what re-degradation leaves.
OF_DEGRADER = ("read_", "redegradation_", "residual_")
#: Members that a family must have at least for ranges to mean anything.
LEAST = 3
#: Central range of the family that deviations are measured in.
LOW, HIGH = 0.05, 0.95
SMALLEST = 1e-6


@dataclass(frozen=True)
class Verdict:
    """What a family says of a micrograph.

    Attributes
    ----------
    flag : bool
        Whether it is outside.
    p : float
        Share of the family, itself counted, that is as far out or farther.
    check : str
        The check that it is farthest out in, or "" where it is inside all ranges.
    """

    flag: bool
    p: float
    check: str


def _values(checks: Mapping[str, float], names: Sequence[str]) -> np.ndarray:
    """Return the checks on the scales that they are compared on; NaN for those that are missing."""
    row = [checks.get(name, np.nan) for name in names]
    return np.array(
        [np.log(max(v, SMALLEST)) if LOOKED_AT[name] else v for name, v in zip(names, row, strict=True)]
    )


def _excess(values: np.ndarray, family: np.ndarray) -> np.ndarray:
    """Return how far values (K,) lie outside the ranges of a family (N, K), in widths of these; at least 0."""
    low, high = np.quantile(family, [LOW, HIGH], axis=0)
    beyond = np.maximum(np.maximum(low - values, values - high), 0) / np.maximum(high - low, SMALLEST)
    # What cannot be computed is no reason for trust.
    return np.where(np.isfinite(beyond), beyond, np.inf)


class Family:
    """Micrographs that a model was made for, as far as their checks tell.

    Parameters
    ----------
    rows : sequence of mapping
        Checks of each micrograph by name. Those of `LOOKED_AT` that all have
        are compared.
    level : float
        Share of family members that may be flagged, in (0, 1).

    Raises
    ------
    SemclearError
        With fewer than three micrographs or no check in common.

    Notes
    -----
    A micrograph's score is the largest distance of any check from the
    family's central 90 %, in widths of that. The family's own scores are each
    taken against the others, and a micrograph is flagged when p = (1 + number
    of members that score as high) / (N + 1) is at most the level: a conformal
    p-value, so that members are flagged at about that rate however the checks
    are distributed or depend on each other (Angelopoulos & Bates,
    arXiv:2107.07511; Barber et al. 2021, doi:10.1214/20-AOS1965).
    """

    def __init__(self, rows: Sequence[Mapping[str, float]], level: float) -> None:
        self.names = [name for name in LOOKED_AT if rows and all(name in row for row in rows)]
        if len(rows) < LEAST or not self.names:
            raise SemclearError(
                f"trust flag: got {len(rows)} micrographs with {len(self.names)} checks in common, expected at "
                f"least {LEAST} with one; calibrate on more"
            )
        self.level = level
        self.rows = [{name: float(row[name]) for name in self.names} for row in rows]
        self.members = np.stack([_values(row, self.names) for row in rows])
        self.scores = np.array(
            [
                _excess(member, np.delete(self.members, place, axis=0)).max()
                for place, member in enumerate(self.members)
            ]
        )

    @classmethod
    def of_columns(cls, columns: Mapping[str, Sequence[float]], level: float) -> Family:
        """Return the family whose members' values of each check are `columns`, as `columns()` gave them.

        Raises
        ------
        SemclearError
            When the columns differ in length, or as `Family` does.
        """
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            raise SemclearError(
                f"trust flag: got checks of {sorted(lengths)} micrographs, expected all checks of the same ones; "
                "calibrate again"
            )
        count = lengths.pop() if lengths else 0
        return cls([{name: columns[name][place] for name in columns} for place in range(count)], level)

    def columns(self) -> dict[str, list[float]]:
        """Return each compared check's values, one a member, on its own scale: all that a family is made of."""
        return {name: [row[name] for row in self.rows] for name in self.names}

    def without_degrader(self) -> Family | None:
        """Return the same micrographs compared by the checks that need no degrader alone; None where none is left."""
        columns = {
            name: values for name, values in self.columns().items() if not name.startswith(OF_DEGRADER)
        }
        return Family.of_columns(columns, self.level) if columns else None

    @property
    def enough(self) -> bool:
        """Whether there are so many members that a micrograph can be flagged at all at this level."""
        return 1 / (len(self.scores) + 1) <= self.level

    def judge(self, checks: Mapping[str, float]) -> Verdict:
        """Return whether a micrograph with these checks is outside the family; a missing check counts as outside."""
        excess = _excess(_values(checks, self.names), self.members)
        farthest = int(np.argmax(excess))
        p = float((1 + np.sum(self.scores >= excess[farthest])) / (len(self.scores) + 1))
        return Verdict(p <= self.level, p, self.names[farthest] if excess[farthest] > 0 else "")

    def limits(self) -> dict[str, list[float]]:
        """Return the central range of each check, on its own scale."""
        ends = np.quantile(self.members, [LOW, HIGH], axis=0).T
        return {
            name: [float(np.exp(v)) if LOOKED_AT[name] else float(v) for v in pair]
            for name, pair in zip(self.names, ends, strict=True)
        }
