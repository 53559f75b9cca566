"""Options of `semclear restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from semclear.cli import paths
from semclear.cli.options import AsJson, GreyRange, Pages

METHOD_HELP = "A classical method instead of a model: {}; with --psf {}."


class Restore(TyperCommand):
    """The command, whose help names the classical methods: they are looked up when somebody asks for it."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options."""
        from semclear.restoration.classical_defaults import defaults, with_psf

        for parameter in self.params:
            if isinstance(parameter, TyperOption) and parameter.help == METHOD_HELP:
                parameter.help = METHOD_HELP.format(", ".join(defaults()), ", ".join(with_psf()))
        super().format_options(ctx, formatter)


def restore(
    words: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="Files, folders, patterns like '*.tif', OME-Zarr volumes."),
    ],
    output: Annotated[Path, paths.option("-o", "--output", metavar="FOLDER", help="Folder for the results.")],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME_OR_FILE",
            help="A trained model: a file (*.semclear, or *.onnx of `semclear export`), or a name from `semclear "
            "models`. Without it, the one that came along.",
        ),
    ] = None,
    method: Annotated[str | None, typer.Option("--method", metavar="NAME", help=METHOD_HELP)] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=NUMBER",
            help="Change a parameter of --method. By default they are those that the study chose on the validation "
            "micrographs of its hybrid set.",
        ),
    ] = None,
    psf: Annotated[
        Path | None,
        paths.option(
            "--psf",
            metavar="FILE",
            help="A measured point spread function for --method: a gray picture of a point on 0, at the same pixel "
            "size.",
        ),
    ] = None,
    recursive: Annotated[
        bool,
        typer.Option(
            "-r", "--recursive", help="Take folders within folders, too; results keep their folders."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the files, say what would be done, write nothing.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave results that exist: goes on after an interruption.")
    ] = False,
    as_json: AsJson = False,
    uncertainty: Annotated[
        bool,
        typer.Option(
            "--uncertainty", help="Also write NAME.tif.uncertainty.tif, in the grey units of the file."
        ),
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Also write FOLDER/report.html, to compare before and after.")
    ] = False,
    report_file: Annotated[
        Path | None, paths.option("--report-file", metavar="FILE", help="The same, to this file.")
    ] = None,
    databar: Annotated[
        int | None,
        typer.Option(
            "--databar",
            metavar="ROWS",
            help="Height of the data bar in pixels, 0 for none. By default it is looked for.",
        ),
    ] = None,
    crop_databar: Annotated[
        bool, typer.Option("--crop-databar", help="Cut the data bar off instead of leaving it as it is.")
    ] = False,
    grey_range: GreyRange = None,
    pages: Pages = None,
    region: Annotated[
        tuple[int, int, int, int] | None,
        typer.Option(
            "--region",
            metavar="X Y WIDTH HEIGHT",
            help="Restore this rectangle alone, in pixels from the upper left corner. All else stays as stored.",
        ),
    ] = None,
    mask: Annotated[
        Path | None,
        paths.option(
            "--mask",
            metavar="FILE",
            help="Restore where this image of the same size is not 0 alone. All else stays as stored.",
        ),
    ] = None,
    to_gray: Annotated[
        bool, typer.Option("--to-gray", help="Take colour images, too, and make them gray.")
    ] = False,
    no_ensemble: Annotated[
        bool,
        typer.Option(
            "--no-ensemble",
            help="Restore in one orientation instead of several: faster, less sure, no uncertainty.",
        ),
    ] = False,
    veil: Annotated[
        str,
        typer.Option(
            "--veil",
            metavar="CHOICE",
            help="auto, keep or lift: take a veil off, which changes greys; by default where one is found. Of models "
            "that keep it.",
        ),
    ] = "auto",
    conservative: Annotated[
        bool,
        typer.Option(
            "--conservative",
            help="Leave out what the micrograph cannot support: less is invented, and less is sharpened. Of models "
            "that are calibrated for it.",
        ),
    ] = False,
    even_if_sharp: Annotated[
        bool,
        typer.Option(
            "--even-if-sharp",
            help="Restore what is sharp already, too, instead of leaving it as it is. Of models that keep veils.",
        ),
    ] = False,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="AMOUNT",
            help="Memory that the program may take in all, like 2GB. By default 2 GB beside itself and the micrograph, "
            "or 80 % of what is free if that is less.",
        ),
    ] = None,
    tile: Annotated[
        int | None,
        typer.Option("--tile", metavar="PIXELS", help="Side of the tiles. By default chosen by memory."),
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            metavar="NAME",
            help="auto, tensorflow, jax or torch; of an .onnx file auto, onnxruntime or openvino.",
        ),
    ] = "auto",
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Restore volumes by the workers of the dask.distributed scheduler there, like tcp://HOST:8786.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", help="Processor threads; by default OMP_NUM_THREADS or all."),
    ] = None,
) -> None:
    """Restore micrographs by a trained model or a classical method.

    Every result has the width, height, number type, grey range and format of
    its input (a JPEG becomes a PNG). Beside NAME.tif stands NAME.tif.json:
    what was done, by which model, and what speaks against the result. An
    OME-Zarr volume, of any size, becomes another: -o out.zarr, or a folder. One
    file that cannot be restored does not stop the others.

    Exit code 0: all files are restored; 1: none, or wrong arguments; 2: some
    files failed, the summary says which and why; 130: interrupted, what is
    there is whole.
    """
    from semclear.tool.restore.request import Request
    from semclear.tool.restore.run import run

    request = Request(
        words=tuple(words),
        output=output,
        model=model,
        method=method,
        changes=tuple(changes or ()),
        recursive=recursive,
        dry_run=dry_run,
        overwrite=overwrite,
        skip_existing=skip_existing,
        memory=memory,
        tile=tile,
        databar=databar,
        crop_databar=crop_databar,
        grey_range=grey_range,
        pages=pages,
        region=region,
        mask=mask,
        psf=psf,
        to_gray=to_gray,
        uncertainty=uncertainty,
        report=report_file or (output / "report.html" if report else None),
        ensembling=not no_ensemble,
        veil=veil,
        conservative=conservative,
        even_if_sharp=even_if_sharp,
        backend=backend,
        threads=threads,
        cluster=cluster,
    )
    raise typer.Exit(run(request, as_json))
