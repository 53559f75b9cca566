"""What a person reads at the end of a batch, and what a program gets."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from semclear import __version__
from semclear.tool.restore import result
from semclear.tool.restore.batch import Batch
from semclear.tool.restore.engine import Engine
from semclear.tool.restore.result import Result
from semclear.tool.runtime import EXPORTED
from semclear.tool.terminal import aligned, many, printable
from semclear.tool.verdict.cautions import REMARKS, Caution


def size_text(understood: Any) -> str:
    """Return width x height, and pages where there are several; "-" where nothing is known."""
    if not understood:
        return "-"
    pages = f" x {understood['pages']} pages" if understood["pages"] > 1 else ""
    return f"{understood['width']} x {understood['height']}{pages}"


def pixel_text(understood: Any) -> str:
    """Return the pixel size with its unit; "-" where nothing is known."""
    size = understood.get("pixel_size_nm") if understood else None
    return "-" if size is None else f"{size:.4g} nm"


def _verdict_text(one: Result) -> str:
    """Return the worst verdict of a file's pages, and how many of them have it where not all have."""
    if one.status != result.RESTORED:
        return one.status.upper()
    count, pages = one.verdicts.get(one.verdict, 0), sum(one.verdicts.values())
    return one.verdict if count == pages else f"{one.verdict} ({count} of {pages} pages)"


def _row(one: Result) -> list[str]:
    warnings = sum(caution.is_warning for caution in one.cautions)
    return [
        one.source.name,
        size_text(one.understood),
        pixel_text(one.understood),
        _verdict_text(one),
        f"{one.seconds:.1f}" if one.status in (result.RESTORED, result.FAILED) else "-",
        str(warnings) if one.status == result.RESTORED else "-",
    ]


def _plane_rows(one: Result) -> list[list[str]]:
    """Return a line a plane of a volume, below that of the volume itself; none for other files."""
    if one.status != result.RESTORED or "axes" not in one.understood or len(one.record["pages"]) == 1:
        return []
    rows = []
    for number, page in enumerate(one.record["pages"], start=1):
        name = f"  page {number}" + (f" ({page['plane']})" if "plane" in page else "")
        if "left" in page:
            rows.append([name, "", "", f"left: {page['left']}", "-", "-"])
            continue
        warnings = str(sum(warning["code"] not in REMARKS for warning in page["warnings"]))
        rows.append([name, "", "", page["verdict"], f"{page['seconds']:.1f}", warnings])
    return rows


def _planned_row(one: Result) -> list[str]:
    of_pages = [str(page["databar_rows"]) for page in one.record.get("pages", [])]
    rows = ",".join(of_pages if len({*of_pages}) > 1 else of_pages[:1]) or "-"
    fate = one.status.upper()
    if one.status == result.PLANNED:
        fate = f"{one.place} (exists)" if one.record.get("exists") else str(one.place)
    return [one.source.name, size_text(one.understood), pixel_text(one.understood), rows, fate]


def _closing(batch: Batch, total: int) -> list[str]:
    done = [one for one in batch.results if one.status == result.RESTORED]
    restored, pages = len(done), sum(sum(one.verdicts.values()) for one in done)
    # As the report counts, which shows page by page.
    parts = [f"{restored} restored" + (f" ({pages} pages of {restored} files)" if pages > restored else "")]
    parts += [
        f"{count} {word}"
        for word, status in (("failed", result.FAILED), ("left as they were", result.SKIPPED))
        if (count := batch.count(status))
    ]
    lines = [f"{', '.join(parts)}, of {total}."]
    if batch.interrupted:
        lines.append(
            f"Interrupted: {restored} of {total} files are done, each of them whole. "
            "Go on with the same command and --skip-existing."
        )
    if done:
        folder = os.path.commonpath([one.place.parent for one in done]) or "."
        lines.append(f"Results: {printable(folder)}")
    if batch.report is not None:
        lines.append(f"Report: {batch.report}")
        if skipped := batch.count(result.SKIPPED):
            lines.append(f"The report is of this run alone: the {skipped} left as they were are not in it.")
    if batch.report_error:
        lines.append(f"{'Not in the report' if batch.report else 'No report'}: {batch.report_error}")
    if batch.report_note:
        lines.append(batch.report_note)
    return lines


def _once_each(results: Sequence[Result], wanted: Callable[[Caution], bool]) -> list[str]:
    """Return a line a caution that is wanted; what is said of several files is said once."""
    files: dict[str, list[str]] = {}
    for one in results:
        for caution in one.cautions:
            if wanted(caution):
                files.setdefault(caution.text, []).append(printable(one.source.name))
    return [
        f"{names[0] if len(names) == 1 else f'{len(names)} files'}: {text}" for text, names in files.items()
    ]


def _without_pixel_size(results: Sequence[Result]) -> list[str]:
    """Return one line on all files that give no pixel size; none where all do."""
    names = [
        printable(one.source.name)
        for one in results
        if one.understood and one.understood["pixel_size_nm"] is None
    ]
    if not names:
        return []
    where = names[0] if len(names) == 1 else f"{len(names)} files"
    return [f"note: no pixel size in {where}: measure nothing without a scale"]


def text_of(batch: Batch, engine: Engine | None, total: int) -> str:
    """Return the summary for people: a table, then what failed and what to mind, then what may be invented.

    Parameters
    ----------
    batch : Batch
        What became of the files.
    engine : Engine or None
        What restored them; None where nothing could be restored.
    total : int
        Number of inputs.
    """
    head = ["file", "size", "pixel size", "verdict", "seconds", "warnings"]
    rows = [row for one in batch.results for row in (_row(one), *_plane_rows(one))]
    lines = [aligned(head, rows, right=(1, 2, 4, 5)), ""]
    lines += [f"failed: {one.error}" for one in batch.results if one.status == result.FAILED]
    lines += _once_each(batch.results, lambda caution: caution.is_warning)
    lines += [f"note: {line}" for line in _once_each(batch.results, lambda caution: caution.code == "note")]
    lines += _without_pixel_size(batch.results)
    lines += _closing(batch, total)
    if engine is None or not batch.count(result.RESTORED):
        return "\n".join(lines)
    if engine.is_network:
        record = engine.record
        runs_on = (
            f"{EXPORTED[record['backend']]} {record[record['backend']]}"
            if record["backend"] in EXPORTED
            else f"Keras {record['keras']} on {record['backend']}"
        )
        lines.append(
            f"Computed by {engine.name}: {runs_on}, {record['device']}, {record['threads']} thread(s)."
        )
    return "\n".join([*lines, "", engine.sentence])


def planned_text(batch: Batch, name: str) -> str:
    """Return the summary of a dry run: what would be restored by which model or method, and where it would go."""
    head = ["file", "size", "pixel size", "data bar", "would become"]
    lines = [aligned(head, [_planned_row(one) for one in batch.results], right=(1, 2, 3)), ""]
    lines += [f"failed: {one.error}" for one in batch.results if one.status == result.FAILED]
    lines += _without_pixel_size(batch.results)
    standing = sum(bool(one.record.get("exists")) for one in batch.results)
    if standing:
        outputs = "1 output exists" if standing == 1 else f"{standing} outputs exist"
        lines.append(f"{outputs} already: --overwrite or --skip-existing will be needed.")
    count = batch.count(result.PLANNED)
    lines.append(f"Nothing was written. {many(count, 'file')} would be restored by {name}.")
    return "\n".join(lines)


def document_of(batch: Batch, dry_run: bool) -> dict[str, Any]:
    """Return the summary for programs."""
    return {
        "semclear": __version__,
        "dry_run": dry_run,
        "restored": batch.count(result.RESTORED),
        "failed": batch.count(result.FAILED),
        "skipped": batch.count(result.SKIPPED),
        "interrupted": batch.interrupted,
        "report": None if batch.report is None else str(batch.report),
        "report_error": batch.report_error or None,
        "report_traceback": batch.report_traceback or None,
        "report_note": batch.report_note or None,
        "exit_code": batch.exit_code,
        "files": [one.as_json() for one in batch.results],
    }
