"""What a person is told of a restored layer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from semclear.napari.restore_layer import Preview
from semclear.tool.micrograph import selection

if TYPE_CHECKING:
    from semclear.tool.restore.engine import Engine
    from semclear.tool.verdict.judgement import Judged

COLOURS = {
    "raised": "#d9480f",
    "quiet": "#2f9e44",
    "partly": "#868e96",
    "doubtful": "#868e96",
    "unknown": "#868e96",
}
SHOWN = 20
"""Pictures of a stack whose verdicts are written out; those with a raised flag first."""
LEFT: dict[str, Any] = {"left": selection.BLANK, "trust": {}, "flag": None}
"""What the account says of a picture of one grey."""
EXACT = "This preview is what restoring the whole layer gives here."
NEAR = (
    "This preview is near to what restoring the whole layer gives here, but not the same: the method takes what it "
    "does from the whole micrograph."
)
PREVIEWED = "Whether the micrograph is like the training data is judged when it is restored whole."


def _judgement(number: int | None, one: Judged) -> str:
    said = one.words
    title = said.short if number is None else f"picture {number}: {said.short}"
    warnings = "".join(f"<li>{escape(caution.text)}</li>" for caution in one.cautions)
    return f'<p><b style="color:{COLOURS[said.kind]}">{escape(title)}</b><br>{escape(said.long)}</p>' + (
        f"<ul>{warnings}</ul>" if warnings else ""
    )


def of_restored(judged: Sequence[Judged | None], engine: Engine, notes: Sequence[str] = ()) -> str:
    """Return verdict, warnings and the sentence on what may be invented as rich text.

    Parameters
    ----------
    judged : sequence of Judged or None
        Picture by picture; None of one that was left as it is.
    engine : Engine
        What restored.
    notes : sequence of str
        What reading the file remarked.
    """
    many = len(judged) > 1
    numbered = [(number, one) for number, one in enumerate(judged, 1) if one is not None]
    numbered.sort(key=lambda pair: not pair[1].flag)
    left = [number for number, one in enumerate(judged, 1) if one is None]
    texts = [_judgement(number if many else None, one) for number, one in numbered[:SHOWN]]
    if len(numbered) > SHOWN:
        texts.append(f"<p>and {len(numbered) - SHOWN} more pictures: see the metadata of the layer.</p>")
    if left:
        texts.append(f"<p>left as it is: {selection.text_of(left)} ({selection.BLANK})</p>")
    if notes:
        texts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>")
    return "".join([*texts, f"<p>{escape(engine.sentence)}</p>"])


def of_preview(made: Preview, engine: Engine) -> str:
    """Return what a preview is, and the sentence on what may be invented."""
    lines = [EXACT if made.exact else NEAR]
    if engine.is_network:
        lines.append(PREVIEWED)
    return "".join(f"<p>{escape(line)}</p>" for line in [*lines, engine.sentence])


def account_of(judged: Sequence[Judged | None], engine: Engine, known: Any) -> dict[str, Any]:
    """Return what a restored layer's metadata says of its making: that which `semclear restore` writes beside one."""
    from semclear.tool.restore import result_files
    from semclear.tool.verdict import cautions

    source = dict(known or {})
    earlier = source.pop("earlier", ())
    return result_files.record_of(
        source=source,
        output="",
        engine=engine.record,
        pages=[LEFT if one is None else one.record() for one in judged],
        warnings=cautions.records([caution for one in judged if one is not None for caution in one.cautions]),
        sentence=engine.sentence,
        earlier=earlier,
    )
