"""Paths that are given to options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from semclear.errors import SemclearError


def parser(option: str) -> Callable[[str], Path]:
    """Return what makes a path of an option's text.

    ``~`` is the person's home also where no shell says so, as in ``--output=~/results``; "" is none, though for `Path`
    it is the current folder.

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
            return Path(text).expanduser()
        except RuntimeError as error:
            raise SemclearError(f"{option}: got {text!r} ({error}), expected a path; correct it") from None

    path.__name__ = "path"
    return path


def option(*names: str, help: str, metavar: str | None = None) -> Any:
    """Return an option that takes a path, see `parser`; its long name is the last one."""
    return typer.Option(*names, metavar=metavar, parser=parser(names[-1]), help=help)
