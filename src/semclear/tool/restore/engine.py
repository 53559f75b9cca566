"""A trained model or a classical method, ready to restore: what differs between the two stays in here."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from semclear.errors import SemclearError
from semclear.models import calibration, catalogue
from semclear.restoration.outcome import VEILS
from semclear.tool.restore.memory import MemoryBudget, default_memory
from semclear.tool.runtime import backend_of, configure, default_threads
from semclear.tool.verdict import cautions, wording

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from semclear.io.databar import Box
    from semclear.io.read import Original
    from semclear.models.archive import Archive
    from semclear.models.catalogue import Model
    from semclear.models.onnx_restorer import OnnxNetwork
    from semclear.params import Choosing
    from semclear.restoration.checks.gain import Gain
    from semclear.restoration.checks.trust_flag import Family
    from semclear.restoration.volumes.by_blocks import ByBlocks
    from semclear.tool.verdict.cautions import Caution
    from semclear.tool.verdict.judgement import Judged


class Sized(Protocol):
    """A file of known or unknown pixel size, as `semclear.io.read.Original`."""

    @property
    def pixel_size_nm(self) -> float | None: ...


def _unbounded(original: Original, pages: Sequence[Judged]) -> None:
    """Note nothing of a file: nobody bounds the memory of the process."""


def _nothing(original: Sized) -> tuple[Caution, ...]:
    """Return nothing: by most methods any file may be restored."""
    return ()


def _all_of(wanted: Box, picture: Box) -> Box:
    """Return the whole picture: a classical method may look at all of it."""
    return picture


@dataclass(frozen=True)
class Engine:
    """What restores one picture.

    Attributes
    ----------
    name : str
        Model or method, for people.
    inspect : callable
        ``inspect(image, progress=None)``: (H, W) in [0, 1] to an object with
        `image`, `uncertainty`, `residual` and `checks`, as `outcome.Outcome`.
        `progress` is called with the pixels done and their total.
    sentence : str
        On what may be invented.
    record : mapping
        Method, parameters, model and versions, as JSON holds them.
    family : Family or None
        Of the trust flag.
    interval_factor : float or None
        See `semclear.restoration.checks.uncertainty.factor`.
    gain : Gain or None
        Tells how much better than its micrograph a restoration is expected to be.
    is_network : bool
        Whether a trained model restores.
    tiling : callable
        Returns "tile" (pixels) and "exact" (whether the result is that of
        the whole picture) of the last picture; empty for classical methods.
    begin : callable
        To be told of the file, and of its pages that are restored, before the
        next page: see `memory.MemoryBudget.begin`.
    of_file : callable
        Returns what speaks against restoring a file by it.
    around : callable
        ``around(wanted, picture)``: the rectangle of a picture that has to be
        given so that the wanted one becomes as in the whole picture.
    by_blocks : callable
        Returns what restores planes of any size by it, see `by_blocks.ByBlocks`; None where it has to hold the whole.
    """

    name: str
    inspect: Callable[..., Any]
    sentence: str
    record: Mapping[str, Any] = field(default_factory=dict)
    family: Family | None = None
    interval_factor: float | None = None
    gain: Gain | None = None
    is_network: bool = False
    tiling: Callable[[], dict[str, Any]] = dict
    begin: Callable[[Original, Sequence[Judged]], None] = _unbounded
    of_file: Callable[[Sized], Sequence[Caution]] = _nothing
    around: Callable[[Box, Box], Box] = _all_of
    by_blocks: Callable[[], ByBlocks | None] = lambda: None


def of_classical(method: str, changes: Sequence[str] = (), psf: str | Path | None = None) -> Engine:
    """Return a classical method.

    Parameters
    ----------
    method, changes
        See `classical_defaults.parameters_of`, also for errors.
    psf : str or Path, optional
        File of a measured point spread function, see `measured_psf.read`.
    """
    from semclear.restoration import classical_defaults, measured_psf

    parameters = classical_defaults.parameters_of(method, changes, psf=psf is not None)
    record: dict[str, Any] = {"method": method, "parameters": parameters, "model": None}
    record["parameters_from"] = classical_defaults.GIVEN if changes else classical_defaults.ORIGIN
    measured = None if psf is None else measured_psf.read(psf)
    if measured is not None:
        record["psf"] = measured.record
        if not changes:
            record["parameters_from"] = classical_defaults.OF_PSF
    values = None if measured is None else measured.values

    def by_blocks() -> ByBlocks | None:
        from semclear.restoration.volumes import classical

        return classical.ClassicalByBlocks(method, parameters) if method in classical.REACH else None

    return Engine(
        name=method,
        inspect=classical_defaults.ClassicalRestorer(method, parameters, values).inspect,
        sentence=wording.CLASSICAL,
        record=record,
        of_file=lambda original: cautions.of_psf(measured, original.pixel_size_nm) if measured else (),
        by_blocks=by_blocks,
    )


def _calibration_of(model: Model, read: Any, digest: str) -> calibration.Calibration:
    """Return a release's calibration, or for one of the study's own models what the study measured."""
    if read.family is None and model.where == "study":
        found = calibration.of_study(model.path.parents[2], model.name, read.bundle.method, digest)
        if found is not None:
            return found
    # Of a plain bundle, which says nothing of it, what a release made today would say.
    chooses = getattr(read.bundle.model, "veil", None) == "kept"
    return calibration.Calibration(
        read.family,
        read.interval_factor,
        read.side,
        read.ensemble,
        read.invention,
        read.gain,
        read.choosing or (_choosing_of_today() if chooses else None),
    )


def _choosing_of_today() -> Choosing:
    """Return when a veil or a sharp micrograph is found, by the settings that come along."""
    from semclear import params
    from semclear.tool.own_data.plan import shipped_params

    return params.load(shipped_params()).restoration.choosing


def _keras(backend: str, threads: int) -> dict[str, Any]:
    """Load Keras on a backend and return what it is, for the record."""
    running, threads = configure(backend, threads)
    import keras

    from semclear import compute

    return {
        "keras": keras.__version__,
        "backend": running,
        "device": "GPU" if compute.has_gpu() else "CPU",
        "threads": threads,
    }


def _runtime(name: str, threads: int) -> dict[str, Any]:
    """Return what runs an exported restorer, for the record."""
    return {
        name: importlib.metadata.version(name),
        "backend": name,
        "device": "CPU",
        "threads": threads,
    }


def drawn_clear(card: Mapping[str, Any]) -> bool:
    """Return whether a card says that all clear micrographs of a model on real ones were drawn."""
    data = card.get("trained_on")
    return isinstance(data, dict) and bool(data.get("drawn_clear"))


def of_model(
    model: Model,
    *,
    backend: str = "auto",
    threads: int | None = None,
    ensembling: bool = True,
    memory: int | None = None,
    process_memory: int | None = None,
    tile: int | None = None,
    veil: str = "auto",
    leave_sharp: bool = True,
    conservative: bool = False,
    opened: Archive | OnnxNetwork | None = None,
) -> Engine:
    """Return a trained model; Keras and its backend are loaded here, for an ONNX file its runtime alone.

    Parameters
    ----------
    model : Model
        See `catalogue.find`.
    backend : str
        See `runtime.backend_of`.
    threads : int, optional
        By default see `runtime.default_threads`.
    ensembling : bool
        Whether to take the mean over the model's orientations, which also gives
        the uncertainty map.
    memory : int, optional
        Bytes that restoring may take in addition to what the process holds.
    process_memory : int, optional
        Bytes that the whole process may hold at its peak, instead.
    tile : int, optional
        Side of the tiles in pixels; chosen by memory by default.
    veil, leave_sharp, conservative
        As of `Restorer`.
    opened : Archive or OnnxNetwork, optional
        The model's file, where it is open already; it is closed.

    Raises
    ------
    SemclearError
        When the file is damaged, of another version, or the backend is not there.
    """
    running = backend_of(model, backend)
    threads = threads or default_threads()
    with opened or catalogue.opened(
        model, threads, running
    ) as file:  # a damaged one is told before Keras is loaded
        read, digest = file.release(), file.digest
    known = _calibration_of(model, read, digest)
    runs_on = _runtime(running, threads) if model.is_onnx else _keras(backend, threads)
    from semclear.restoration.tiled import large, planning
    from semclear.restoration.tiled.tiled_network import Piece

    if veil not in VEILS:
        raise SemclearError(f"veil: got {veil}, expected one of {', '.join(VEILS)}; correct it")
    # Family, intervals and the rest hold for the way they were measured alone.
    calibrated = ensembling == known.ensemble
    if conservative and not (calibrated and known.invention):
        raise SemclearError(
            f"--conservative: got it with {model.name}, which cannot tell here what it invents, expected a model "
            "calibrated for it, with its orientations; leave it out, or take the model that comes along"
        )
    restorer = large.LargeRestorer(
        read.bundle,
        ensembling,
        memory,
        tile,
        veil=veil,
        leave_sharp=leave_sharp,
        invention=known.invention if calibrated else None,
        conservative=conservative,
        choosing=known.choosing,
    )
    if veil != "auto" and not restorer.chooses:
        raise SemclearError(
            f"--veil: got {veil} with {model.name}, which always gives back what it takes for the specimen without a "
            "veil; leave it out, or take a model that keeps veils"
        )
    budget = None if process_memory is None else MemoryBudget.of_now(process_memory)

    def inspect(image: np.ndarray, progress: Any = None) -> Any:
        if budget is not None:
            restorer.allow(budget.left(image.size))
        elif memory is None:
            restorer.allow(default_memory())
        try:
            return restorer.inspect(image, side=known.side or read.side, progress=progress)
        except planning.MemoryShortError as error:
            if budget is None:
                raise
            raise budget.refusal(error.least) from None

    def around(wanted: Box, picture: Box) -> Box:
        left, top = wanted.x - picture.x, wanted.y - picture.y
        piece = Piece((top, top + wanted.height), (left, left + wanted.width))
        seen = restorer.around(piece, (picture.height, picture.width))
        (first, last), (start, stop) = seen.rows, seen.columns
        return type(picture)(picture.x + start, picture.y + first, stop - start, last - first)

    def by_blocks() -> ByBlocks | None:
        from semclear.restoration.volumes.network import NetworkByBlocks

        return NetworkByBlocks(restorer, known.side or read.side) if restorer.divides else None

    return Engine(
        name=read.name or model.name,
        inspect=inspect,
        sentence=wording.SENTENCE,
        record={
            "method": read.bundle.method,
            "parameters": {
                "network": "restorer",
                "ensemble": ensembling,
                **({"veil": veil, "leave_sharp": leave_sharp} if restorer.chooses else {}),
                **({"conservative": True} if conservative else {}),
            },
            "model": {
                "name": read.name or model.name,
                "file": model.path.name,
                "sha256": digest,
                "data_sha256": read.bundle.data_sha256,
                **({"drawn_clear": True} if drawn_clear(read.card) else {}),
                **(
                    {"bundle_sha256": cast("OnnxNetwork", read.bundle).bundle_sha256} if model.is_onnx else {}
                ),
            },
            **runs_on,
        },
        family=known.family if calibrated else None,
        interval_factor=known.interval_factor if calibrated else None,
        gain=known.gain if calibrated else None,
        is_network=True,
        around=around,
        tiling=lambda: {"tile": int(restorer.tile), "exact": bool(restorer.exact)},
        begin=_unbounded if budget is None else budget.begin,
        by_blocks=by_blocks,
    )
