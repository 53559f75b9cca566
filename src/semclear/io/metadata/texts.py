"""Texts of ``key=value`` lines that microscopes leave, in whatever encoding."""

from __future__ import annotations

import re

MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def text_in(data: bytes) -> str:
    """Return the text of bytes in UTF-16 or UTF-32 with or without mark, UTF-8, or else Windows-1252.

    Without a mark UTF-16 is told by its zero bytes, which in plain letters are every second one, and UTF-32 by two of
    four: the highest of a character is 0 always, the next nearly. What other bytes
    mean beyond ASCII is open: keys and numbers are ASCII, and `finding.NANOMETRES` knows how units look then.
    """
    marked = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    if marked:
        return data.decode(marked, errors="replace")
    quarter = len(data) // 4
    zeros = [data[place : 4 * quarter : 4].count(0) for place in range(4)]
    for name, highest, next_one, lowest in (("utf-32-le", 3, 2, 0), ("utf-32-be", 0, 1, 3)):
        if quarter and zeros[highest] >= quarter and 10 * zeros[next_one] > 9 * quarter > 90 * zeros[lowest]:
            return data.decode(name, errors="replace")
    half = len(data) // 2
    first, second = data[0::2].count(0), data[1::2].count(0)
    if half and max(first, second) > half / 3 and min(first, second) < half / 10:
        return data.decode("utf-16-be" if first > second else "utf-16-le", errors="replace")
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
