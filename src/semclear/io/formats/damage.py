"""What is raised for a file that breaks its own format."""

from __future__ import annotations

import struct
import zlib

PARSER_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What parsers raise on bytes that break their format. Whatever else comes out of one is a fault of the program."""


def reason_of(error: Exception) -> str:
    """Return in one short line what an error says, for a person."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]


class DamagedError(ValueError):
    """The file breaks its own format; the text says how."""
