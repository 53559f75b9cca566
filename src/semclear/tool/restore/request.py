"""What `semclear restore` was asked for, checked as far as that goes without loading anything heavy."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError
from semclear.models import archive, catalogue
from semclear.restoration import classical_defaults, measured_psf
from semclear.restoration.outcome import VEILS
from semclear.tool import runtime
from semclear.tool.micrograph import selection
from semclear.tool.restore import inputs, outputs, result_files
from semclear.tool.restore.memory import memory_amount
from semclear.tool.volumes import options as volumes

if TYPE_CHECKING:
    from semclear.models.onnx_restorer import OnnxNetwork

    OpenedModel = archive.Archive | OnnxNetwork

LARGEST_TILE, MOST_THREADS = 8192, 1024


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
    grey_range: tuple[float, float] | None = None
    pages: str | None = None
    region: tuple[int, int, int, int] | None = None
    mask: Path | None = None
    psf: Path | None = None
    to_gray: bool = False
    uncertainty: bool = False
    report: Path | None = None
    ensembling: bool = True
    veil: str = "auto"
    conservative: bool = False
    even_if_sharp: bool = False
    backend: str = "auto"
    threads: int | None = None
    cluster: str | None = None

    @cached_property
    def selection(self) -> selection.Selection:
        """What of each file is to be restored; see `selection.Selection` for errors."""
        return selection.of_options(self.pages, self.region, self.mask)

    @property
    def stays(self) -> bool:
        """Whether results that exist are not in the way."""
        return self.overwrite or self.skip_existing


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
    no_images : frozenset of Path
        Inputs that are no images: each will fail by itself, and nothing be written for it.
    notes : tuple of str
        See `inputs.Found`.
    incomplete : frozenset of Path
        Inputs of whose results only some stand, without the image: a run was killed. With --skip-existing these are
        replaced; all of them are semclear's own.
    opened : Archive, OnnxNetwork or None
        The model's file, open; None for a classical method.
    """

    request: Request
    places: dict[Path, Path]
    left_alone: dict[Path, Path]
    model: catalogue.Model | None
    memory: int | None
    no_images: frozenset[Path] = frozenset()
    notes: tuple[str, ...] = ()
    incomplete: frozenset[Path] = frozenset()
    opened: OpenedModel | None = None


def _check_tile(tile: int, model: catalogue.Model, header: Mapping[str, Any]) -> None:
    """Refuse tiles that `TiledNetwork` would refuse once the model is loaded, and such as no memory holds."""
    from semclear.restoration.tiled.tiled_network import TiledNetwork

    network = TiledNetwork(None, *archive.settings_of(model.path, header))
    if tile < network.least:
        raise SemclearError(
            f"--tile: got {tile}, expected at least {network.least} for this model ({model.name}); give a larger tile"
        )
    if tile > LARGEST_TILE:
        raise SemclearError(f"--tile: got {tile}, expected at most {LARGEST_TILE}; change it")


def _check_model(request: Request) -> tuple[catalogue.Model, OpenedModel]:
    """Return the model and its file, open."""
    model = catalogue.find(request.model)
    opened = catalogue.opened(model, request.threads or runtime.default_threads())
    runtime.backend_of(model, request.backend)
    if request.tile is not None:
        _check_tile(request.tile, model, opened.header)
    return model, opened


def _check_method(request: Request) -> tuple[catalogue.Model | None, OpenedModel | None]:
    if request.method is None:
        if request.psf is not None:
            raise SemclearError(
                "--psf: got it without --method, expected one that deconvolves, like wiener; a model takes none"
            )
        if request.changes:
            raise SemclearError(
                "--set: got it without --method, expected one; a model has no parameters to set"
            )
        return _check_model(request)
    if request.model is not None:
        raise SemclearError("--method: got it together with --model, expected one of the two; leave one out")
    if request.tile is not None:
        raise SemclearError("--tile: got one with --method, which runs no network; leave it out")
    options = request.backend, request.veil, request.threads, request.ensembling, request.even_if_sharp
    if (*options, request.conservative) != ("auto", "auto", None, True, False, False):
        raise SemclearError(
            "--backend, --threads, --veil, --even-if-sharp, --conservative, --no-ensemble: got one with --method, "
            "which runs no network; leave it out"
        )
    classical_defaults.parameters_of(request.method, request.changes, psf=request.psf is not None)
    if request.psf is not None:
        measured_psf.read(request.psf)  # told before any file, in a dry run, too
    if request.uncertainty:
        raise SemclearError(
            "--uncertainty: a classical method has no uncertainty map; leave it out or take a --model"
        )
    return None, None


def _claimed(places: dict[Path, Path], request: Request, no_images: Collection[Path]) -> dict[Path, Path]:
    """Return the path of everything that will be written, to its input."""
    claimed: dict[Path, Path] = {}
    originals = {inputs.identity(source) for source in places}
    for source, place in places.items():
        if source in no_images:
            continue
        for file in result_files.places_of(place, request.uncertainty):
            if file in claimed:
                raise SemclearError(
                    f"{source}: its results and those of {claimed[file]} would both be {file}; rename one of the two"
                )
            if inputs.identity(file) in originals:
                raise SemclearError(
                    f"{source}: its result would take the place of the input {file}, expected another one; originals "
                    "are never replaced, choose another output folder"
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
    folder = request.report.parent
    if not folder.is_dir() and inputs.identity(folder) != inputs.identity(request.output):
        raise SemclearError(
            f"{request.report}: got a folder that does not exist ({folder}), expected one that does, or the output "
            "folder; make it first"
        )
    if request.report.exists() and not request.stays:
        raise SemclearError(f"{request.report}: exists already; add --overwrite to replace it")


def check_numbers(request: Request) -> None:
    """Refuse numbers of options that no file can make right.

    Raises
    ------
    SemclearError
        For such a number.
    """
    if request.threads is not None and not 1 <= request.threads <= MOST_THREADS:
        raise SemclearError(f"--threads: got {request.threads}, expected 1 to {MOST_THREADS}; change it")
    if request.veil not in VEILS:
        raise SemclearError(f"--veil: got {request.veil}, expected one of {', '.join(VEILS)}; correct it")
    if request.databar is not None and request.databar < 0:  # how many rows fit, each file's reader knows
        raise SemclearError(f"--databar: got {request.databar}, expected 0 or more rows; change it")
    if request.grey_range is not None:
        low, high = request.grey_range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise SemclearError(
                f"--range: got {low:g} {high:g}, expected the grey of black and the larger one of white; correct it"
            )


def plan_of(request: Request) -> Plan:
    """Return what is to be done, or refuse the whole.

    Raises
    ------
    SemclearError
        For a number out of range, an empty name, an unknown model or method, a missing
        backend, no input, outputs that would take each other's or an input's
        place, or that exist already, and a folder that cannot be written to.
    """
    check_numbers(request)
    if request.overwrite and request.skip_existing:
        raise SemclearError("--overwrite: got it together with --skip-existing; leave one out")
    if request.uncertainty and not request.ensembling:
        raise SemclearError("--uncertainty: needs several orientations; leave out --no-ensemble")
    if request.conservative and not request.ensembling:
        raise SemclearError("--conservative: needs several orientations; leave out --no-ensemble")
    memory = None if request.memory is None else memory_amount(request.memory)
    assert request.selection  # which reads the mask
    model, opened = _check_method(request)
    aside = [path for path in (request.mask, request.psf) if path is not None]
    found = inputs.find(request.words, request.recursive, request.output, aside)
    sources = [item.path for item in found.items]
    volumes.check(request, sources)
    folder = request.output
    if volumes.own_place(request.output, sources):
        places, folder = {sources[0]: request.output}, request.output.parent
        if inputs.identity(request.output) == inputs.identity(sources[0]):
            raise SemclearError(f"{request.output}: got the input itself, expected another place; choose one")
    else:
        places = outputs.planned(found.items, request.output)
    no_images = frozenset(filter(outputs.is_no_image, places))
    claimed = _claimed(places, request, no_images)
    _check_report(request, places, claimed)
    left_alone: dict[Path, Path] = {}
    incomplete: frozenset[Path] = frozenset()
    if request.skip_existing:
        left_alone = {
            source: place for source, place in places.items() if place.exists() and source not in no_images
        }
        standing = {source for file, source in claimed.items() if file.exists()}
        incomplete = frozenset(standing - left_alone.keys())
        outputs.check_own([place for source, place in places.items() if source in incomplete])
    elif not request.dry_run:
        outputs.check_free(list(claimed), request.overwrite)
    outputs.check_writable(folder, try_it=not request.dry_run)
    wanted = {source: place for source, place in places.items() if source not in left_alone}
    return Plan(request, wanted, left_alone, model, memory, no_images, found.notes, incomplete, opened)
