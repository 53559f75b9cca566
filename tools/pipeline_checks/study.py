"""The clone that the checks share, and changes of its params."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline_checks.sandbox import PROJECT, Sandbox, shrink

LAST = {"tabulate", "plot", "release"}

#: What a machine with one GPU sets by itself.
ONE_GPU = ("--set-resources", "train:gpu=1", "restore:gpu=1", "--resources", "gpu=1")


class Study:
    """The clone that the checks share, built once; and further clones of it.

    Parameters
    ----------
    home : Path
        Folder for the clones, the remote and the rest.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._tried = False

    @cached_property
    def plain(self) -> Sandbox:
        """A clone with small params, nothing built."""
        clone = Sandbox(PROJECT, self.home / "study")
        clone.edit(shrink)
        (clone.folder / "logs").mkdir()
        clone.run("dvc", "remote", "add", "--quiet", "--default", "local", str(self.home / "remote"))
        clone.run("git", "commit", "--quiet", "--all", "--message", "Small params")
        return clone

    @cached_property
    def built(self) -> Sandbox:
        """The same clone after a full run; tried once."""
        assert not self._tried, "the first full run failed, see above"
        self._tried = True
        clone = self.plain
        clone.snakemake("all")
        clone.commit("First run")
        return clone

    def pulled(self, name: str) -> Sandbox:
        """Return a new clone of the built one with its files from the remote."""
        self.built.commit("As it stands")
        self.built.run("dvc", "push", "--quiet")
        clone = Sandbox(self.built.folder, self.home / name)
        (clone.folder / "logs").mkdir()
        clone.run("dvc", "pull", "--quiet")
        return clone


def chain(*models: str) -> set[str]:
    """Return the stages that follow when these models are trained anew."""
    return {f"{rule}@{model}" for rule in ("train", "restore", "score") for model in models} | LAST


def every_model(clone: Sandbox) -> list[str]:
    """Return the names of all experiments."""
    return sorted(clone.params["experiments"])


def set_train(key: str, value: float) -> Callable[[dict[str, Any]], None]:
    """Return a change of one key of `train`."""
    return lambda params: params["train"].update({key: value})


def set_own(model: str, key: str, value: float) -> Callable[[dict[str, Any]], None]:
    """Return a change of one experiment's own key."""
    return lambda params: params["experiments"][model].update({key: value})


def set_bootstrap(value: int) -> Callable[[dict[str, Any]], None]:
    """Return the cheapest change: only tables and figures follow."""
    return lambda params: params["evaluation"].update(bootstrap=value)
