"""One OME-Zarr volume from reading to its result on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import FileError
from semclear.io import intensity
from semclear.io.formats import guards
from semclear.io.formats.page import UnsuitableError
from semclear.io.metadata import provenance
from semclear.io.volumes import levels, output, stored
from semclear.tool.micrograph import description, selection
from semclear.tool.restore import one_file, result, result_files
from semclear.tool.restore.engine import Engine
from semclear.tool.restore.request import Request
from semclear.tool.verdict import cautions, wording
from semclear.tool.verdict.cautions import Caution
from semclear.tool.volumes import journal as journals
from semclear.tool.volumes import memory, runners, work

if TYPE_CHECKING:
    from semclear.io.volumes.levels import Surveyed
    from semclear.io.volumes.stored import Volume
    from semclear.models.catalogue import Model
    from semclear.tool.volumes.journal import Journal
    from semclear.tool.volumes.runners import Runner

Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Understood:
    """What is known of a volume before it is restored.

    Attributes
    ----------
    volume : Volume
        As opened.
    wanted : tuple of int
        The planes that are restored, from 1.
    left : dict
        The planes that are left as stored, by the reason.
    bounds : tuple of float
        Stored numbers that become 0 and 1.
    digests : tuple of str
        Of each plane.
    notes : tuple of str
        What a person should know of the reading.
    """

    volume: Volume
    wanted: tuple[int, ...]
    left: Mapping[str, Sequence[int]]
    bounds: tuple[float, float]
    digests: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def pixel_size_nm(self) -> float | None:
        """Edge of a pixel along x."""
        return self.volume.layout.length_nm("x")


@dataclass(frozen=True)
class _Plane:
    """What `one_file.of_pages` asks of a page."""

    cautions: tuple[Caution, ...]
    p: float | None


def described(volume: Volume, bounds: tuple[float, float] | None = None) -> dict[str, Any]:
    """Return what a volume says, by the names of `description.described`, and its axes and depth."""
    layout = volume.layout
    account = layout.account if isinstance(layout.account, Mapping) and "semclear" in layout.account else None
    before = None
    if account is not None:
        model = account.get("model")
        name = model.get("name") if isinstance(model, Mapping) else None
        before = f"{name or account.get('method') or 'an unknown method'} (semclear {account['semclear']})"
    size = layout.length_nm("x")
    low, high = bounds or (None, None)
    return {
        "file": volume.path.name,
        "format": f"OME-Zarr {layout.version}",
        "dtype": volume.dtype.name,
        "layout": "gray",
        "pages": len(volume.planes),
        "width": volume.width,
        "height": volume.height,
        "axes": "".join(layout.names),
        "shape": [int(side) for side in volume.array.shape],
        "low": low,
        "high": high,
        "pixel_size_nm": size,
        "pixel_height_nm": layout.length_nm("y"),
        "plane_distance_nm": layout.length_nm("z"),
        "pixel_size_source": "OME-Zarr scale" if size is not None else None,
        "vendor": None,
        "metadata": {},
        "restored_before": before,
    }


def open_checked(source: Path, request: Request) -> tuple[Volume, tuple[int, ...]]:
    """Return a volume and the numbers of the planes that are wanted.

    Raises
    ------
    SemclearError
        When it cannot be opened, its planes are too small, or has not the planes that are wanted.
    """
    volume = stored.open_volume(source)
    least = description.LEAST_SIDE
    if min(volume.height, volume.width) < least:
        raise FileError(
            source,
            f"got planes of {volume.width} x {volume.height} pixels, expected {least} x {least} at least",
        )
    return volume, tuple(request.selection.numbers(source, len(volume.planes)))


def look(source: Path, place: Path, request: Request) -> result.Result:
    """Return what would become of a volume: its metadata are read, none of its pixels."""
    began = time.perf_counter()
    volume, wanted = open_checked(source, request)
    pages = [
        {"databar_rows": 0, **({} if number in wanted else {"left": True})}
        for number in range(1, len(volume.planes) + 1)
    ]
    record = {"input": described(volume), "pages": pages, "exists": place.exists()}
    return result.Result(source, place, result.PLANNED, seconds=time.perf_counter() - began, record=record)


def _understood(source: Path, request: Request, runner: Runner, progress: Progress) -> Understood:
    """Look at all numbers of a volume once: black and white are those of all planes, as of the pages of a file."""
    volume, wanted = open_checked(source, request)
    count = len(volume.planes)
    found: dict[int, Surveyed] = {}
    calls = [(source, number, stored.CACHE) for number in range(1, count + 1)]
    for place, made in runner.many("survey", calls):
        found[place + 1] = made
        progress(len(found), count)
    of_planes = {number: found[number].levels for number in range(1, count + 1)}
    blank = [number for number, seen in of_planes.items() if seen.lowest == seen.highest]
    shown = [number for number in of_planes if number not in blank]
    if not shown:
        raise FileError(source, "got one grey value everywhere, expected a picture; remove the file")
    together, notes = intensity.common([of_planes[number] for number in shown]), []
    if blank:
        notes.append(f"{selection.pages_text(blank)} of one grey value: left as stored")
    with guards.one_line_errors(source):
        if not np.isfinite(together.highest - together.lowest):
            raise UnsuitableError("got values beyond what 64-bit floats hold, expected less; divide them")
        given = request.grey_range and intensity.checked_range(request.grey_range, volume.dtype)
    bounds = given or intensity.range_of(together, volume.dtype)
    beyond = 0
    if together.lowest < bounds[0] or together.highest > bounds[1]:
        beyond = sum(levels.strays(volume.plane(number), bounds) for number in shown)
    if given:
        notes.append(intensity.remark_of_given(given, beyond))
    else:
        counted = sum((found[number].counted for number in shown), intensity.counted([]))
        remarks = intensity.remark(together, volume.dtype, bounds, beyond), intensity.doubt(counted, bounds)
        notes += [text for text in remarks if text]
    clipped = [n for n in shown if intensity.is_one_grey(of_planes[n].lowest, of_planes[n].highest, bounds)]
    if clipped:
        notes.append(f"{selection.pages_text(clipped)} of one grey value in that range: left as stored")
    blank += clipped
    shown = [number for number in shown if number not in clipped]
    restored = tuple(number for number in wanted if number in shown)
    reasons = {
        selection.BLANK: [number for number in wanted if number in blank],
        "not in --pages": [number for number in range(1, count + 1) if number not in wanted],
    }
    left = {why: pages for why, pages in reasons.items() if pages}
    if not restored:
        said = "; ".join(f"{selection.pages_text(pages)}: {why}" for why, pages in left.items())
        raise FileError(source, f"got nothing to restore ({said}), expected some picture; choose other pages")
    digests = tuple(found[number].digest for number in range(1, count + 1))
    return Understood(volume, restored, left, bounds, digests, tuple(notes))


def method_of(request: Request, model: Model | None) -> work.Method:
    """Return what restores, as workers are told of it."""
    if request.method is not None:
        psf = None if request.psf is None else request.psf.absolute()
        return work.Method(method=request.method, changes=request.changes, psf=psf)
    assert model is not None
    return work.Method(
        model=replace(model, path=model.path.absolute()),
        backend=request.backend,
        threads=request.threads,
        ensembling=request.ensembling,
        tile=request.tile,
        veil=request.veil,
        leave_sharp=not request.even_if_sharp,
        conservative=request.conservative,
    )


@contextmanager
def runner_of(request: Request, engine: Engine, model: Model | None) -> Iterator[Runner]:
    """Yield what does the work: the cluster that is named, or this process."""
    if request.cluster is None:
        yield runners.Here(engine)
        return
    with runners.Cluster(request.cluster, method_of(request, model), work.digest_of(engine)) as cluster:
        yield cluster


def _restore_plane(
    job: work.Job,
    engine: Engine,
    runner: Runner,
    journal: Journal,
    number: int,
    told: Callable[[float], None],
) -> dict[str, Any]:
    """Restore a plane, or what an earlier run left of it, and return what is kept of it."""
    if (known := journal.plane(number)) is not None:
        return known
    began = time.perf_counter()
    if engine.by_blocks() is None:
        made = runner.one("whole", job, number)
    else:
        facts = runner.one("look", job, number)
        done = journal.blocks(number)
        if not done:
            work.prepare(job, engine, number)
        count = len(_places(job))
        todo = [place for place in range(count) if place not in done]
        for which, sums in runner.many("block", [(job, number, place, facts) for place in todo]):
            done[todo[which]] = sums
            journal.block_done(number, todo[which], sums)
            told(len(done) / (count + 1))
        # In one order, whichever block came first: sums of floats hang on it.
        totals = {
            name: np.sum([done[place][name] for place in range(count)], axis=0).tolist() for name in done[0]
        }
        made = runner.one("close", job, number, facts, totals, time.perf_counter() - began)
    journal.plane_done(number, made)
    return made


def _places(job: work.Job) -> list[tuple[slice, slice]]:
    """Return the blocks of a plane of a job."""
    return job.places(stored.open_volume(job.source))


def _job(
    understood: Understood, request: Request, engine: Engine, journal: Journal, whole: int | None
) -> work.Job:
    volume, made = understood.volume, engine.by_blocks()
    if made is None:
        if volume.height * volume.width > guards.LARGEST_PIXELS:
            raise FileError(
                volume.path,
                f"got planes of {volume.width} x {volume.height} pixels, expected {guards.LARGEST_PIXELS // 10**6} "
                f"million at most with {engine.name}, which has to see the whole; take a model without instance "
                "normalisation, nlm-rows or percentile-stretch",
            )
        share = memory.Shares(memory.LARGEST, stored.CACHE, 0)
    else:
        share = memory.shares(volume, made, memory.available(whole))
    return work.Job(
        source=volume.path.absolute(),
        target=journal.target.absolute(),
        scratch=journal.scratch.absolute(),
        low=understood.bounds[0],
        high=understood.bounds[1],
        side=share.side,
        allowed=share.allowed,
        cache=share.cache,
    )


def _planes(
    understood: Understood,
    job: work.Job,
    engine: Engine,
    runner: Runner,
    journal: Journal,
    progress: Progress,
) -> dict[int, dict[str, Any]]:
    """Restore all planes that are wanted, and copy the others; return what is kept of the former."""
    shares, lock = dict.fromkeys(understood.wanted, 0.0), Lock()

    def told(number: int, share: float) -> None:
        with lock:
            shares[number] = share
            progress(sum(shares.values()), len(shares))

    def restored(number: int) -> dict[str, Any]:
        made = _restore_plane(job, engine, runner, journal, number, partial(told, number))
        told(number, 1.0)
        return made

    for numbers in understood.left.values():
        for number in numbers:
            if journal.plane(number) is None:
                runner.one("copy", job, number)
                journal.plane_done(number, {})
    if runner.together == 1:
        return {number: restored(number) for number in understood.wanted}
    with ThreadPoolExecutor(runner.together) as pool:
        futures = {number: pool.submit(restored, number) for number in understood.wanted}
        try:
            return {number: future.result() for number, future in futures.items()}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _record(
    source: Mapping[str, Any],
    place: Path,
    understood: Understood,
    made: Mapping[int, Mapping[str, Any]],
    found: Sequence[Caution],
    engine: Engine,
    request: Request,
) -> dict[str, Any]:
    """Return the account."""
    why = {number: reason for reason, numbers in understood.left.items() for number in numbers}
    pages = []
    for number, index in enumerate(understood.volume.planes, start=1):
        name, digest = understood.volume.layout.plane_name(index), understood.digests[number - 1]
        told = {"databar_rows": 0, "sha256": digest, **({"plane": name} if name else {})}
        if number in made:
            told |= {
                **made[number]["record"],
                "verdict": made[number]["short"],
                "seconds": made[number]["seconds"],
            }
        else:
            told |= {"left": why[number], "trust": {}, "flag": None}
        pages.append(told)
    account = understood.volume.layout.account
    return result_files.record_of(
        source=source,
        output=place.name,
        engine=engine.record,
        pages=pages,
        warnings=cautions.records(found),
        sentence=engine.sentence,
        earlier=provenance.chain(account),
        missing=provenance.missing(account),
        selection=request.selection.record,
    )


def restore(
    source: Path,
    place: Path,
    request: Request,
    engine: Engine,
    progress: Progress,
    model: Model | None = None,
    whole: int | None = None,
) -> result.Result:
    """Restore a volume and write its result, which appears whole or not at all, and the account beside it.

    A run that was killed goes on where it was when it is repeated with the same settings.

    Parameters
    ----------
    source, place : Path
        The volume, and its result.
    request : Request
        What was asked for.
    engine : Engine
        What restores.
    progress : callable
        Is given the parts that are done, and their number.
    model : Model, optional
        What the engine was made from, for the workers of a cluster.
    whole : int, optional
        Bytes that each process may hold.

    Returns
    -------
    Result
        With the pages of the account for the summary.

    Raises
    ------
    SemclearError
        When the volume cannot be read, the memory does not suffice, or the result cannot be written.
    """
    began = time.perf_counter()
    source = Path(source)
    memory.check_chunks(stored.open_volume(source), memory.available(whole))
    with runner_of(request, engine, model) as runner:
        # A twentieth of the way, that looking at all numbers takes.
        understood = _understood(
            source, request, runner, lambda done, total: progress(0.05 * done / total, 1)
        )
        volume = understood.volume
        size = 4 * volume.array.size * volume.dtype.itemsize // 3 + 8 * volume.height * volume.width
        result_files.check_space(place.parent, size)
        settings = {
            "planes": understood.digests,
            "layout": [volume.layout.version, volume.layout.axes, volume.layout.levels],
            "bounds": understood.bounds,
            "restored": understood.wanted,
            "engine": {key: value for key, value in engine.record.items() if key != "threads"},
            "tile": request.tile,
        }
        with journals.opened(place, settings) as journal:
            job = _job(understood, request, engine, journal, whole)
            settings_of_blocks = journal.target.parent / f"blocks-{job.side}"
            if not (journal.goes_on and settings_of_blocks.exists()):
                journal.forget()
                output.create(job.target, volume)
                journal.begin()
                settings_of_blocks.touch()
            made = _planes(
                understood,
                job,
                engine,
                runner,
                journal,
                lambda done, total: progress(0.05 + 0.95 * done / total, 1),
            )
            understood_of = described(volume, understood.bounds)
            many = len(volume.planes) > 1
            planes = {
                number: _Plane(tuple(Caution(**one) for one in told["record"]["warnings"]), told["p"])
                for number, told in made.items()
            }
            found = (
                *cautions.of_history(understood_of["restored_before"]),
                *one_file.of_pages(planes, many),
                *engine.of_file(understood),
                *cautions.of_file(
                    understood.notes,
                    understood_of["pixel_size_nm"],
                    "" if request.grey_range else volume.dtype.name,
                ),
                *one_file.of_part(understood.left, many, {}),
            )
            given = {"range_from": "--range"} if request.grey_range else {}
            record = _record({**understood_of, **given}, place, understood, made, found, engine, request)
            # The whole of it, plane by plane, stands beside the result.
            output.finish(job.target, volume, {key: value for key, value in record.items() if key != "pages"})
            result_files.write(result_files.place_of(place), record, time.perf_counter() - began)
            journal.move(place, request.overwrite)
    return result.Result(
        source,
        place,
        result.RESTORED,
        verdicts=wording.counted(told["short"] for told in made.values()),
        seconds=time.perf_counter() - began,
        cautions=found,
        record=record,
    )
