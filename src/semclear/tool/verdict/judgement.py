"""A restored picture, its verdict, and what else speaks for and against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear import files
from semclear.tool.verdict import wording
from semclear.tool.verdict.cautions import Caution, least_p

if TYPE_CHECKING:
    from semclear.restoration.checks.trust_flag import Family, Verdict


def verdict_of(family: Family | None, checks: Mapping[str, float]) -> Verdict | None:
    """Return what a family says of these checks; None without one, or with one too small to flag anything."""
    return None if family is None or not family.enough else family.judge(checks)


@dataclass(frozen=True, eq=False)
class Judged:
    """A restored picture.

    Attributes
    ----------
    before : ndarray, (H, W), float32
        As it was given to the method, in [0, 1].
    made : Outcome
        What the method gave back.
    checks : dict
        Its checks and those of `outcome.changes`; without an encoder's
        reading also "input_edge_width" (pixels), where there are edges.
    verdict : Verdict or None
        Of the trust flag, see `verdict_of`.
    cautions : tuple of Caution
        To be read before the picture is believed.
    tiling : mapping
        See `Engine.tiling`.
    family : Family or None
        Of the trust flag.
    interval_factor : float or None
        q of the interval image +- q (uncertainty + half a level), see
        `semclear.restoration.checks.uncertainty.factor`.
    unchecked : tuple of str
        Checks of the trust flag that the model could not make, see `cautions.unchecked`.
    recommended : bool or None
        Whether the restoration is expected to be better than the micrograph, see `gain.Gain.recommends`; None where
        nobody can tell.
    """

    before: np.ndarray
    made: Any
    checks: Mapping[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None
    cautions: Sequence[Caution] = ()
    tiling: Mapping[str, Any] = field(default_factory=dict)
    family: Family | None = None
    interval_factor: float | None = None
    unchecked: Sequence[str] = ()
    recommended: bool | None = None

    @property
    def flag(self) -> bool | None:
        """Whether the trust flag is raised; None where nobody could judge."""
        return None if self.verdict is None else bool(self.verdict.flag)

    @property
    def p(self) -> float | None:
        """Share of the model's own kind that is as far out; None where nobody could judge."""
        return None if self.verdict is None else float(self.verdict.p)

    @property
    def farthest(self) -> str | None:
        """The check that is farthest out; None where all are inside."""
        return None if self.verdict is None else self.verdict.check or None

    @property
    def limits(self) -> dict[str, tuple[float, float]]:
        """Central range of each check that the family looks at; empty without one."""
        return (
            {}
            if self.family is None
            else {name: (low, high) for name, (low, high) in self.family.limits().items()}
        )

    @property
    def words(self) -> wording.Words:
        """The verdict in words."""
        least = None if self.family is None else least_p(self.family)
        return wording.words(
            self.verdict,
            self.checks,
            self.limits,
            least=least,
            unchecked=self.unchecked,
            doubtful=self.recommended is False,
        )

    def record(self) -> dict[str, Any]:
        """Return its figures as JSON holds them."""
        flag: dict[str, Any] | None = None
        if self.verdict is not None:
            flag = {"raised": self.flag, **files.rounded({"p": self.verdict.p}), "farthest": self.farthest}
            if self.unchecked:
                flag["unchecked"] = list(self.unchecked)
        told = {} if self.recommended is None else {"recommended": self.recommended}
        return {"trust": files.rounded(self.checks), "flag": flag, **told, **self.tiling}
