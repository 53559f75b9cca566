"""Paths that are given to options, and to arguments that are one path."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from semclear.errors import SemclearError
from semclear.files import readings


def parser(option: str) -> Callable[[str], Path]:
    """Return what makes a path of an option's or argument's text.

    ``~`` is the person's home also where no shell says so, as in ``--output=~/results``; "" is none, though for `Path`
    it is the current folder. As for inputs, what exists by the very text is meant; else an address like
    ``file:///data/out`` is the path in it, and spaces around a name are none of it.

    Parameters
    ----------
    option : str
        Its name, for errors: the returned function raises SemclearError for an empty text and an unknown ``~name``.
    """

    def path(text: str) -> Path:
        if not text.strip():
            raise SemclearError(
                f"{option}: got an empty name, expected a folder or file; is a variable of your shell unset?"
            )
        try:
            meant = [Path(reading).expanduser() for reading in readings(text)]
        except RuntimeError as error:
            raise SemclearError(f"{option}: got {text!r} ({error}), expected a path; correct it") from None
        return next((one for one in meant if os.path.lexists(one)), meant[-1])

    path.__name__ = "path"
    return path


def option(*names: str, help: str, metavar: str | None = None) -> Any:
    """Return an option that takes a path, see `parser`; its long name is the last one."""
    return typer.Option(*names, metavar=metavar, parser=parser(names[-1]), help=help)
