"""Whether a file is itself a restoration, and what made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semclear.io.read import Original


def restored_before(original: Original) -> str | None:
    """Return what made a file that is a restoration: model or method, and version; None for a micrograph.

    Parameters
    ----------
    original : Original
        As read.
    """
    account = original.account
    if account is None:
        return None
    model = account.get("model")
    name = model.get("name") if isinstance(model, dict) else None
    return f"{name or account.get('method') or 'an unknown method'} (semclear {account['semclear']})"
