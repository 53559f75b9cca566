"""Whether a file is itself a restoration: its account, in the file or beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from semclear.io.metadata import ome
from semclear.io.metadata.provenance import DESCRIPTION_KEY, TEXT_KEYWORD, parsed, place_of

LARGEST_BESIDE = 2**26
"""Bytes: a larger JSON beside an image is no account."""


def in_description(description: str) -> dict[str, Any] | None:
    """Return the account in a TIFF's ImageDescription: the line ``semclear=``, or the last one in OME-XML.

    Parameters
    ----------
    description : str
        Any text; what is no account is passed over.

    Returns
    -------
    dict or None
        What `write.write` was given as its description; None where there is none.
    """
    lines = description.splitlines()
    texts = [line.partition("=")[2] for line in lines if line.startswith(f"{DESCRIPTION_KEY}=")]
    if not texts and description.rstrip().endswith("OME>"):
        texts = ome.descriptions(description)
    return next((found for text in reversed(texts) if (found := parsed(text)) is not None), None)


def without(description: str) -> str:
    """Return a TIFF's plain description without lines that are accounts, which a new account carries along."""
    start = f"{DESCRIPTION_KEY}="
    lines = description.splitlines()
    kept = [line for line in lines if not (line.startswith(start) and parsed(line[len(start) :]))]
    return description if len(kept) == len(lines) else "\n".join(kept)


def in_chunks(chunks: Iterable[tuple[bytes, bytes]]) -> dict[str, Any] | None:
    """Return the account in the tEXt part ``semclear`` of a PNG, or None; `chunks` as in `raster.PlainImage`."""
    start = TEXT_KEYWORD + b"\0"
    texts = (
        contents[len(start) :] for name, contents in chunks if name == b"tEXt" and contents.startswith(start)
    )
    return next((found for text in texts if (found := parsed(text.decode("latin-1"))) is not None), None)


def beside(image: Path) -> dict[str, Any] | None:
    """Return the account beside an image, for formats without a place for it, such as BMP, and images saved anew.

    Parameters
    ----------
    image : Path
        The account must name it as its output.
    """
    place = place_of(image)
    try:
        if not place.is_file() or place.stat().st_size > LARGEST_BESIDE:
            return None
        found = parsed(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if found is not None and found.get("output") == image.name else None
