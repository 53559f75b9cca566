"""`semclear pack`, `semclear train` and `semclear sync`: their options, and the order for own images made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from semclear.cli import paths
from semclear.errors import SemclearError

Given = TypeVar("Given")

OWN, PACKED = "Own images: ", "Packs: "


def sync() -> None:
    """Take what DVC put on disk (pull, checkout, exp apply) as up to date for Snakemake."""
    from semclear.study import pipeline

    pipeline.adopt()


def pack(
    data: Annotated[Path, typer.Argument(metavar="MANIFEST", help="Manifest of the data set.")],
    output: Annotated[Path, paths.option("-o", "--output", metavar="FILE", help="Pack to write, .npz.")],
) -> None:
    """Pack a data set into one file, to train elsewhere."""
    from semclear.packs import pack

    pack.pack(data, output)


def train(
    output: Annotated[
        Path,
        paths.option(
            "-o",
            "--output",
            metavar="PATH",
            help=f"{OWN}the model to write, NAME.semclear; NAME.md and NAME.html appear beside it. {PACKED}folder for "
            "bundle, tables and run.json.",
        ),
    ],
    pack: Annotated[
        Path | None,
        typer.Argument(metavar="[PACK]", help="Data set from `semclear pack`; none for own images."),
    ] = None,
    clear: Annotated[
        Path | None,
        paths.option(
            "--clear",
            metavar="FOLDER",
            help=f"{OWN}clear micrographs, of other fields. Without it, clear ones are drawn.",
        ),
    ] = None,
    degraded: Annotated[
        Path | None, paths.option("--degraded", metavar="FOLDER", help=f"{OWN}degraded micrographs.")
    ] = None,
    truth: Annotated[
        Path | None,
        paths.option(
            "--truth",
            metavar="FOLDER",
            help=f"{OWN}clear images named like degraded ones and of their size. They are never trained on: they give "
            "full scores and calibrated intervals.",
        ),
    ] = None,
    sources: Annotated[
        Path | None,
        paths.option(
            "--sources",
            metavar="CSV",
            help=f"{OWN}table whose rows with the same text in --source-column are one source micrograph (several "
            "crops, or several shots of one field); its column `file` names the files. Without it each file is a "
            "source.",
        ),
    ] = None,
    source_column: Annotated[
        str, typer.Option("--source-column", metavar="NAME", help=f"{OWN}column of --sources.")
    ] = "original_path",
    region: Annotated[
        tuple[int, int, int, int] | None,
        typer.Option(
            "--region",
            metavar="X Y WIDTH HEIGHT",
            help=f"{OWN}take this rectangle of every micrograph alone, in pixels from the upper left corner.",
        ),
    ] = None,
    test_share: Annotated[
        float,
        typer.Option(
            "--test-share", metavar="SHARE", help=f"{OWN}share of the degraded sources kept for the test."
        ),
    ] = 0.25,
    scale: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Key of `scales` in params.yaml; by default laptop for own images."
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="instrument (for own images the default), cyclegan-physics, cyclegan or, for packs, paired.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            metavar="NAME_OR_FILE",
            help=f"{OWN}model of the method instrument that the training starts from, or none. By default the one that "
            "came along, where it is of this method; not for other methods.",
        ),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Keras backend: tensorflow, jax, torch or, for own images and there the default, auto; for packs jax.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads", metavar="N", help=f"{OWN}processor threads; by default OMP_NUM_THREADS or all."
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="AMOUNT",
            help=f"{OWN}memory that restoring the held-out micrographs may take beside the program, like 2GB.",
        ),
    ] = None,
    params: Annotated[
        Path | None,
        paths.option(
            "--params",
            metavar="FILE",
            help="The settings; by default those of the study, as they came with the program, and for packs "
            "params.yaml here.",
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "-S",
            "--set",
            metavar="KEY=VALUE",
            help="Change of params.yaml, like train.budget=0.5 (half as long) or, where a training diverges, a tenth "
            "of train.learning_rate.",
        ),
    ] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"{PACKED}float32, the default, or mixed_bfloat16.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help=f"{OWN}begin anew and replace what stands there.")
    ] = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", help=f"{OWN}leave NAME.semclear.work, with data set, losses and restorations."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=f"{OWN}read the folders, say what would be done, write nothing.")
    ] = False,
) -> None:
    """Train on own images, or on a packed data set; resumes where it was interrupted.

    With --degraded, and --clear where there are clear ones: folders of
    micrographs without pairs. Data bars are cut off, a share of the degraded
    ones is held out, a model is trained, from the one that came along where
    it can be, tried on these and calibrated. NAME.semclear is what `semclear
    restore --model` takes; NAME.html shows the held-out micrographs before
    and after. The same command goes on after an interruption.

    Exit code 0: done, or nothing to do; 1: something is wrong; 130:
    interrupted.
    """
    own: dict[str, Any] = {
        "clear": clear,
        "degraded": degraded,
        "start": start,
        "truth": truth,
        "sources": sources,
        "region": region,
        "threads": threads,
        "memory": memory,
        "overwrite": overwrite,
        "keep": keep,
        "dry_run": dry_run,
    }
    if pack is None:
        raise typer.Exit(
            train_own(
                **own,
                source_column=source_column,
                test_share=test_share,
                output=output,
                scale=scale,
                method=method,
                backend=backend,
                params_file=params,
                changes=changes,
                precision=precision,
            )
        )
    if given := [
        name.replace("_", "-") for name, value in own.items() if value is not None and value is not False
    ]:
        raise SemclearError(
            f"--{given[0]}: got it beside the pack {pack}, expected one of the two; leave one out"
        )
    from semclear.packs import train

    train.train(
        pack,
        output,
        scale=_given("--scale", scale, "one beside a pack"),
        method=_given("--method", method, "one beside a pack"),
        backend=backend or "jax",
        params_file=params or Path("params.yaml"),
        changes=changes or [],
        precision=precision or "float32",
    )


def _given(option: str, value: Given | None, hint: str) -> Given:
    """Return what an option was given; refuse that it was not."""
    if value is None:
        raise SemclearError(f"{option}: got none, expected {hint}; see `semclear train --help`")
    return value


def train_own(
    clear: Path | None,
    degraded: Path | None,
    *,
    truth: Path | None,
    sources: Path | None,
    source_column: str,
    region: tuple[int, int, int, int] | None,
    precision: str | None,
    changes: Sequence[str] | None,
    scale: str | None,
    method: str | None,
    backend: str | None,
    memory: str | None,
    **more: Any,
) -> int:
    """Train on own images with the words of the command line and return the exit code; see `tool.own_data.run`.

    Raises
    ------
    SemclearError
        When the folder of degraded micrographs is missing among the words, or one of them is for packs; else as
        `run.run`.
    """
    degraded = _given("--degraded", degraded, "a folder of degraded micrographs, or a pack")
    if precision not in (None, "float32"):
        raise SemclearError(f"--precision: got {precision}, which is for packs; leave it out")
    from semclear.io.databar import Box
    from semclear.tool.own_data import order, run
    from semclear.tool.own_data.gathering import Folders
    from semclear.tool.restore.memory import memory_amount

    words: dict[str, Any] = {"scale": scale, "method": method, "backend": backend}
    return run.run(
        order.Order(
            folders=Folders(
                clear, degraded, truth, sources, source_column, None if region is None else Box(*region)
            ),
            changes=tuple(changes or ()),
            memory=None if memory is None else memory_amount(memory),
            **{name: value for name, value in words.items() if value is not None},
            **more,
        )
    )
