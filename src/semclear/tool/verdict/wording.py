"""The verdict: its words, and the levels from which something is said of a restoration.

The level of the trust flag itself is a setting of the study (`restoration.flag_level`). docs/account.md lists words and
levels for people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from semclear.tool.verdict.explanations import meaning, share, usual, written

if TYPE_CHECKING:
    from semclear.restoration.checks.trust_flag import Verdict


LIKE, UNLIKE, UNJUDGED = "like training data", "UNLIKE training data", "not judged"
DOUBTFUL = "gain doubtful"
PARTLY = f"partly judged: {LIKE}"
"""The verdict in the words of terminal, report and documents alike."""

#: For a network trained without pairs; stands in every side-car and on every page.
SENTENCE = (
    "The restoration was made by a network that was trained without pairs of degraded and clear micrographs: it can "
    "sharpen edges and remove a veil, but it may also invent fine detail or lose some that was there, most of all "
    "below the resolution of the original micrograph. Where the uncertainty is high, do not measure or count in it; "
    f'where the verdict is "{UNLIKE}", nowhere. The verdict "{LIKE}" and a low uncertainty do '
    "not prove it right: take no finding from it that the original does not support."
)

#: For a classical filter, which has neither uncertainty nor verdict.
CLASSICAL = (
    "The restoration was made by a classical filter, which knows nothing of micrographs: it can remove a veil or "
    "sharpen edges, but it may also amplify noise, draw rims and ripples along edges, and lose what the noise hides. "
    "Nothing here says how uncertain it is: take no finding from it that the original does not support."
)

SHARP_SIGMA = 0.75
"""Pixels. The encoders of the study's models read at most 0.40 from 16 clear synthetic micrographs and 0.61 from 14
sharp real ones, but at least 1.05 from 16 blurred synthetic ones (hybrid, gaussian) and 2.8 from 14 blurred real
ones."""

CLEAR_TRANSMISSION = 0.9
"""Mean. The same encoders read at least 0.92 from the clear synthetic micrographs and at most 0.78 from the veiled ones
(hybrid, fog). Sharp real micrographs without black read as low as 0.66: they pass for veiled."""

SHARP_EDGE = 3.0
"""Pixels from 10 % to 90 %: a beam of 0.9 pixels (the widest of the study's clear scenes) and a blur of `SHARP_SIGMA`
added in quadrature, times 2.563."""

GREY_SHIFT = 0.25
"""Of the grey range. Removing the veil moved the mean of the study's veiled test micrographs by 0.09 to 0.25."""

UNEXPLAINED = 5.0
"""Times the noise. Of the 672 micrographs that the study's 14 unpaired models were calibrated on, one was left with
more (6.2)."""

UNEXPLAINED_MEDIAN = 3.0
"""Times the noise. The medians of the same models are 1.1 to 2.2."""

CONTRAST_LEFT = 0.5
"""Of the standard deviation without noise. Every model and classical method of the study left at least 0.87 of it in
each of the 24 test micrographs of all four sets. In the central 256 x 256 pixels of 59 real ones models left at least
0.79 (the one of fog), classical methods 0.71 (percentile stretch)."""

STRUCTURED = 0.5
"""Least standard deviation of structure, of that of the noise, at which `CONTRAST_LEFT` is asked for: of fields of
noise alone, which are rightly smoothed, estimates leave up to 0.2."""

BACKGROUND = 0.1
"""Share of a point spread function that its border's grey may make up, if it is a background: beyond, a deconvolution
takes off more of a veil than noise and rounding of a measurement explain."""

ONE_GREY = 0.5 / 255
"""Standard deviation of half a level of 8 bits: nothing is left to be seen."""

SAME_PIXEL_SIZE = 0.01
"""Share by which the pixel sizes of a point spread function and a micrograph may differ."""


@dataclass(frozen=True)
class Words:
    """A verdict: "raised", "quiet", "doubtful" (quiet, but perhaps no better than the micrograph), "partly" (quiet by
    a part of the checks) or "unknown", in a few words (those of the terminal, see `result`) and in sentences."""

    kind: str
    short: str
    long: str


def _farthest(check: str, checks: Mapping[str, float], limits: Mapping[str, tuple[float, float]]) -> str:
    name = meaning(check).name
    value = f", {written(check, checks[check])}" if check in checks else ", which could not be measured"
    within = f" (usual: {usual(check, *limits[check])})" if check in limits else ""
    return f"Farthest out: {name}{value}{within}."


def words(
    verdict: Verdict | None,
    checks: Mapping[str, float],
    limits: Mapping[str, tuple[float, float]],
    *,
    least: float | None = None,
    unchecked: Sequence[str] = (),
    doubtful: bool = False,
) -> Words:
    """Return what the flag says.

    Parameters
    ----------
    verdict : Verdict or None
        Of the trust flag; None where the model has no family to compare with.
    checks, limits : mapping
        Of this micrograph, and usual ranges by name; may be empty.
    least : float, optional
        See `explanations.share`.
    unchecked : sequence of str
        Checks that could not be made, see `cautions.unchecked`.
    doubtful : bool
        Whether the restoration is not expected to be better than the micrograph, see
        `semclear.restoration.checks.gain.Gain.recommends`.
    """
    if verdict is None:
        return Words(
            "unknown",
            UNJUDGED,
            "There is nothing to compare this micrograph with: whether the method suits it was not examined.",
        )
    often = f" Of 100 micrographs that the model was made for, {share(verdict.p, least)} would be as far out."
    farthest = f" {_farthest(verdict.check, checks, limits)}" if verdict.check else ""
    if verdict.flag:
        return Words(
            "raised",
            UNLIKE,
            "This micrograph is unlike those that the model was made for: do not rely on its "
            f"restoration.{farthest}{often}",
        )
    if doubtful:
        return Words(
            "doubtful",
            DOUBTFUL,
            "Nothing that is looked at sets this micrograph apart from those that the model was made for, but its "
            "restoration may be no better than the micrograph itself: it may have taken fine grain for noise. Compare "
            f"the two, and keep the micrograph where you cannot tell.{farthest}{often}",
        )
    if unchecked:
        names = ", ".join(meaning(name).name for name in unchecked)
        return Words(
            "partly",
            PARTLY,
            "Nothing that could be looked at sets this micrograph apart from those that the model was made for. But a "
            f"part of the checks could not be made ({names}): the bundle that the model was exported from may judge "
            f"otherwise. None of this proves the restoration right.{farthest}{often}",
        )
    return Words(
        "quiet",
        LIKE,
        "Nothing that is looked at sets this micrograph apart from those that the model was made for. "
        f"That does not prove the restoration right.{farthest}{often}",
    )


def counted(verdicts: Iterable[str]) -> dict[str, int]:
    """Return how many have which verdict, in a few words, the worst one first."""
    found = Counter(verdicts)
    return {
        verdict: found[verdict] for verdict in (UNLIKE, UNJUDGED, DOUBTFUL, PARTLY, LIKE) if found[verdict]
    }
