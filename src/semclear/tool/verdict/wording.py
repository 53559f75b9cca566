"""The trust flag's verdict in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from semclear.tool.verdict.explanations import meaning, share, usual, written

if TYPE_CHECKING:
    from semclear.restoration.checks.trust_flag import Verdict


@dataclass(frozen=True)
class Words:
    """A verdict: "raised", "quiet", "partly" (quiet by a part of the checks) or "unknown", in a few words (those of the
    terminal, see `result`) and in sentences."""

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
        Checks that could not be made, see `partial.unchecked`.
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


LIKE, UNLIKE, UNJUDGED = "like training data", "UNLIKE training data", "not judged"
PARTLY = "partly judged: like training data"
"""The verdict in the words of terminal, report and documents alike."""

#: For a network trained without pairs; stands in every side-car and on every page.
SENTENCE = (
    "The restoration was made by a network that was trained without pairs of degraded and clear micrographs: it can "
    "sharpen edges and remove a veil, but it may also invent fine detail or lose some that was there, most of all "
    "below the resolution of the original micrograph. Where the uncertainty is high, do not measure or count in it; "
    'where the verdict is "UNLIKE training data", nowhere. The verdict "like training data" and a low uncertainty do '
    "not prove it right: take no finding from it that the original does not support."
)

#: For a classical filter, which has neither uncertainty nor verdict.
CLASSICAL = (
    "The restoration was made by a classical filter, which knows nothing of micrographs: it can remove a veil or "
    "sharpen edges, but it may also amplify noise, draw rims and ripples along edges, and lose what the noise hides. "
    "Nothing here says how uncertain it is: take no finding from it that the original does not support."
)


def counted(verdicts: Iterable[str]) -> dict[str, int]:
    """Return how many have which verdict, in a few words, the worst one first."""
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in (UNLIKE, UNJUDGED, PARTLY, LIKE) if found[verdict]}
