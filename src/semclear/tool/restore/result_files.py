"""The account beside each restored file: what was read, what was done by which model, and what speaks against it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semclear import __version__
from semclear.files import whole_file
from semclear.io.metadata.provenance import LEFT_OUT, place_of

__all__ = ["place_of", "record_of", "rounded", "uncertainty_place_of", "write"]

FORMAT = 1
DIGITS = 6  # significant digits of measures: more would only differ between computers

UNCERTAINTY = ".uncertainty.tif"  # ends the name of an uncertainty map


def uncertainty_place_of(output: Path) -> Path:
    """Return where the uncertainty map of an output lies: ``NAME.tif.uncertainty.tif``."""
    return output.with_name(f"{output.name}{UNCERTAINTY}")


def rounded(values: Mapping[str, float]) -> dict[str, float | None]:
    """Return measures with six significant digits; what is not finite becomes None, which JSON can hold."""
    return {
        name: float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
        for name, value in sorted(values.items())
    }


def record_of(
    *,
    source: Mapping[str, Any],
    output: str,
    engine: Mapping[str, Any],
    pages: Sequence[Mapping[str, Any]],
    warnings: Sequence[Mapping[str, str]],
    sentence: str,
    earlier: Sequence[Mapping[str, Any]] = (),
    missing: int = 0,
) -> dict[str, Any]:
    """Return the account of one file, as JSON holds it; no date and no duration: equal runs give equal accounts.

    Parameters
    ----------
    source : mapping
        What was understood of the file, see `understanding.described`, with its hash.
    output : str
        File name of the result.
    engine : mapping
        `Engine.record`.
    pages : sequence of mapping
        Of each page its data bar, trust figures and flag.
    warnings : sequence of mapping
        `code` and `text` each.
    sentence : str
        On what may be invented.
    earlier : sequence of mapping
        Accounts of the restorations that the file went through before, see `micrographs.account.chain`.
    missing : int
        How many there were before these, which no file tells any more.
    """
    return {
        "format": FORMAT,
        "semclear": __version__,
        "input": dict(source),
        "output": output,
        **engine,
        "pages": [dict(page) for page in pages],
        "warnings": [dict(warning) for warning in warnings],
        "may_be_invented": sentence,
        "earlier": [dict(account) for account in earlier],
        **({LEFT_OUT: missing} if missing else {}),
    }


def write(path: str | Path, record: Mapping[str, Any], seconds: float) -> None:
    """Write the account and the seconds it took, which alone differ between equal runs; whole or not at all.

    Raises
    ------
    SemclearError
        When the disk refuses it.
    """
    text = (
        json.dumps(
            {**record, "seconds": round(seconds, 2)},
            sort_keys=True,
            indent=1,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    )
    with whole_file(path) as scratch:
        # Bytes of a file name that are no text become JSON's own escapes.
        scratch.write_bytes(text.encode("utf-8", errors="backslashreplace"))
