"""The command line: a person's commands, and `step` with those that Snakemake runs.

Everything heavy is imported inside the command that needs it, so that help
and wrong arguments are answered at once.
"""

from __future__ import annotations

import itertools
import json
import sys
from typing import Annotated

import typer

from semclear import __version__
from semclear.cli import export, inspect, restore, train
from semclear.cli.benchmark import benchmark
from semclear.cli.groups import Grouped
from semclear.cli.steps import step
from semclear.errors import SemclearError

app = typer.Typer(
    cls=Grouped,
    help="Unpaired restoration of degraded SEM micrographs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command()(inspect.inspect)
app.command(cls=restore.Restore)(restore.restore)
app.command()(inspect.models)
app.command()(inspect.doctor)
app.command()(train.train)
app.command()(export.export)
app.command()(train.pack)
app.command()(train.sync)
app.add_typer(benchmark, name="benchmark")
app.add_typer(step, name="step")


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"semclear {__version__}")
        raise typer.Exit


def _exit_code() -> int:
    """Run the command that was asked for and return its exit code; wrong arguments are 1, as all other bad input."""
    try:
        return app(standalone_mode=False) or 0
    except typer.Abort:
        return 130
    except Exception as error:
        # Newer versions of Typer bring Click along under another name; its errors know how to show themselves.
        if isinstance(error, SemclearError) or not (
            hasattr(error, "show") and hasattr(error, "format_message")
        ):
            raise
        error.show()
        _print_as_json(error.format_message())
        return 1


def _print_as_json(said: str) -> None:
    """Print an error as one JSON document where one was asked for: who reads it is not to get nothing."""
    words = itertools.takewhile(lambda word: word != "--", sys.argv[1:])
    if "--json" in words:
        print(json.dumps({"semclear": __version__, "error": said, "exit_code": 1}, indent=1, sort_keys=True))


def main() -> None:
    """Run the command line; bad input is one line on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A file's name may hold what a terminal cannot show.
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(_exit_code())
    except SemclearError as error:
        _print_as_json(str(error))
        sys.exit(f"error: {error}")
