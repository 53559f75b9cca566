"""One restored picture with everything that speaks for and against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from semclear.restoration import outcome
from semclear.tool.restore.engine import Engine
from semclear.tool.verdict import cautions
from semclear.tool.verdict.judgement import Judged, verdict_of


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
    return judged_by(picture, made, outcome.changes(picture, made.image), engine, engine.tiling())


def judged_by(
    picture: Any,
    made: outcome.Outcome,
    changes: Mapping[str, float],
    engine: Engine,
    tiling: Mapping[str, Any],
) -> Judged:
    """Judge a picture that was restored, by its figures.

    Parameters
    ----------
    picture : ndarray, (H, W), or what gives windows as it does
        What was restored, in [0, 1]; its middle is looked at.
    made : Outcome
        Of which the images may be empty.
    changes : mapping
        See `outcome.changes`.
    engine : Engine
        What restored.
    tiling : mapping
        See `Engine.tiling`.
    """
    checks, width = {**made.checks, **changes}, None
    if made.lifted is not None:
        checks["veil_lifted"] = float(made.lifted)
    if made.left_alone is not None:
        checks["left_alone"] = float(made.left_alone)
    if "read_sigma" not in checks:
        from semclear.tool.micrograph import edge_width

        width = edge_width.measure(picture, checks["input_noise"])
        if width is not None:
            checks["input_edge_width"] = width
    recommended = None if engine.gain is None else engine.gain.recommends(checks)
    if engine.gain is not None and (expected := engine.gain.expected(checks)) is not None:
        checks["expected_gain"] = expected
    verdict = verdict_of(engine.family, made.checks)
    found = [
        *cautions.of_sharpness(checks, width),
        *cautions.of_change(changes),
        *cautions.of_contrast(changes, checks.get("input_noise", 0.0)),
        *cautions.of_tiling(tiling.get("exact", True), tiling.get("tile", 0)),
    ]
    missing: tuple[str, ...] = ()
    if engine.is_network:
        missing = () if verdict is None else cautions.unchecked(engine.record, engine.family)
        found = [
            *cautions.of_family(verdict, engine.family, made.checks),
            *cautions.of_part(missing),
            *cautions.of_explanation(made.checks, verdict),
            *cautions.of_gain(checks, recommended),
            *found,
        ]
    return Judged(
        picture,
        made,
        checks,
        verdict,
        tuple(found),
        tiling,
        engine.family,
        engine.interval_factor,
        missing,
        recommended,
    )
