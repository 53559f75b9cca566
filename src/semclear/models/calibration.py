"""The calibration of a model that is no release yet: the study measured it when it restored the test micrographs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError, one_line
from semclear.files import sha256

if TYPE_CHECKING:
    from semclear.params import Choosing
    from semclear.restoration.checks.gain import Gain
    from semclear.restoration.checks.invention import Invention
    from semclear.restoration.checks.trust_flag import Family

RESTORED = Path("results/restored")
SCORES = Path("results/scores")


@dataclass(frozen=True)
class Calibration:
    """Family, interval factor, side of the tiles of checks in pixels, whether the orientations were used, what tells
    inventions and the expected gain, and when a veil or a sharp micrograph is found."""

    family: Family | None = None
    interval_factor: float | None = None
    side: int | None = None
    ensemble: bool = True
    invention: Invention | None = None
    gain: Gain | None = None
    choosing: Choosing | None = None


def _damaged(path: Path, error: Exception) -> SemclearError:
    got = f"no {error.args[0]}" if isinstance(error, KeyError) else one_line(error)
    return SemclearError(
        f"{path}: damaged ({got or type(error).__name__}), expected what the study measured; make it anew "
        f"(snakemake {path}), or remove it to restore without a verdict"
    )


def _read(path: Path) -> dict[str, Any] | None:
    """Return a JSON object; None where there is no such file."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from None
    if not isinstance(values, dict):
        raise _damaged(path, ValueError("no JSON object"))
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

    Raises
    ------
    SemclearError
        When the study's files are damaged.
    """
    from semclear import params
    from semclear.restoration.checks.gain import Gain
    from semclear.restoration.checks.invention import Invention
    from semclear.restoration.checks.trust_flag import Family

    path, manifest = project / SCORES / f"{name}.card.json", project / RESTORED / name / "manifest.json"
    if (card := _read(path)) is None or not manifest.is_file():
        return None
    try:
        measured = (card["sha256"]["bundle"], card["sha256"]["restored"])
    except (KeyError, TypeError) as error:
        raise _damaged(path, error) from None
    if measured != (digest, sha256(manifest)):
        return None
    values = _read(manifest)
    if values is None:
        return None
    try:
        found = values["methods"][method]
        flag = found.get("flag") or {}
        family = Family.of_columns(flag["members"], flag["level"]) if "members" in flag else None
        return Calibration(
            family,
            found.get("interval_factor"),
            flag.get("tile"),
            bool(found["parameters"]["ensemble"]),
            Invention.of(found["invention"]) if "invention" in found else None,
            Gain.of(found["gain"]) if "gain" in found else None,
            params.validate(params.Choosing, found["choosing"], "choosing") if "choosing" in found else None,
        )
    except (KeyError, TypeError, AttributeError, ValueError, SemclearError) as error:
        raise _damaged(manifest, error) from None
