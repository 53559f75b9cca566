"""One file from reading to its results on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from semclear.errors import ColourError, FileError
from semclear.files import sha256
from semclear.io.metadata import provenance
from semclear.tool.micrograph import description, selection
from semclear.tool.restore import judge, result, result_files
from semclear.tool.restore.engine import Engine
from semclear.tool.restore.memory import pixels_within
from semclear.tool.restore.request import Request
from semclear.tool.verdict import cautions, wording
from semclear.tool.verdict.cautions import Caution
from semclear.tool.verdict.judgement import Judged

if TYPE_CHECKING:
    from semclear.io.read import Original, Page
    from semclear.tool.micrograph.selection import Around, Part
    from semclear.tool.report.page import Entry


def read(source: Path, request: Request) -> Original:
    """Read a file as the request wants it.

    Raises
    ------
    FileError
        When it cannot be read, lacks a page that is wanted, the picture of one of them is too small, or the only one
        is of one grey, see `description.unfit`.
    """
    from semclear.io import read

    try:
        got = read.read(
            source,
            to_gray=request.to_gray,
            databar=request.databar,
            grey_range=request.grey_range,
            most_pixels=pixels_within(request.memory),
        )
    except ColourError as error:  # the reader does not know of options
        raise FileError(source, f"{error.said}, or add --to-gray") from None
    wanted = request.selection.numbers(source, len(got.pages))
    for number in wanted:
        said = description.unfit(
            description.picture_of(got.pages[number - 1]), "crop less, or correct --databar"
        )
        # A blank page among others is left; that none of them can be restored, `parts_of` says.
        if said and (said != description.BLANK or len(wanted) == 1):
            raise FileError(source, f"page {number}: {said}" if len(got.pages) > 1 else said)
    return got


def parts_of(
    original: Original, request: Request, around: Around
) -> tuple[dict[int, Part], dict[str, list[int]]]:
    """Return what is restored of each page, by its number from 1, and the pages left as they are, by the reason.

    Parameters
    ----------
    original : Original
        As read.
    request : Request
        What was asked for.
    around : callable
        See `Engine.around`.

    Raises
    ------
    SemclearError
        When a region or mask does not fit the file, or nothing would be restored.
    """
    count = len(original.pages)
    parts: dict[int, Part] = {}
    left: dict[str, list[int]] = {}
    wanted = request.selection.numbers(original.path, count)
    for number, page in enumerate(original.pages, start=1):
        part = (
            request.selection.part_of(page, number, count, around) if number in wanted else "not in --pages"
        )
        if isinstance(part, str):
            left.setdefault(part, []).append(number)
        else:
            parts[number] = part
    if not parts:
        reasons = "; ".join(f"{selection.pages_text(pages)}: {reason}" for reason, pages in left.items())
        raise FileError(
            original.path, f"got nothing to restore ({reasons}), expected some picture; choose another part"
        )
    return parts, left


class Told(Protocol):
    """What is said of a page, and how usual it is, see `Judged`."""

    @property
    def cautions(self) -> Sequence[Caution]: ...
    @property
    def p(self) -> float | None: ...


def of_pages(pages: Mapping[int, Told], many: bool) -> list[Caution]:
    """Return what is said of the pages of a file: of several that the same is said of one line, of the worst."""
    if not many:
        return [caution for page in pages.values() for caution in page.cautions]
    said: dict[str, dict[int, str]] = {}
    for number, page in pages.items():
        for caution in page.cautions:
            said.setdefault(caution.code, {})[number] = caution.text
    found = []
    for code, texts in said.items():
        if len({*texts.values()}) == 1:
            where, rest = selection.pages_text(texts), ""
        else:
            worst = min(texts, key=lambda number: 1.0 if (p := pages[number].p) is None else p)
            where = selection.pages_text([worst])
            rest = f" (likewise {selection.pages_text([*texts.keys() - {worst}])})"
            texts = {worst: texts[worst]}
        found.append(Caution(code, f"{where}: {next(iter(texts.values()))}{rest}"))
    return found


def of_part(left: Mapping[str, Sequence[int]], many: bool, asked: Mapping[str, Any]) -> list[Caution]:
    """Return what is to be known where not all of a file was restored."""
    found = [
        Caution("note", f"{selection.pages_text(numbers)}: left as stored, {reason}")
        for reason, numbers in left.items()
        if many and reason != selection.BLANK  # of which reading tells
    ]
    if asked.keys() & {"region", "mask"}:
        options = " and ".join(f"--{key}" for key in ("region", "mask") if key in asked)
        found.append(
            Caution(
                "note", f"restored in {options} alone, all else is as stored; the verdict is of that part"
            )
        )
    return found


def _maps(
    original: Original, pages: Mapping[int, Judged], parts: Mapping[int, Part], cropped: bool
) -> Iterator[np.ndarray]:
    """Yield the pages' uncertainty, (H, W), in the file's units; 0 where nothing is touched: data bars and frames."""
    width = np.float32(original.high - original.low)
    for number, stored in enumerate(original.pages, start=1):
        whole = np.zeros(stored.image.shape, np.float32)
        if number in parts:
            whole = parts[number].placed(pages[number].made.uncertainty * width, whole)
        yield whole[: len(whole) - stored.databar_rows] if cropped else whole


def _as_restored(original: Original, parts: Mapping[int, Part]) -> Original:
    """Return a file of which nothing but what was restored may be written."""

    def narrowed(number: int, page: Page) -> Page:
        if number in parts:
            return parts[number].within(page)
        return replace(page, box=replace(page.box, width=0, height=0))

    return replace(original, pages=tuple(narrowed(*pair) for pair in enumerate(original.pages, start=1)))


def _write(
    original: Original,
    place: Path,
    pages: Mapping[int, Judged],
    parts: Mapping[int, Part],
    request: Request,
    record: dict[str, Any],
    began: float,
) -> tuple[str, ...]:
    from semclear.io import write

    images = [
        parts[number].placed(pages[number].made.image, stored.image) if number in parts else stored.image
        for number, stored in enumerate(original.pages, start=1)
    ]
    with result_files.staged(place, request.overwrite) as scratch:
        notes = write.write(
            scratch / place.name,
            _as_restored(original, parts),
            images,
            description=record,
            crop_databar=request.crop_databar,
        )
        if request.uncertainty:
            result_files.write_maps(
                scratch / result_files.uncertainty_place_of(place).name,
                _maps(original, pages, parts, request.crop_databar),
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


def _shown(page: Judged, part: Part) -> Judged:
    """Return a page as it was written: restored where it was to be, and elsewhere without a map."""
    if part.is_all:
        return page
    nothing = np.zeros_like(page.made.image)
    maps = {
        name: None if (values := getattr(page.made, name)) is None else part.alone.placed(values, nothing)
        for name in ("uncertainty", "residual", "invented")
    }
    image = part.alone.placed(page.made.image, page.before)
    return replace(page, made=replace(page.made, image=image, **maps))


def entries_of(done: result.Result, pages: Mapping[int, Judged], engine: Engine) -> Iterator[Entry]:
    """Yield a file's pages, by their numbers, as the report shows them."""
    from semclear.tool.report.page import Entry

    facts = {key: str(value) for key, value in done.understood.items() if value is not None}
    model = engine.record.get("model") or {}
    facts |= {"method": engine.name, **{f"model {key}": str(value) for key, value in model.items()}}
    facts |= {f"only {key}": str(value) for key, value in done.record.get("selection", {}).items()}
    many = done.understood.get("pages", 1) > 1
    name, said = _text(done.source.name), of_pages(pages, many)
    for number, page in pages.items():
        of_page = done.record["pages"][number - 1].get("metadata", {})
        facts |= {f"{key} of the page": str(value) for key, value in of_page.items()}
        detector = f", {of_page['detector']}" if "detector" in of_page else ""
        yield Entry(
            name=f"{name}, page {number}{_text(str(detector))}" if many else name,
            judged=page,
            pixel_size_nm=done.understood.get("pixel_size_nm"),
            cautions=[one for one in done.cautions if one not in said],
            facts={key: _text(value) for key, value in facts.items()},
            file=_text(str(done.source)),
        )


def _page_record(
    number: int, stored: Page, pages: Mapping[int, Judged], parts: Mapping[int, Part], why: str, many: bool
) -> dict[str, Any]:
    """Return what the account says of a page; `why` it was left, if it was."""
    rows: dict[str, Any] = {"databar_rows": int(stored.databar_rows)}
    if many and stored.metadata:
        rows["metadata"] = dict(sorted(stored.metadata.items()))
    if number not in parts:
        return {**rows, "left": why, "trust": {}, "flag": None}
    said = {"warnings": cautions.records(pages[number].cautions)} if many else {}
    return {**rows, **pages[number].record(), **selection.record_of_page(parts[number]), **said}


def restore(
    source: Path, place: Path, request: Request, engine: Engine, progress: Callable[[float, float], None]
) -> tuple[result.Result, dict[int, Judged]]:
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
        The line of the summary, and the pages for the report by their numbers, from 1.

    Raises
    ------
    SemclearError
        When the file cannot be read or a result cannot be written; nothing of it is left.
    """
    began = time.perf_counter()
    original = read(source, request)
    size = sum(page.values.nbytes + 4 * page.image.size * request.uncertainty for page in original.pages)
    result_files.check_space(place.parent, size)
    parts, left = parts_of(original, request, engine.around)
    pages: dict[int, Judged] = {}
    for number, part in parts.items():
        before = len(pages)

        def of_page(done: int, total: int, before: int = before) -> None:
            progress(before + done / max(total, 1), len(parts))

        engine.begin(original, [*pages.values()])
        pages[number] = judge.judged(part.seen.of(original.pages[number - 1].image), engine, of_page)
    understood, many = description.described(original), len(original.pages) > 1
    asked, given = request.selection.record, {"range_from": "--range"} if request.grey_range else {}
    found = (
        *cautions.of_history(understood["restored_before"]),
        *of_pages(pages, many),
        *engine.of_file(original),
        *cautions.of_file(
            original.notes, original.pixel_size_nm, "" if request.grey_range else original.dtype
        ),
        *of_part(left, many, asked),
    )
    why = {number: reason for reason, numbers in left.items() for number in numbers}
    record = result_files.record_of(
        source={**understood, **given, "sha256": sha256(source)},
        output=place.name,
        engine=engine.record,
        pages=[
            _page_record(number, stored, pages, parts, why.get(number, ""), many)
            for number, stored in enumerate(original.pages, start=1)
        ],
        warnings=cautions.records(found),
        sentence=engine.sentence,
        earlier=provenance.chain(original.account),
        missing=provenance.missing(original.account),
        selection=asked,
    )
    notes = _write(original, place, pages, parts, request, record, began)
    found = (*found, *(Caution("note", note) for note in notes))
    done = result.Result(
        source,
        place,
        result.RESTORED,
        verdicts=wording.counted(page.words.short for page in pages.values()),
        seconds=time.perf_counter() - began,
        cautions=found,
        record=record | {"warnings": cautions.records(found)},
    )
    return done, {number: _shown(page, parts[number]) for number, page in pages.items()}
