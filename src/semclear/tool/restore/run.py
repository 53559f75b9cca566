"""`semclear restore`, from a request to an exit code."""

from __future__ import annotations

import json
import sys

from semclear.tool.restore import batch, engine, summary
from semclear.tool.restore.request import Plan, Request, plan_of
from semclear.tool.terminal import printable


def _engine_of(plan: Plan) -> engine.Engine:
    request = plan.request
    if request.method is not None:
        return engine.of_classical(request.method, request.changes, request.psf)
    assert plan.model is not None
    if sys.stderr.isatty():
        print(f"Loading {plan.model.name} ...", file=sys.stderr, flush=True)
    return engine.of_model(
        plan.model,
        backend=request.backend,
        threads=request.threads,
        ensembling=request.ensembling,
        process_memory=plan.memory,
        tile=request.tile,
        veil=request.veil,
        leave_sharp=not request.even_if_sharp,
        conservative=request.conservative,
        opened=plan.opened,
    )


def _of_report(request: Request) -> str:
    """Return what becomes of a report that was asked for where nothing is restored; "" where none was."""
    if request.report is None:
        return ""
    if request.report.exists():
        return f"The report of an earlier run stays as it is: {request.report}"
    return (
        "No report: it shows what a run restores, and this one restores nothing; --overwrite in place of "
        "--skip-existing restores anew."
    )


def run(request: Request, as_json: bool = False) -> int:
    """Carry out a request and print its summary.

    Parameters
    ----------
    request : Request
        What was asked for.
    as_json : bool
        Print one JSON document instead of text.

    Returns
    -------
    int
        0: all files are restored (or would be); 1: none; 2: some failed; 130: interrupted.

    Raises
    ------
    SemclearError
        When the request cannot be carried out at all; nothing was written.
    """
    plan = plan_of(request)
    total = len(plan.places) + len(plan.left_alone)
    if request.dry_run:
        done = batch.look(plan)
        name = f"the method {request.method}" if plan.model is None else f"the model {plan.model.name}"
        text = "" if as_json else summary.planned_text(done, name)
    elif not plan.places:
        done = batch.look(plan)
        done.report_note = _of_report(request)
        lines = [f"All {total} outputs exist already and are left as they are.", done.report_note]
        text = "\n".join(filter(None, lines))
    elif plan.no_images.issuperset(plan.places):
        done = batch.look(plan)  # each says why it is none; there is nothing to load a model for
        text = "" if as_json else summary.text_of(done, None, total)
    else:
        made = _engine_of(plan)
        done = batch.run(plan, made)
        text = "" if as_json else summary.text_of(done, made, total)
    if as_json:
        document = {**summary.document_of(done, request.dry_run), "notes": list(plan.notes)}
        print(json.dumps(document, indent=1, sort_keys=True, allow_nan=False))
    else:
        for note in plan.notes:
            print(f"note: {printable(note)}")
        print(text)
    return done.exit_code
