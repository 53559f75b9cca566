"""The list of commands in two parts: what a person with micrographs needs, and what the study does."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

GROUPS = {
    "For micrographs": ("inspect", "restore", "models", "train", "export", "doctor"),
    "For the study": ("pack", "sync", "benchmark", "step"),
}
"""Heading to the names of its commands, in the order in which they are listed."""


class Grouped(TyperGroup):
    """A command group whose help lists its commands under the headings of `GROUPS`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the groups; what is in none comes last."""
        ordered = [name for names in GROUPS.values() for name in names if name in self.commands]
        return [*ordered, *(name for name in self.commands if name not in ordered)]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with the first sentence of their help."""
        shown = {
            name: command
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        }
        listed = {name for names in GROUPS.values() for name in names}
        groups = {**GROUPS, "Commands": tuple(name for name in shown if name not in listed)}
        longest = max(map(len, shown), default=0)
        for heading, names in groups.items():
            rows = [
                (name.ljust(longest), shown[name].get_short_help_str(formatter.width - 6 - longest))
                for name in names
                if name in shown
            ]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)
