"""Whether a file is itself a restoration: its account, which `micrographs.output` wrote into it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from semclear.micrographs import ome
from semclear.micrographs.encode_plain import TEXT_KEYWORD
from semclear.micrographs.encode_tiff import DESCRIPTION_KEY


def _account(text: str) -> dict[str, Any] | None:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) and "semclear" in values else None


def in_description(description: str) -> dict[str, Any] | None:
    """Return the account in a TIFF's ImageDescription: the line ``semclear=``, or the last one in OME-XML.

    Parameters
    ----------
    description : str
        Any text; what is no account is passed over.

    Returns
    -------
    dict or None
        What `output.write` was given as its description; None where there is none.
    """
    lines = description.splitlines()
    texts = [line.partition("=")[2] for line in lines if line.startswith(f"{DESCRIPTION_KEY}=")]
    if not texts and description.rstrip().endswith("OME>"):
        texts = ome.descriptions(description)
    return next((found for text in reversed(texts) if (found := _account(text)) is not None), None)


def in_chunks(chunks: Iterable[tuple[bytes, bytes]]) -> dict[str, Any] | None:
    """Return the account in the tEXt part ``semclear`` of a PNG, or None; `chunks` as in `plain.PlainImage`."""
    start = TEXT_KEYWORD + b"\0"
    texts = (
        contents[len(start) :] for name, contents in chunks if name == b"tEXt" and contents.startswith(start)
    )
    return next((found for text in texts if (found := _account(text.decode("latin-1"))) is not None), None)
