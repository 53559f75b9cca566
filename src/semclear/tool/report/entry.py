"""A restored micrograph and what is known of it, as the report shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from semclear.errors import SemclearError
from semclear.tool.verdict.cautions import Caution
from semclear.tool.verdict.judgement import Judged


@dataclass(frozen=True, eq=False)
class Entry:
    """A restored micrograph and what is known of it.

    Attributes
    ----------
    name : str
        What a person calls it; any characters.
    judged : Judged
        Its picture before and after, maps and verdict.
    pixel_size_nm : float or None
        Width of a pixel.
    cautions : sequence of Caution
        What is to be known of the file or the model, before those of the picture.
    facts : mapping
        Heading to text: file, size, type, vendor, model, hash, version.
    file : str
        What tells pages of one file from those of another; "" where an entry is a file.
    """

    name: str
    judged: Judged
    pixel_size_nm: float | None = None
    cautions: Sequence[Caution] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    @property
    def images(self) -> dict[str, np.ndarray | None]:
        """Micrograph and restoration, (H, W) in [0, 1], and the maps in grey units, which may be None."""
        made = self.judged.made
        return {
            "before": self.judged.before,
            "after": made.image,
            "uncertainty": made.uncertainty,
            "residual": made.residual,
            "invented": made.invented,
        }

    @property
    def warnings(self) -> list[str]:
        """For the person to read first."""
        return [one.text for one in (*self.cautions, *self.judged.cautions) if one.is_warning]

    @property
    def notes(self) -> list[str]:
        """What reading and writing remarked; they are no warnings."""
        return [one.text for one in self.cautions if one.code == "note"]


def _refused(entry: Entry, what: str) -> SemclearError:
    return SemclearError(f"report: {entry.name}: got {what}; nothing was written")


def check(entry: Entry) -> None:
    """Raise SemclearError for arrays of unequal shape or with NaN, and for a size or factor that is not positive."""
    shape = entry.judged.before.shape
    if len(shape) != 2 or 0 in shape:
        raise _refused(entry, f"a micrograph of shape {shape}, expected (H, W)")
    for name, image in entry.images.items():
        if image is None and name in ("uncertainty", "residual", "invented"):
            continue
        found = () if image is None else image.shape
        if image is None or found != shape:
            raise _refused(entry, f"{name} of shape {found}, expected {shape} as the micrograph has")
        if not np.isfinite(image).all():
            raise _refused(entry, f"NaN or infinite values in {name}, expected finite ones")
    sizes = {"pixel_size_nm": entry.pixel_size_nm, "interval_factor": entry.judged.interval_factor}
    for name, value in sizes.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            raise _refused(
                entry, f"{value} as {name}, expected a positive number, or None where it is unknown"
            )
