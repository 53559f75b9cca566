"""The calibration of a model that is no release yet: the study measured it when it restored the test micrographs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError
from semclear.files import sha256

if TYPE_CHECKING:
    from semclear.restoration.checks.trust_flag import Family

RESTORED = Path("results/restored")
SCORES = Path("results/scores")


@dataclass(frozen=True)
class Calibration:
    """Family, interval factor, side of the tiles of checks in pixels, and whether the eight orientations were used."""

    family: Family | None = None
    interval_factor: float | None = None
    side: int | None = None
    ensemble: bool = True


def _read(path: Path) -> dict[str, Any]:
    values = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise ValueError("no JSON object")
    return values


def of_study(project: Path, name: str, method: str, digest: str) -> Calibration | None:
    """Return what the study measured of one of its models.

    Parameters
    ----------
    project : Path
        The project's folder.
    name, method : str
        Of the model.
    digest : str
        SHA-256 of its file: a calibration of other weights is none.

    Returns
    -------
    Calibration or None
        None where the model was not restored with and scored, or has been
        trained again since.
    """
    from semclear.restoration.checks.trust_flag import Family

    manifest = project / RESTORED / name / "manifest.json"
    try:
        hashes = _read(project / SCORES / f"{name}.card.json")["sha256"]
        if hashes["bundle"] != digest or hashes["restored"] != sha256(manifest):
            return None
        found = _read(manifest)["methods"][method]
        flag = found.get("flag") or {}
        family = Family.of_columns(flag["members"], flag["level"]) if "members" in flag else None
        return Calibration(
            family, found.get("interval_factor"), flag.get("tile"), bool(found["parameters"]["ensemble"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SemclearError):
        return None
