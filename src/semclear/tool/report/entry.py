"""A restored micrograph and what is known of it, as the report shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from semclear.errors import SemclearError


@dataclass(frozen=True, eq=False)
class Entry:
    """A restored micrograph and what is known of it.

    Attributes
    ----------
    name : str
        What a person calls it; any characters.
    before, after : ndarray, (H, W)
        Micrograph and restoration, in [0, 1].
    uncertainty, residual : ndarray, (H, W), or None
        In grey units: standard deviation over orientations, and micrograph
        minus re-degraded restoration.
    interval_factor : float or None
        q of the interval after +- q (uncertainty + half a level), see
        `semclear.restoration.checks.uncertainty.factor`.
    pixel_size_nm : float or None
        Width of a pixel.
    checks : mapping
        Trust figures by name.
    flag, flag_p, flag_check
        See `semclear.restoration.checks.trust_flag.Verdict`; None where there is no family.
    limits : mapping
        Usual range of each figure by name, see `trust_flag.Family.limits`; may be empty.
    warnings : sequence of str
        For the person to read first.
    notes : sequence of str
        What reading and writing remarked; they are no warnings.
    file : str
        What tells pages of one file from those of another; "" where an entry is a file.
    flag_least : float or None
        See `semclear.tool.verdict.explanations.share`.
    unchecked : sequence of str
        Checks of the flag that could not be made, see `semclear.tool.verdict.partial.unchecked`.
    facts : mapping
        Heading to text: file, size, type, vendor, model, hash, version.
    """

    name: str
    before: np.ndarray
    after: np.ndarray
    uncertainty: np.ndarray | None = None
    residual: np.ndarray | None = None
    interval_factor: float | None = None
    pixel_size_nm: float | None = None
    checks: Mapping[str, float] = field(default_factory=dict)
    flag: bool | None = None
    flag_p: float | None = None
    flag_check: str | None = None
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    file: str = ""
    flag_least: float | None = None
    unchecked: Sequence[str] = ()


def _refused(entry: Entry, what: str) -> SemclearError:
    return SemclearError(f"report: {entry.name}: got {what}; nothing was written")


def check(entry: Entry) -> None:
    """Raise SemclearError for arrays of unequal shape or with NaN, and for a size or factor that is not positive."""
    shape = np.shape(entry.before)
    if len(shape) != 2 or 0 in shape:
        raise _refused(entry, f"a micrograph of shape {shape}, expected (H, W)")
    for name in ("before", "after", "uncertainty", "residual"):
        image = getattr(entry, name)
        if image is None and name in ("uncertainty", "residual"):
            continue
        if np.shape(image) != shape:
            raise _refused(
                entry, f"{name} of shape {np.shape(image)}, expected {shape} as the micrograph has"
            )
        if not np.isfinite(image).all():
            raise _refused(entry, f"NaN or infinite values in {name}, expected finite ones")
    for name in ("pixel_size_nm", "interval_factor"):
        value = getattr(entry, name)
        if value is not None and not (math.isfinite(value) and value > 0):
            raise _refused(
                entry, f"{value} as {name}, expected a positive number, or None where it is unknown"
            )
