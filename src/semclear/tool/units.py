"""Amounts of memory as people write them."""

from __future__ import annotations

import re

from semclear.errors import SemclearError

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
LEAST = 256 * 2**20


def memory(text: str) -> int:
    """Return bytes of ``2GB``, ``1.5 GiB``, ``800M`` or ``2147483648``; units are powers of 1024.

    Raises
    ------
    SemclearError
        For anything else, and below 256 MB, in which no network runs.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise SemclearError(f"--memory: got {text!r}, expected an amount like 2GB or 800MB")
    amount = int(float(match[1]) * _UNITS[match[2].upper()])
    if amount < LEAST:
        raise SemclearError(f"--memory: got {text!r}, expected at least 256MB; give more")
    return amount
