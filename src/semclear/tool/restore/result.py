"""What became of one input of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semclear.tool.verdict.cautions import Caution, records

RESTORED, FAILED, SKIPPED, PLANNED = "restored", "failed", "skipped", "planned"


@dataclass(frozen=True)
class Result:
    """One line of the summary.

    Attributes
    ----------
    source, place : Path
        Input, and its output.
    status : str
        "restored", "failed", "skipped" (left as it was) or "planned" (dry run).
    error : str
        Why it failed.
    traceback : str
        Of an error that nobody foresaw.
    verdicts : mapping
        Of the trust flag, in words, with the number of pages that have it; the worst one first.
    seconds : float
        That it took.
    cautions : tuple of Caution
        To be read before the picture is believed.
    record : mapping
        The account of it, see `result_files.record_of`; for a planned one what was understood of the file.
    """

    source: Path
    place: Path
    status: str
    error: str = ""
    traceback: str = ""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    cautions: tuple[Caution, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The worst one of its pages; "" where there is none."""
        return next(iter(self.verdicts), "")

    @property
    def understood(self) -> Mapping[str, Any]:
        """What was understood of the file; empty where it could not be read."""
        return self.record.get("input", {})

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "input": str(self.source),
            "output": str(self.place),
            "status": self.status,
            "error": self.error or None,
            "traceback": self.traceback or None,
            "verdict": self.verdict or None,
            "verdicts": dict(self.verdicts),
            "seconds": round(self.seconds, 2),
            "warnings": records(self.cautions),
            "account": dict(self.record),
        }
