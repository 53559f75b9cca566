"""One file from reading to its results on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.io.metadata import provenance
from semclear.tool.micrograph import description
from semclear.tool.restore import judge, result, result_files
from semclear.tool.restore.engine import Engine
from semclear.tool.restore.request import Request
from semclear.tool.verdict import cautions, wording
from semclear.tool.verdict.cautions import Caution
from semclear.tool.verdict.judgement import Judged

if TYPE_CHECKING:
    from semclear.io.read import Original, Page
    from semclear.tool.report.page import Entry


def read(source: Path, request: Request) -> Original:
    """Read a file as the request wants it.

    Raises
    ------
    SemclearError
        When it cannot be read, or a page's picture is too small, see `description.check_picture`.
    """
    from semclear.io import read

    try:
        got = read.read(source, to_gray=request.to_gray, databar=request.databar)
    except SemclearError as error:
        if "got colour" in str(error):  # the reader does not know of options
            raise SemclearError(f"{error}, or add --to-gray") from None
        raise
    for number, page in enumerate(got.pages, start=1):
        picture = description.picture_of(page)
        where = f"{source}: page {number}" if len(got.pages) > 1 else f"{source}"
        description.check_picture(picture, where, "crop less, or correct --databar")
    return got


def _verdict_of(pages: list[Judged]) -> str:
    flags = [page.flag for page in pages]
    if None in flags:
        return wording.UNJUDGED
    if any(flags):
        return wording.UNLIKE
    return wording.PARTLY if any(page.unchecked for page in pages) else wording.LIKE


def _of_pages(pages: list[Judged]) -> list[Caution]:
    many = len(pages) > 1
    return [
        Caution(caution.code, f"page {number}: {caution.text}" if many else caution.text)
        for number, page in enumerate(pages, start=1)
        for caution in page.cautions
    ]


def _placed(picture: np.ndarray, page: Page, ground: np.ndarray) -> np.ndarray:
    """Return the picture in its place on a copy of `ground`, (H, W); the picture itself where it is all of it."""
    if picture.shape == ground.shape:
        return picture
    whole = ground.copy()
    page.box.of(whole)[...] = picture
    return whole


def _maps(original: Original, pages: list[Judged], cropped: bool) -> Iterator[np.ndarray]:
    """Yield the pages' uncertainty, (H, W), in the file's units; 0 in data bars and frames, which are not touched."""
    width = np.float32(original.high - original.low)
    for page, stored in zip(pages, original.pages, strict=True):
        whole = _placed(page.made.uncertainty * width, stored, np.zeros(stored.image.shape, np.float32))
        yield whole[: len(whole) - stored.databar_rows] if cropped else whole


def _write(
    original: Original,
    place: Path,
    pages: list[Judged],
    request: Request,
    record: dict[str, Any],
    began: float,
) -> tuple[str, ...]:
    from semclear.io import write

    with result_files.staged(place) as scratch:
        notes = write.write(
            scratch / place.name,
            original,
            [
                _placed(page.made.image, stored, stored.image)
                for page, stored in zip(pages, original.pages, strict=True)
            ],
            description=record,
            crop_databar=request.crop_databar,
        )
        if request.uncertainty:
            result_files.write_maps(
                scratch / result_files.uncertainty_place_of(place).name,
                _maps(original, pages, request.crop_databar),
                original.pixel_size_nm,
            )
        account = record | {
            "warnings": [*record["warnings"], *({"code": "note", "text": note} for note in notes)]
        }
        result_files.write(scratch / result_files.place_of(place).name, account, time.perf_counter() - began)
    if request.overwrite and not request.uncertainty:  # an earlier run's map is not that of this result
        result_files.uncertainty_place_of(place).unlink(missing_ok=True)
    return notes


def _text(value: str) -> str:
    """Return what can be written as UTF-8: a file's name may hold bytes that are no text."""
    return value.encode("utf-8", errors="replace").decode("utf-8")


def entries_of(done: result.Result, pages: list[Judged], engine: Engine) -> Iterator[Entry]:
    """Yield a file's pages as the report shows them."""
    from semclear.tool.report.page import Entry

    facts = {key: str(value) for key, value in done.understood.items() if value is not None}
    model = engine.record.get("model") or {}
    facts |= {"method": engine.name, **{f"model {key}": str(value) for key, value in model.items()}}
    name, of_page = _text(done.source.name), _of_pages(pages)
    for number, page in enumerate(pages, start=1):
        yield Entry(
            name=f"{name}, page {number}" if len(pages) > 1 else name,
            judged=page,
            pixel_size_nm=done.understood.get("pixel_size_nm"),
            cautions=[one for one in done.cautions if one not in of_page],
            facts={key: _text(value) for key, value in facts.items()},
            file=_text(str(done.source)),
        )


def restore(
    source: Path, place: Path, request: Request, engine: Engine, progress: Callable[[float, float], None]
) -> tuple[result.Result, list[Judged]]:
    """Restore one file page by page and write its results: image, account, and the map if it is asked for.

    Parameters
    ----------
    source, place : Path
        Input and output.
    request : Request
        What was asked for.
    engine : Engine
        What restores.
    progress : callable
        Is given the parts of the file that are done, and their number.

    Returns
    -------
    tuple
        The line of the summary, and the pages for the report.

    Raises
    ------
    SemclearError
        When the file cannot be read or a result cannot be written; nothing of it is left.
    """
    began = time.perf_counter()
    original = read(source, request)
    size = sum(page.values.nbytes + 4 * page.image.size * request.uncertainty for page in original.pages)
    result_files.check_space(place.parent, size)
    count = len(original.pages)
    pages: list[Judged] = []
    for number, page in enumerate(original.pages):

        def of_page(done: int, total: int, number: int = number) -> None:
            progress(number + done / max(total, 1), count)

        engine.begin(original, pages)
        pages.append(judge.judged(description.picture_of(page), engine, of_page))
    understood = description.described(original)
    found = (
        *cautions.of_history(understood["restored_before"]),
        *_of_pages(pages),
        *cautions.of_file(original.notes, original.pixel_size_nm, original.dtype),
    )
    record = result_files.record_of(
        source={**understood, "sha256": sha256(source)},
        output=place.name,
        engine=engine.record,
        pages=[
            {"databar_rows": int(stored.databar_rows), **page.record()}
            for page, stored in zip(pages, original.pages, strict=True)
        ],
        warnings=cautions.records(found),
        sentence=engine.sentence,
        earlier=provenance.chain(original.account),
        missing=provenance.missing(original.account),
    )
    notes = _write(original, place, pages, request, record, began)
    found = (*found, *(Caution("note", note) for note in notes))
    done = result.Result(
        source,
        place,
        result.RESTORED,
        verdict=_verdict_of(pages),
        seconds=time.perf_counter() - began,
        cautions=found,
        record=record | {"warnings": cautions.records(found)},
    )
    return done, pages
