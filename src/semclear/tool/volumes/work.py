"""The pieces of work that a volume is restored by: each by itself, on any computer, the same when repeated."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import SemclearError
from semclear.io.compose import quantised
from semclear.io.formats import guards
from semclear.io.volumes import levels, output, stored
from semclear.io.volumes.levels import Surveyed
from semclear.io.volumes.zarr_folder import need
from semclear.restoration.outcome import Outcome
from semclear.restoration.tiled.tiled_network import Piece
from semclear.restoration.volumes import figures
from semclear.tool.restore import engine as engines
from semclear.tool.restore import judge
from semclear.tool.restore.engine import Engine
from semclear.tool.verdict import cautions
from semclear.tool.verdict.judgement import Judged

if TYPE_CHECKING:
    from semclear.io.volumes.stored import ScaledPlane, Volume
    from semclear.models.catalogue import Model
    from semclear.restoration.volumes.by_blocks import ByBlocks, Facts

MAP_ROWS = 128
"""Rows of a chunk of a map: those of a tile of checks, and a part of every block."""

NOTHING = np.zeros((0, 0), np.float32)
_ONE_AT_A_TIME = Lock()
"""A model restores for one thread: a worker of a cluster may have several."""


@dataclass(frozen=True)
class Method:
    """What restores, as every computer can load it; see `engine.of_model` and `engine.of_classical`."""

    model: Model | None = None
    method: str | None = None
    changes: tuple[str, ...] = ()
    psf: Path | None = None
    backend: str = "auto"
    threads: int | None = None
    ensembling: bool = True
    tile: int | None = None
    veil: str = "auto"
    leave_sharp: bool = True
    conservative: bool = False


@dataclass(frozen=True)
class Job:
    """One volume on its way to a result.

    Attributes
    ----------
    source, target : Path
        The volume, and the folder that its result is written to.
    scratch : Path
        Folder of maps that are looked at again once a plane is done.
    low, high : float
        Stored numbers that become 0 and 1.
    side : int
        Of the blocks, pixels.
    allowed, cache : int
        Bytes that a block may take beside its window, and those of decoded chunks.
    """

    source: Path
    target: Path
    scratch: Path
    low: float
    high: float
    side: int
    allowed: int
    cache: int

    @property
    def bounds(self) -> tuple[float, float]:
        """Black and white."""
        return self.low, self.high

    def places(self, volume: Volume) -> list[tuple[slice, slice]]:
        """Return the blocks of a plane."""
        return list(output.blocks(volume.height, volume.width, self.side))


@dataclass(frozen=True)
class Numbers:
    """See `compose.Numbers`."""

    dtype: np.dtype[Any]
    low: float
    high: float


@lru_cache(maxsize=1)
def engine_of(method: Method) -> Engine:
    """Return what restores, loaded once a process."""
    if method.method is not None:
        return engines.of_classical(method.method, method.changes, method.psf)
    assert method.model is not None
    return engines.of_model(
        method.model,
        backend=method.backend,
        threads=method.threads,
        ensembling=method.ensembling,
        tile=method.tile,
        veil=method.veil,
        leave_sharp=method.leave_sharp,
        conservative=method.conservative,
    )


def _by_blocks(engine: Engine, job: Job) -> ByBlocks:
    made = engine.by_blocks()
    assert made is not None  # else `whole` is the work
    made.allow(job.allowed)
    return made


def _plane(job: Job, number: int) -> tuple[Volume, ScaledPlane]:
    volume = stored.open_volume(job.source)
    return volume, volume.scaled(number, job.bounds, job.cache)


def survey(engine: Engine | None, source: Path, number: int, cache: int) -> Surveyed:
    """Return what one look at all numbers of a plane tells."""
    with guards.one_line_errors(source):
        return levels.surveyed(stored.open_volume(source).plane(number, cache))


def look(engine: Engine, job: Job, number: int) -> Facts:
    """Return what the method takes from a whole plane."""
    return _by_blocks(engine, job).look(_plane(job, number)[1])


def _map(job: Job, number: int, name: str, shape: tuple[int, int] | None = None) -> Any:
    """Return the array of a map of a plane; with a shape it is made anew."""
    zarr, place = need("zarr"), job.scratch / f"{number}.{name}"
    if shape is None:
        return zarr.open_array(str(place), mode="r+")
    # Checks run along the rows: of flat chunks a row is soon read, and kept.
    chunks = min(MAP_ROWS, shape[0]), min(output.CHUNK, shape[1])
    return zarr.create_array(
        str(place),
        shape=shape,
        chunks=chunks,
        dtype="float32",
        fill_value=0,
        compressors=None,
        overwrite=True,
    )


def prepare(job: Job, engine: Engine, number: int) -> None:
    """Make the arrays of a plane's maps, which blocks then fill."""
    volume = stored.open_volume(job.source)
    for name in _by_blocks(engine, job).maps:
        _map(job, number, name, (volume.height, volume.width))


def block(engine: Engine, job: Job, number: int, place: int, facts: Facts) -> dict[str, list[float]]:
    """Restore a block of a plane and write it and its maps; return its sums."""
    volume, plane = _plane(job, number)
    rows, columns = job.places(volume)[place]
    piece = Piece((rows.start, rows.stop), (columns.start, columns.stop))
    made = _by_blocks(engine, job).block(plane, facts, piece)
    for name, values in made.maps.items():
        _map(job, number, name)[rows, columns] = values
    _write(job, volume, number, (rows, columns), made.image)
    return {name: list(values) for name, values in made.sums.items()}


def _write(job: Job, volume: Volume, number: int, place: tuple[slice, slice], image: np.ndarray) -> None:
    numbers = Numbers(volume.dtype, job.low, job.high)
    output.level_zero(job.target)[(*volume.planes[number - 1], *place)] = quantised(image, numbers)


def _told(judged: Judged, seconds: float) -> dict[str, Any]:
    """Return what is kept of a plane, as JSON holds it."""
    return {
        "record": {**judged.record(), "warnings": cautions.records(judged.cautions)},
        "short": judged.words.short,
        "p": judged.p,
        "seconds": round(seconds, 2),
    }


def close(
    engine: Engine, job: Job, number: int, facts: Facts, sums: Mapping[str, list[float]], seconds: float
) -> dict[str, Any]:
    """Judge a plane whose blocks are all there, and write its smaller levels.

    Parameters
    ----------
    engine, job, number, facts
        As of `block`.
    sums : mapping
        Of all blocks together.
    seconds : float
        That they took, for the account.
    """
    began = time.perf_counter()
    volume, plane = _plane(job, number)
    made, totals = _by_blocks(engine, job), {name: np.array(values) for name, values in sums.items()}
    maps = {
        name: stored.StoredPlane(job.target, _map(job, number, name), (), job.cache // 2)
        for name in made.maps
    }
    found = made.checked(plane, facts, maps, totals)
    result = Outcome(NOTHING, checks=found, lifted=facts.lifted, left_alone=facts.left_alone)
    tiling = {"block": job.side, "exact": True}
    judged = judge.judged_by(plane, result, figures.changes_of(totals["changes"]), engine, tiling)
    output.reduce_plane(job.target, volume, number)
    return _told(judged, seconds + time.perf_counter() - began)


def whole(engine: Engine, job: Job, number: int) -> dict[str, Any]:
    """Restore, write and judge a plane that a method has to see at once."""
    began = time.perf_counter()
    volume, plane = _plane(job, number)
    judged = judge.judged(plane[:, :], engine)
    for rows, columns in job.places(volume):
        _write(job, volume, number, (rows, columns), judged.made.image[rows, columns])
    output.reduce_plane(job.target, volume, number)
    return _told(judged, time.perf_counter() - began)


def copy(engine: Engine | None, job: Job, number: int) -> None:
    """Write a plane as it is stored."""
    volume = stored.open_volume(job.source)
    plane, target = volume.plane(number, job.cache), output.level_zero(job.target)
    for rows, columns in output.blocks(volume.height, volume.width, output.CHUNK):
        target[(*volume.planes[number - 1], rows, columns)] = plane.window(rows, columns)
    output.reduce_plane(job.target, volume, number)


WORK = {function.__name__: function for function in (survey, look, block, close, whole, copy)}


@dataclass(frozen=True)
class Refused:
    """What a person is to read of work that failed elsewhere: its errors do not travel as they are."""

    text: str


def elsewhere(name: str, method: Method, digest: str, *words: Any) -> Any:
    """Do a piece of `WORK` on a worker of a cluster.

    Parameters
    ----------
    name : str
        Which.
    method : Method
        What restores.
    digest : str
        Hash of the model where the run began, see `digest_of`.
    words : any
        Its arguments after the engine.

    Returns
    -------
    any
        What it returns, or `Refused` for a `SemclearError`.
    """
    try:
        with _ONE_AT_A_TIME:
            engine = engine_of(method)
            if digest_of(engine) != digest:  # the file may be another since this worker loaded it
                engine_of.cache_clear()
                engine = engine_of(method)
            if (here := digest_of(engine)) != digest:
                raise SemclearError(
                    f"--cluster: got another model on a worker ({here[:12]}), expected that of this computer "
                    f"({digest[:12]}); give all of them the same file"
                )
            return WORK[name](engine, *words)
    except SemclearError as error:
        return Refused(str(error))


def digest_of(engine: Engine) -> str:
    """Return the hash of an engine's model; "" for a classical method."""
    return str((engine.record.get("model") or {}).get("sha256", ""))
