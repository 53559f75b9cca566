"""One restored picture with everything that speaks for and against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.restoration import outcome
from semclear.tool.restore import result_files
from semclear.tool.restore.engine import Engine
from semclear.tool.verdict import cautions, partial
from semclear.tool.verdict.cautions import Caution

if TYPE_CHECKING:
    from semclear.restoration.checks.trust_flag import Verdict


@dataclass(frozen=True, eq=False)
class Judged:
    """A restored picture.

    Attributes
    ----------
    before : ndarray, (H, W), float32
        As it was given to the method, in [0, 1].
    made : Outcome or Restoration
        What the method gave back.
    checks : dict
        Its checks and those of `outcome.changes`; without an encoder's
        reading also "input_edge_width" (pixels), where there are edges.
    verdict : Verdict or None
        Of the trust flag.
    cautions : tuple of Caution
        To be read before the picture is believed.
    tiling : dict
        See `Engine.tiling`.
    unchecked : tuple of str
        Checks of the trust flag that the model could not make, see `partial.unchecked`.
    least_p : float or None
        The smallest p that the calibration can give; None without one.
    """

    before: np.ndarray
    made: Any
    checks: dict[str, float]
    verdict: Verdict | None
    cautions: tuple[Caution, ...]
    tiling: dict[str, Any]
    unchecked: tuple[str, ...] = ()
    least_p: float | None = None

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

    def record(self) -> dict[str, Any]:
        """Return its figures as JSON holds them."""
        flag = None
        if self.verdict is not None:
            flag = {
                "raised": self.flag,
                **result_files.rounded({"p": self.verdict.p}),
                "farthest": self.farthest,
            }
            if self.unchecked:
                flag["unchecked"] = list(self.unchecked)
        return {"trust": result_files.rounded(self.checks), "flag": flag, **self.tiling}


def judged(picture: np.ndarray, engine: Engine, progress: Callable[[int, int], None] | None = None) -> Judged:
    """Restore one picture and judge the result.

    Parameters
    ----------
    picture : ndarray, (H, W)
        Without data bar, in [0, 1], no side under 16.
    engine : Engine
        What restores.
    progress : callable, optional
        Told the parts that are done and their number.
    """
    picture = np.ascontiguousarray(picture, dtype=np.float32)
    made = engine.inspect(picture, progress)
    changes = outcome.changes(picture, made.image)
    checks, width = {**made.checks, **changes}, None
    if "read_sigma" not in checks:
        from semclear.tool.micrograph import edge_width

        width = edge_width.measure(picture, checks["input_noise"])
        if width is not None:
            checks["input_edge_width"] = width
    verdict = engine.judge(made.checks)
    tiling = engine.tiling()
    found = [
        *cautions.of_sharpness(checks, width),
        *cautions.of_change(changes),
        *cautions.of_contrast(changes, checks.get("input_noise", 0.0)),
        *cautions.of_tiling(tiling.get("exact", True), tiling.get("tile", 0)),
    ]
    missing: tuple[str, ...] = ()
    if engine.is_network:
        missing = () if verdict is None else partial.unchecked(engine.record, engine.family)
        found = [
            *cautions.of_family(verdict, engine.family, made.checks),
            *partial.of_part(missing),
            *cautions.of_explanation(made.checks, verdict),
            *found,
        ]
    least = None if verdict is None or engine.family is None else cautions.least_p(engine.family)
    return Judged(picture, made, checks, verdict, tuple(found), tiling, missing, least)
