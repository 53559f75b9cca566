"""The trust flag's verdict in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semclear.tool.meanings import meaning, written


@dataclass(frozen=True)
class Words:
    """A verdict: "raised", "quiet" or "unknown", in a few words, and in sentences."""

    kind: str
    short: str
    long: str


def _farthest(check: str, checks: Mapping[str, float], limits: Mapping[str, tuple[float, float]]) -> str:
    name = meaning(check).name
    value = f", {written(check, checks[check])}" if check in checks else ", which could not be measured"
    usual = ""
    if check in limits:
        low, high = limits[check]
        usual = f" (usual: {written(check, low).split(' ')[0]} to {written(check, high)})"
    return f"Farthest out: {name}{value}{usual}."


def words(
    flag: bool | None,
    p: float | None,
    check: str | None,
    checks: Mapping[str, float],
    limits: Mapping[str, tuple[float, float]],
) -> Words:
    """Return what the flag says.

    Parameters
    ----------
    flag, p, check
        As in `semclear.restoration.flag.Verdict`; `flag` is None where the
        model has no family to compare with.
    checks, limits : mapping
        Of this micrograph, and usual ranges by name; may be empty.
    """
    if flag is None:
        return Words(
            "unknown",
            "not judged",
            "There is nothing to compare this micrograph with: whether the method suits it was not examined.",
        )
    share = ""
    if p is not None:
        often = "less than 1" if 100 * p < 1 else f"about {100 * p:.0f}"
        share = f" Of 100 micrographs that the model was made for, {often} would be as far out."
    farthest = f" {_farthest(check, checks, limits)}" if check else ""
    if flag:
        return Words(
            "raised",
            "trust flag raised",
            f"This micrograph is unlike those that the model was made for: do not rely on its restoration.{farthest}{share}",
        )
    return Words(
        "quiet",
        "no trust flag",
        "Nothing that is looked at sets this micrograph apart from those that the model was made for. "
        f"That does not prove the restoration right.{farthest}{share}",
    )
