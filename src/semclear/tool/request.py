"""What `semclear restore` was asked for, checked as far as that goes without loading anything heavy."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from semclear.errors import SemclearError
from semclear.tool import classical, engine, inputs, models, outputs, sidecar, units

LEAST_TILE, LARGEST_TILE = 64, 8192


@dataclass(frozen=True)
class Request:
    """Arguments of `semclear restore`; see its help for what each means."""

    words: tuple[str, ...]
    output: Path
    model: str | None = None
    method: str | None = None
    changes: tuple[str, ...] = ()
    recursive: bool = False
    dry_run: bool = False
    overwrite: bool = False
    skip_existing: bool = False
    memory: str | None = None
    tile: int | None = None
    databar: int | None = None
    crop_databar: bool = False
    to_gray: bool = False
    uncertainty: bool = False
    report: Path | None = None
    ensembling: bool = True
    backend: str = "auto"
    threads: int | None = None


@dataclass(frozen=True)
class Plan:
    """A request that can be carried out.

    Attributes
    ----------
    request : Request
        As asked.
    places : dict
        From each input to its output.
    left_alone : dict
        The same of inputs whose output exists and is to be left.
    model : Model or None
        The model file; None for a classical method.
    memory : int or None
        Bytes.
    """

    request: Request
    places: dict[Path, Path]
    left_alone: dict[Path, Path]
    model: models.Model | None
    memory: int | None


def _within(name: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise SemclearError(f"{name}: got {value}, expected {low} to {high}; change it")


def _check_method(request: Request) -> models.Model | None:
    if request.method is None:
        if request.changes:
            raise SemclearError(
                "--set: got it without --method, expected one; a model has no parameters to set"
            )
        model = models.find(request.model)
        models.header_of(model.path)
        engine.backend_of(model, request.backend)
        return model
    if request.model is not None:
        raise SemclearError("--method: got it together with --model, expected one of the two; leave one out")
    if request.memory is not None or request.tile is not None:
        raise SemclearError(
            "--memory, --tile: got one with --method, which works on the whole picture; leave it out"
        )
    if request.backend != "auto" or request.threads is not None or not request.ensembling:
        raise SemclearError(
            "--backend, --threads, --no-ensemble: got one with --method, which runs no network; leave it out"
        )
    classical.parameters_of(request.method, request.changes)
    if request.uncertainty:
        raise SemclearError(
            "--uncertainty: a classical method has no uncertainty map; leave it out or take a --model"
        )
    return None


def _claimed(places: dict[Path, Path], request: Request) -> dict[Path, Path]:
    """Return the path of everything that will be written, to its input."""
    claimed: dict[Path, Path] = {}
    originals = {inputs.identity(source) for source in places}
    for source, place in places.items():
        files = [place, sidecar.place_of(place)]
        if request.uncertainty:
            files.append(sidecar.uncertainty_place_of(place))
        for file in files:
            if file in claimed:
                raise SemclearError(
                    f"{source}: its results and those of {claimed[file]} would both be {file}; rename one of the two"
                )
            if inputs.identity(file) in originals:
                raise SemclearError(
                    f"{source}: its result would take the place of the input {file}, expected another one; originals are "
                    "never replaced, choose another output folder"
                )
            claimed[file] = source
    return claimed


def _check_report(request: Request, places: dict[Path, Path], claimed: dict[Path, Path]) -> None:
    if request.report is None:
        return
    if importlib.util.find_spec("jinja2") is None:
        raise SemclearError(
            "--report: needs the package jinja2, which is not installed; install it or leave --report out"
        )
    taken = {inputs.identity(path) for path in (*places, *claimed)}
    if inputs.identity(request.report) in taken or request.report.is_dir():
        raise SemclearError(f"{request.report}: is no place for the report; choose another file name")
    if request.report.exists() and not (request.overwrite or request.skip_existing):
        raise SemclearError(f"{request.report}: exists already; add --overwrite to replace it")


def plan(request: Request) -> Plan:
    """Return what is to be done, or refuse the whole.

    Raises
    ------
    SemclearError
        For a number out of range, an unknown model or method, a missing
        backend, no input, outputs that would take each other's or an input's
        place, or that exist already, and a folder that cannot be written to.
    """
    _within("--tile", request.tile, LEAST_TILE, LARGEST_TILE)
    _within("--threads", request.threads, 1, 1024)
    _within("--databar", request.databar, 0, 10**6)
    if request.overwrite and request.skip_existing:
        raise SemclearError("--overwrite: got it together with --skip-existing; leave one out")
    if request.uncertainty and not request.ensembling:
        raise SemclearError("--uncertainty: needs the eight orientations; leave out --no-ensemble")
    memory = None if request.memory is None else units.memory(request.memory)
    model = _check_method(request)
    found = inputs.find(request.words, request.recursive, request.output)
    places = outputs.planned(found, request.output)
    claimed = _claimed(places, request)
    _check_report(request, places, claimed)
    left_alone: dict[Path, Path] = {}
    if request.skip_existing:
        left_alone = {source: place for source, place in places.items() if place.exists()}
    elif not request.dry_run:
        outputs.check_free(list(claimed), request.overwrite)
    if not request.dry_run:
        outputs.check_writable(request.output)
    wanted = {source: place for source, place in places.items() if source not in left_alone}
    return Plan(request, wanted, left_alone, model, memory)
