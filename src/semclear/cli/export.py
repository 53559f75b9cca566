"""`semclear export`: a trained model in a format of other programs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from semclear.cli import paths
from semclear.errors import SemclearError


def export(
    bundle: Annotated[
        str,
        typer.Argument(
            metavar="BUNDLE", help="The trained model: FILE.semclear, or a name from `semclear models`."
        ),
    ],
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help="onnx (one file), savedmodel (a folder) or bioimageio (a BioImage Model Zoo zip).",
        ),
    ],
    output: Annotated[
        Path | None,
        paths.option(
            "-o",
            "--output",
            help="What to write; by default the bundle's name with the format's ending, here.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what stands there.")] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check/--no-check", help="Compare with Keras, and have a package tested by bioimageio.core."
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Export a model: ONNX, TensorFlow SavedModel or BioImage Model Zoo package.

    The ONNX file and the package run without semclear, TensorFlow and Keras,
    on micrographs of any size; `semclear restore --model FILE.onnx` takes the
    ONNX file alone. Of a release, the ONNX file keeps card, intervals, and
    the part of the trust flag that needs no degrader.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from semclear.export import export
    from semclear.models import archive, catalogue
    from semclear.tool.runtime import quiet

    path = catalogue.bundle_of(bundle, "export")
    with quiet():
        try:
            made = export.export(path, format, output, overwrite=overwrite, check=check)
        except SemclearError:
            archive.read(path)  # where the model is damaged, that is told as everywhere
            raise
    if as_json:
        values = {
            "output": str(made.path),
            "format": made.format,
            "bytes": made.size,
            "difference": made.difference,
            **made.metadata,
        }
        typer.echo(json.dumps(values, indent=1, sort_keys=True))
        return
    typer.echo(f"{made.path}: {made.size / 1e6:.1f} MB, {made.format}, {made.metadata['method']}")
    if made.difference is not None:
        typer.echo(f"largest difference to the Keras network: {made.difference:.1e} grey")
    elif check:
        typer.echo("not compared with the Keras network: no backend of Keras is installed")
