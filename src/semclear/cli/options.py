"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, and no text.")]

GreyRange = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--range",
        metavar="LOW HIGH",
        help="Grey of black and of white, in the file's own numbers. By default they are taken from the type and the "
        "numbers in use.",
    ),
]

Pages = Annotated[
    str | None,
    typer.Option(
        "--pages", metavar="NUMBERS", help="Of a stack these pages alone, like 1,3-5, counted from 1."
    ),
]
