"""A batch of files, one after the other: a bad one is told and passed over, an interruption leaves whole files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from semclear.errors import SemclearError
from semclear.files import TakenError
from semclear.io.volumes.zarr_folder import is_volume
from semclear.tool import terminal
from semclear.tool.micrograph import description
from semclear.tool.restore import one_file, result, result_files
from semclear.tool.restore.engine import Engine
from semclear.tool.restore.request import Plan
from semclear.tool.restore.result import Result
from semclear.tool.terminal import Progress
from semclear.tool.verdict.judgement import Judged

FAR = 20
"""Files still to come from which on a failure is told at once as well: the summary is then more than a screen away."""

OUT_OF_MEMORY = "not enough memory for this file; give less with --memory or --tile, or crop it"
REPORT_OUT_OF_MEMORY = "not enough memory for the report; restore fewer files at once"


@dataclass
class Batch:
    """What became of a plan.

    Attributes
    ----------
    results : list of Result
        In the order of the inputs; after an interruption fewer.
    interrupted : bool
        Whether somebody stopped it.
    report : Path or None
        Where the page was written.
    report_error : str
        Why it was not, or not of every file, though asked for.
    report_traceback : str
        Of an error that nobody foresaw.
    report_note : str
        What became of a report that nothing was restored for.
    """

    results: list[Result] = field(default_factory=list)
    interrupted: bool = False
    report: Path | None = None
    report_error: str = ""
    report_traceback: str = ""
    report_note: str = ""

    def count(self, status: str) -> int:
        """Return how many results have a status, see `result`."""
        return sum(one.status == status for one in self.results)

    @property
    def exit_code(self) -> int:
        """0: all; 2: some files (or the report) failed; 1: every file failed; 130: interrupted."""
        if self.interrupted:
            return 130
        failed = self.count(result.FAILED)
        if failed and failed == len(self.results):
            return 1
        return 2 if failed or self.report_error else 0


def _skipped(plan: Plan) -> list[Result]:
    return [Result(source, place, result.SKIPPED) for source, place in plan.left_alone.items()]


def _failed(source: Path, place: Path, error: Exception, began: float, progress: Progress) -> Result:
    text, trace = terminal.explained(source, error, OUT_OF_MEMORY)
    if isinstance(error, SemclearError) and getattr(error, "path", None) != source:
        text = f"{source}: {text}"  # memory and disk know of no file
    progress.failed(text, far=progress.left >= FAR)
    seconds = time.perf_counter() - began
    return Result(source, place, result.FAILED, error=text, traceback=trace, seconds=seconds)


class _Report:
    """The page that shows a batch, fed file by file; the results are worth more, so that no error of it stops them."""

    def __init__(self, plan: Plan, engine: Engine, batch: Batch) -> None:
        self._path, self._engine, self._batch = plan.request.report, engine, batch
        self._stack, self._page = ExitStack(), None
        if self._path is None or not plan.places:
            return
        from semclear.tool.report import page, reduction

        title, side = f"semclear: restored by {engine.name}", reduction.side_for(len(plan.places))
        try:
            self._page = self._stack.enter_context(
                page.opened(
                    self._path, title=title, sentence=engine.sentence, side=side, replace=plan.request.stays
                )
            )
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception, source: Path | None = None) -> None:
        where = source or self._path
        assert where is not None  # without a place there is no page to fail
        self._batch.report_error, self._batch.report_traceback = terminal.explained(
            where, error, REPORT_OUT_OF_MEMORY
        )

    def add(self, done: Result, pages: Mapping[int, Judged]) -> None:
        """Add the pages of a file; what cannot be shown is left out, a page that cannot be written is given up."""
        if self._page is None:
            return
        try:
            entries = list(one_file.entries_of(done, pages, self._engine))
        except Exception as error:
            self._fail(error, done.source)
            return
        page, self._page = self._page, None
        try:
            with self._stack as stack:  # which ends the page where an entry cannot be written
                for entry in entries:
                    page.add(entry)
                self._stack, self._page = stack.pop_all(), page
        except Exception as error:
            self._fail(error)

    def close(self) -> None:
        """Write what was added."""
        if self._page is None:
            return
        try:
            self._stack.close()
            self._batch.report = self._path
        except Exception as error:
            self._fail(error)


Pages = Mapping[int, Judged]
Work = Callable[[Path, Path], tuple[Result, Pages]]


def _each(plan: Plan, progress: Progress, work: Work) -> Iterator[tuple[Result, Pages]]:
    """Yield what becomes of each file of a plan, and its pages; an error of one file stops no other."""
    for source, place in plan.places.items():
        progress.start()
        began = time.perf_counter()
        pages: Pages = {}
        try:
            done, pages = work(source, place)
        except Exception as error:  # whatever it is, the other files are not to suffer
            if isinstance(error, TakenError) and plan.request.skip_existing and place.exists():
                done = Result(source, place, result.SKIPPED)
            else:
                done = _failed(source, place, error, began, progress)
        yield done, pages
        del pages  # or they would be held while the next file is restored


def run(plan: Plan, engine: Engine) -> Batch:
    """Restore all files of a plan.

    Parameters
    ----------
    plan : Plan
        See `request.plan_of`.
    engine : Engine
        What restores.

    Returns
    -------
    Batch
        With a result for each file; none is written in part.
    """
    batch = Batch(_skipped(plan))
    with Progress(list(plan.places)) as progress:

        def restore(source: Path, place: Path) -> tuple[Result, Pages]:
            request = plan.request
            if source in plan.incomplete:
                request = replace(request, overwrite=True)
            if is_volume(source):
                from semclear.tool.volumes import restore as volumes

                words = (source, place, request, engine, progress.within, plan.model, plan.memory)
                return volumes.restore(*words), {}
            return one_file.restore(source, place, request, engine, progress.within)

        report = _Report(plan, engine, batch)
        try:
            for done, pages in _each(plan, progress, restore):
                batch.results.append(done)
                if pages:
                    report.add(done, pages)
                del pages
        except KeyboardInterrupt:
            batch.interrupted = True
        try:
            report.close()
        except KeyboardInterrupt:
            batch.interrupted = True
    if plan.request.report is not None and not batch.count(result.RESTORED):
        batch.report_error = ""  # nothing to report is told by the files that failed
    return batch


def look(plan: Plan) -> Batch:
    """Read all files of a plan and write nothing: a dry run.

    Returns
    -------
    Batch
        Results are "planned" or "failed".
    """

    def read(source: Path, place: Path) -> tuple[Result, Pages]:
        began = time.perf_counter()
        if is_volume(source):
            from semclear.tool.volumes import restore as volumes

            return volumes.look(source, place, plan.request), {}
        original = one_file.read(source, plan.request)
        parts, _ = one_file.parts_of(original, plan.request, lambda wanted, picture: picture)
        record = {
            "input": description.described(original),
            "pages": [
                {"databar_rows": int(page.databar_rows), **({} if number in parts else {"left": True})}
                for number, page in enumerate(original.pages, start=1)
            ],
            "exists": any(file.exists() for file in result_files.places_of(place, plan.request.uncertainty)),
        }
        seconds = time.perf_counter() - began
        return Result(source, place, result.PLANNED, seconds=seconds, record=record), {}

    batch = Batch(_skipped(plan))
    with Progress(list(plan.places)) as progress:
        try:
            for done, _ in _each(plan, progress, read):
                batch.results.append(done)
        except KeyboardInterrupt:
            batch.interrupted = True
    return batch
