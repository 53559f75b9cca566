"""Options of `semclear models`, `semclear inspect` and `semclear doctor`, which change nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from semclear.cli.options import AsJson, GreyRange, Pages


def models(as_json: AsJson = False) -> None:
    """List the models that `--model` finds by name.

    These are the released and the trained ones of the project in the current
    folder (results/release, results/models), and those that came with the
    package. What a model was trained on and where it fails stands in its
    card, NAME.md beside its file.
    """
    from semclear.tool import models_list

    models_list.run(as_json)


def doctor(as_json: AsJson = False) -> None:
    """Say what this installation can do: backends, GPUs, processor, memory, extras, model.

    Backends are loaded in processes of their own, at once; that takes some
    seconds. What is missing is named with the command that installs it.

    What did not answer in time, as on a busy computer, is not known.

    Exit code 0: something can restore, or it is not known; 1: nothing can.
    """
    from semclear.tool.doctor import examine

    raise typer.Exit(examine.run(as_json))


def inspect(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Files, folders, or patterns such as '*.tif'.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME_OR_FILE",
            help="Whose encoder reads blur and veil. Without it, the one that came along. Not together with --quick.",
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Let formulas guess blur and veil, without loading a model. Not together with --model or --backend.",
        ),
    ] = False,
    databar: Annotated[
        int | None,
        typer.Option(
            "--databar",
            metavar="ROWS",
            help="Height of the data bar in pixels, 0 for none. By default it is looked for.",
        ),
    ] = None,
    grey_range: GreyRange = None,
    pages: Pages = None,
    to_gray: Annotated[bool, typer.Option("--to-gray", help="Take colour images, too.")] = False,
    backend: Annotated[
        str, typer.Option("--backend", metavar="NAME", help="auto, tensorflow, jax or torch.")
    ] = "auto",
    as_json: AsJson = False,
) -> None:
    """Say what is understood of micrographs: size, type, pixel size, data bar, noise, blur, veil.

    Exit code 0: all files are understood; 1: none, or wrong arguments; 2:
    some files failed.
    """
    from semclear.tool import inspect

    code = inspect.run(
        files,
        model=model,
        quick=quick,
        databar=databar,
        to_gray=to_gray,
        grey_range=grey_range,
        pages=pages,
        backend=backend,
        as_json=as_json,
    )
    raise typer.Exit(code)
