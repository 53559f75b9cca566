"""Whether a file is itself a restoration, and what made it: by its own account, else by the one beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semclear.tool import sidecar

if TYPE_CHECKING:
    from semclear.micrographs.original import Original


def _beside(path: Path) -> Mapping[str, Any] | None:
    """Return the account ``NAME.tif.json`` beside a file, if it is that file's: a BMP has no place for one."""
    try:
        values = json.loads(sidecar.place_of(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    is_account = isinstance(values, dict) and "semclear" in values and values.get("output") == path.name
    return values if is_account else None


def restored_before(original: Original) -> str | None:
    """Return what made a file that is a restoration: model or method, and version; None for a micrograph.

    Parameters
    ----------
    original : Original
        As read.
    """
    account = original.account or _beside(original.path)
    if account is None:
        return None
    model = account.get("model")
    name = model.get("name") if isinstance(model, dict) else None
    return f"{name or account.get('method') or 'an unknown method'} (semclear {account['semclear']})"
