"""Entries of the report for its tests."""

from semclear.restoration.outcome import Outcome
from semclear.tool.report.page import Entry
from semclear.tool.verdict.judgement import Judged


def make_entry(
    name,
    before,
    after,
    uncertainty=None,
    residual=None,
    *,
    pixel_size_nm=None,
    cautions=(),
    facts=None,
    file="",
    **judged,
):
    """Return an entry of these images; `judged` is what `Judged` takes beside them."""
    made = Judged(before, Outcome(after, uncertainty, residual), **judged)
    return Entry(name, made, pixel_size_nm, cautions, facts or {}, file)
