"""The account of a restoration as text, and the chain of those before it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EARLIER = "earlier"
"""Key of the accounts of the restorations that a file went through before, the first one first."""

LEFT_OUT = "earlier_left_out"
"""Key of how many of them an image's description had no room for."""

ROOM = 2**20
"""Characters that an account may take in an image's description: some hundred restorations; more only slows readers."""

DEEPEST = 32
"""Levels of lists and mappings; an account has eight. Deeper JSON was made to exhaust whoever writes it again."""


def _number(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _is_flat(value: Any, levels: int = DEEPEST) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    parts = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_flat(part, levels - 1) for part in parts)


def parsed(text: str) -> dict[str, Any] | None:
    """Return the account that a text is, or None; what JSON cannot hold (NaN, infinite) becomes None in it.

    Parameters
    ----------
    text : str
        Any text, from a file that anybody may have written.
    """
    try:
        values = json.loads(text, parse_constant=lambda _: None, parse_float=_number)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) and "semclear" in values and _is_flat(values) else None


def place_of(image: Path) -> Path:
    """Return where the account of an image lies: ``NAME.tif.json`` beside ``NAME.tif``."""
    return image.with_name(f"{image.name}.json")


def chain(account: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return all accounts that a file brings along, the first restoration's first.

    Parameters
    ----------
    account : mapping or None
        Of the file, with those before it under `EARLIER`.

    Returns
    -------
    list of dict
        Without `EARLIER` and `LEFT_OUT` in them, and without the seconds they took, which differ between equal runs.
    """
    if account is None:
        return []
    before = account.get(EARLIER)
    before = [dict(one) for one in before if isinstance(one, Mapping)] if isinstance(before, list) else []
    return [
        *before,
        {key: value for key, value in account.items() if key not in (EARLIER, LEFT_OUT, "seconds")},
    ]


def missing(account: Mapping[str, Any] | None) -> int:
    """Return how many of the oldest accounts before this one are lost, as it says itself under `LEFT_OUT`."""
    said = None if account is None else account.get(LEFT_OUT)
    return said if isinstance(said, int) and said > 0 else 0


def fitting(entries: Mapping[str, Any], room: int = ROOM) -> dict[str, Any]:
    """Return entries without as many of the oldest earlier accounts as `room` is too small for.

    Parameters
    ----------
    entries : mapping
        An account.
    room : int
        Characters of its JSON.

    Raises
    ------
    TypeError, ValueError
        When it is no JSON.
    """
    entries = dict(entries)
    before = entries.get(EARLIER)
    if not before:
        return entries
    sizes = [len(json.dumps(one, allow_nan=False)) + 2 for one in before]
    excess, left_out = len(json.dumps(entries, allow_nan=False)) - room, 0
    while excess > 0 and left_out < len(sizes):
        excess -= sizes[left_out]
        left_out += 1
    if left_out:
        entries[EARLIER] = before[left_out:]
        entries[LEFT_OUT] = left_out + missing(entries)
    return entries


TEXT_KEYWORD = b"semclear"
DESCRIPTION_KEY = "semclear"
