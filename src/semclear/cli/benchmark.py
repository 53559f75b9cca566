"""`semclear benchmark`: fixed test pictures, the score of anybody's restorations of them, and the table of scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semclear import __version__
from semclear.cli import paths
from semclear.errors import SemclearError

benchmark = typer.Typer(
    help="Score anybody's restorations on fixed test pictures.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", parser=paths.parser("FOLDER"), help="Of `semclear benchmark make`."),
]


def _tables(command: str) -> None:
    from semclear.extras import need

    need("pandas", "benchmark", f"semclear benchmark {command}")


@benchmark.command()
def make(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", parser=paths.parser("FOLDER"), help="To appear.")
    ],
    real: Annotated[
        Path | None,
        paths.option(
            "--real",
            metavar="FOLDER",
            help="Sharp micrographs of your own, which become further test sets, degraded in known ways.",
        ),
    ] = None,
    sources: Annotated[
        Path | None,
        paths.option(
            "--sources",
            metavar="TABLE",
            help="CSV with the columns file and original_path: of micrographs with the same text there one is taken.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the benchmark that stands in FOLDER.")
    ] = False,
) -> None:
    """Make the test pictures: FOLDER/input is to be restored, FOLDER/truth is what it will be held against.

    They are drawn anew, from the settings that come with semclear and named
    seeds, and compared with the published ones by hash.
    """
    from semclear import params
    from semclear.evaluation.benchmark import folder as folders
    from semclear.evaluation.benchmark import published
    from semclear.tool.own_data.plan import shipped_params

    if sources is not None and real is None:
        raise SemclearError("--sources: got it without --real, whose micrographs it groups; give both")
    made = folders.make(
        params.load(shipped_params()), folder, __version__, real=real, table=sources, overwrite=overwrite
    )
    typer.echo(published.compare(made).sentence)
    for name in made.sets:
        typer.echo(f"{name}: {len(made.of([name]))} pictures, {made.digest(name)[:8]}")
    typer.echo(
        f"restore {folder / folders.INPUT} into another folder, files called alike, and score that folder"
    )


@benchmark.command()
def score(
    folder: Folder,
    restorations: Annotated[
        Path,
        typer.Argument(
            metavar="RESTORATIONS",
            parser=paths.parser("RESTORATIONS"),
            help="One image a file of FOLDER/input, called alike.",
        ),
    ],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Of the method, in tables.")],
    output: Annotated[
        Path,
        paths.option(
            "-o", "--output", metavar="ROW", help="ROW.json for tables of rows, or ROW.csv for a spreadsheet."
        ),
    ],
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against", metavar="ROW", help="Row of another method to be compared with, besides the input."
        ),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME", help="Score this set alone; may be given several times."),
    ] = None,
    notes: Annotated[
        str,
        typer.Option(
            "--notes", metavar="TEXT", help="What readers should know: version, training data, link."
        ),
    ] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what stands there.")] = False,
) -> None:
    """Score a folder of restorations: the study's metrics, trust measures and paired tests, as a row.

    Nothing is scored unless every picture has its restoration, of its size.
    """
    _tables("score")
    from semclear import params
    from semclear.evaluation.benchmark import folder as folders
    from semclear.evaluation.benchmark import judging
    from semclear.evaluation.benchmark import row as rows
    from semclear.tool.own_data.plan import shipped_params

    _check_free(output, (".json", ".csv"), overwrite)
    row, others = judging.row_of(
        folders.load(folder),
        restorations,
        params.load(shipped_params()),
        name=name,
        semclear=__version__,
        notes=notes,
        sets=sets or (),
        against=[one for file in against or () for one in rows.read(Path(file))],
    )
    rows.write(output, [row])
    if others:
        typer.echo(
            f"note: passed over {len(others)} images that no picture is called like ({others[0]})", err=True
        )
    for mean in row.means:
        if mean.metric in ("psnr", "ssim"):
            typer.echo(f"{mean.set}: {mean.metric} {mean.mean:.4g} over {mean.n} pictures")
    typer.echo(f"{output}: {row.name}, benchmark {row.version}, drawn pictures: {row.published}")


@benchmark.command()
def table(
    files: Annotated[list[str], typer.Argument(metavar="ROW", help="Files of rows, JSON.")],
    output: Annotated[
        Path | None,
        paths.option(
            "-o",
            "--output",
            metavar="FILE",
            help="FILE.md, FILE.csv (all metrics) or FILE.json (all rows as one file); printed without.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what stands there.")] = False,
) -> None:
    """Put rows side by side; those of other pictures stand apart."""
    _tables("table")
    from semclear.evaluation.benchmark import row as rows
    from semclear.evaluation.benchmark import standings

    found = [one for file in files for one in rows.read(Path(file))]
    if output is None:
        typer.echo(standings.text_of(found), nl=False)
        return
    _check_free(output, (".md", ".csv", ".json"), overwrite)
    standings.write(output, found)
    typer.echo(f"{output}: {len(found)} rows")


def _check_free(output: Path, endings: tuple[str, ...], overwrite: bool) -> None:
    """Refuse, before any work, an output of another ending or one that stands there."""
    if output.suffix.lower() not in endings:
        raise SemclearError(f"--output: got {output}, expected the ending {' or '.join(endings)}; change it")
    if output.exists() and not overwrite:
        raise SemclearError(
            f"{output}: exists already, expected a new file; add --overwrite or choose another"
        )
