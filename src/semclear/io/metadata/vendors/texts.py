"""Texts of ``key=value`` lines that microscopes leave, in whatever encoding."""

from __future__ import annotations

import re


def text_in(data: bytes) -> str:
    """Return the text of bytes in UTF-16 with its mark, UTF-8, or else Windows-1252, which any bytes are."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def printable_lines(data: bytes) -> str:
    """Return the ``key=value`` lines that stand among other bytes, as in TESCAN's TIFF tag."""
    return "\n".join(match.decode("latin-1") for match in re.findall(rb"\w+=[\x20-\x7e]*", data))


def fields_of(text: str) -> dict[str, str]:
    """Return the values of ``key=value`` lines; sections are passed over, and of equal keys the first stays."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            fields.setdefault(key.strip(), value.strip())
    return fields
