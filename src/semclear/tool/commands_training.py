"""Options of `semclear pack`, `semclear train` and `semclear sync`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sync() -> None:
    """Take what DVC put on disk (pull, checkout, exp apply) as up to date for Snakemake."""
    from semclear import pipeline

    pipeline.adopt()


def pack(
    data: Annotated[Path, typer.Argument(metavar="MANIFEST", help="Manifest of the data set.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Pack to write, .npz.")],
) -> None:
    """Pack a data set into one file, to train elsewhere."""
    from semclear.portable import packing

    packing.pack(data, output)


def train(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="Data set from `semclear pack`.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder for bundle, tables and run.json.")
    ],
    scale: Annotated[str, typer.Option(metavar="NAME", help="Key of `scales` in params.yaml.")],
    method: Annotated[str, typer.Option(metavar="NAME", help="cyclegan, cyclegan-physics or paired.")],
    backend: Annotated[
        str, typer.Option(metavar="NAME", help="Keras backend: jax, tensorflow or torch.")
    ] = "jax",
    params: Annotated[Path, typer.Option("--params", metavar="FILE", help="The settings.")] = Path(
        "params.yaml"
    ),
    changes: Annotated[
        list[str] | None,
        typer.Option("-S", "--set", metavar="KEY=VALUE", help="Change of params.yaml, like train.seed=1."),
    ] = None,
    precision: Annotated[str, typer.Option(metavar="NAME", help="float32 or mixed_bfloat16.")] = "float32",
) -> None:
    """Train on a packed data set; resumes where it was interrupted."""
    from semclear.portable import training

    training.train(
        pack,
        output,
        scale=scale,
        method=method,
        backend=backend,
        params_file=params,
        changes=changes or [],
        precision=precision,
    )
