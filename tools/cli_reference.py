"""Write docs/cli.md from the command line's own definitions.

    python tools/cli_reference.py

A test fails while the file and the commands differ.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import typer

from semclear.cli.main import app

FILE = Path(__file__).parents[1] / "docs" / "cli.md"
LEFT_OUT = ("step",)  # what Snakemake calls

HEAD = """# Command line

*Made from the program by `python tools/cli_reference.py`; do not edit.*

`semclear COMMAND --help` prints the same. Wrong arguments are told in one line, with exit code 1.
The first six are for people with micrographs; `benchmark` compares methods ([benchmark.md](benchmark.md)); `pack`,
`sync` and `step` (what Snakemake calls, not described here) are the study's.
"""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _metavar(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    return parameter.metavar or parameter.name.upper()


def _default(parameter: Any) -> str:
    if parameter.required:
        return "**required**"
    value = parameter.default
    return "" if value is None or callable(value) or value in (False, (), []) else f"Default: `{value}`."


def _option_row(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    metavar = _metavar(parameter)
    text = " ".join(filter(None, (_cell(parameter.help or ""), _default(parameter))))
    return f"| {names}{f' `{metavar}`' if metavar else ''} | {text} |"


def _argument_row(parameter: Any) -> str:
    many = " ..." if parameter.nargs == -1 else ""
    text = " ".join(filter(None, (_cell(parameter.help or ""), _default(parameter))))
    return f"| `{parameter.metavar or parameter.name.upper()}{many}` | {text} |"


def _section(name: str, command: Any) -> str:
    command.get_help(typer.Context(command))  # completes what is looked up for it
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
    usage = " ".join(
        f"{one.metavar or one.name.upper()}{'...' if one.nargs == -1 else ''}" for one in arguments
    )
    wanted = " ".join(f"{one.opts[0]} {_metavar(one)}" for one in options if one.required)
    lines = [f"## semclear {name}", "", inspect.cleandoc(command.help or ""), ""]
    lines += [
        "```console",
        " ".join(filter(None, (f"$ semclear {name}", usage, wanted, "[OPTIONS]"))),
        "```",
        "",
    ]
    for heading, parameters, row in (
        ("Argument", arguments, _argument_row),
        ("Option", options, _option_row),
    ):
        if parameters:
            lines += [f"| {heading} | |", "|---|---|", *(row(one) for one in parameters), ""]
    return "\n".join(lines)


def reference() -> str:
    """Return the reference of all commands that a person calls, as Markdown."""
    group: Any = typer.main.get_command(app)
    sections = []
    for name in group.list_commands(None):
        if name not in LEFT_OUT:
            inner = getattr(group.commands[name], "commands", None)
            whole = (
                {name: group.commands[name]}
                if inner is None
                else {f"{name} {sub}": inner[sub] for sub in inner}
            )
            sections += [_section(title, command) for title, command in whole.items()]
    return "\n".join([HEAD, *sections]).rstrip() + "\n"


def main() -> int:
    """Write the file."""
    FILE.write_text(reference(), encoding="utf-8", newline="\n")
    print(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
