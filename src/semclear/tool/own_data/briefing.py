"""What a training on own images was understood to be, told before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from semclear.datasets.real import Found
from semclear.datasets.record import Split
from semclear.datasets.survey import Original
from semclear.io.databar import Box
from semclear.tool.own_data.gathering import DEGRADED, Folders, Gathered
from semclear.tool.own_data.plan import Squares, family_needed
from semclear.tool.own_data.start import METHOD, Start
from semclear.tool.terminal import aligned, many, printable

#: Median pixel sizes of the two folders that differ by this factor are no longer one magnification.
APART = 1.5


def _sources(originals: Sequence[Original]) -> int:
    return len({item.source for item in originals})


def _sizes(originals: Sequence[Original]) -> str:
    shapes = sorted({(item.box.width, item.box.height) for item in originals})
    ends = [f"{width} x {height}" for width, height in (shapes[0], shapes[-1])]
    return ends[0] if len(shapes) == 1 else f"{ends[0]} to {ends[1]}"


def _pixels(originals: Sequence[Original]) -> str:
    known = sorted(item.pixel_size_nm for item in originals if item.pixel_size_nm is not None)
    if not known:
        return "unknown"
    ends = [f"{known[0]:.3g}", f"{known[-1]:.3g}"]
    span = ends[0] if ends[0] == ends[1] else " to ".join(ends)
    return f"{span} nm" + ("" if len(known) == len(originals) else f" ({len(known)} of {len(originals)})")


def _cut(originals: Sequence[Original]) -> int:
    """Return how many micrographs have a data bar or a frame, which are cut off."""
    return sum(item.box != Box(0, 0, item.shape[1], item.shape[0]) for item in originals)


def _row(role: str, originals: Sequence[Original], where: object) -> list[str]:
    return [
        role,
        str(len(originals)),
        str(_sources(originals)),
        _sizes(originals),
        ", ".join(sorted({item.dtype for item in originals})),
        _pixels(originals),
        str(_cut(originals)),
        str(where),
    ]


def _of_history(gathered: Gathered) -> list[str]:
    used = {item.path for item in gathered.found.degraded}
    files = [
        f"{printable(one.path.name)} by {one.by}"
        for one in gathered.restored
        if one.role == DEGRADED and one.path in used
    ]
    if not files:
        return []
    return [
        f"restored before: {', '.join(files)}. The model will learn to mend what a restoration leaves, not what the "
        "microscope does; better give the files that these were made of"
    ]


def _of_magnification(found: Found) -> list[str]:
    sizes = [
        [item.pixel_size_nm for item in originals if item.pixel_size_nm is not None]
        for originals in (found.clear, found.degraded)
    ]
    if not all(sizes):
        return []
    clear, degraded = (median(known) for known in sizes)
    if max(clear, degraded) <= APART * min(clear, degraded):
        return []
    return [
        f"a pixel is {clear:.3g} nm in the clear micrographs and {degraded:.3g} nm in the degraded ones (medians): the "
        "model will learn the one magnification's texture for the other; give both at the same"
    ]


def warnings_of(gathered: Gathered) -> list[str]:
    """Return what speaks against the micrographs although they can be trained on.

    Degraded ones that are restorations, and folders whose magnifications differ.
    """
    return [*_of_history(gathered), *_of_magnification(gathered.found)]


def text_of(
    gathered: Gathered,
    folders: Folders,
    split_of: Mapping[str, Split],
    squares: Squares,
    values: Mapping[str, Any],
    training: Mapping[str, Any],
    start: Start | None = None,
) -> str:
    """Return the lines that a person reads first.

    Parameters
    ----------
    gathered, folders
        What was found, and where.
    split_of : mapping
        Split of each degraded source.
    squares : Squares
        How the training micrographs are cut.
    values, training : mapping
        Of `plan.settings_of`.
    start : Start, optional
        What the training starts from.
    """
    found, scale = gathered.found, values["scale"]
    clear = _drawn_row(values) if folders.clear is None else _row("clear", found.clear, folders.clear)
    clear_squares = "" if folders.clear is None else f"{squares.clear} clear, "
    rows = [clear, _row("degraded", found.degraded, folders.degraded)]
    if found.truths:
        rows.append(_row("truth", list(found.truths.values()), folders.truth))
    head = ["", "micrographs", "sources", "size (px)", "type", "pixel size", "data bar or frame", "folder"]
    held = {
        name: [item for item in found.degraded if split_of[item.source] == name]
        for name in ("test", "validation")
    }
    lines = [aligned(head, rows, right=(1, 2, 6)), ""]
    if folders.sources is None:
        lines.append(
            "Each file is taken for a source of its own: where several show one field, say so by --sources, or the "
            "test is no test."
        )
    for name, why in (("test", "for the test"), ("validation", "for validation, by their truth")):
        if held[name]:
            share = 100 * _sources(held[name]) / _sources(found.degraded)
            lines.append(
                f"Held out {why}: {many(len(held[name]), 'degraded micrograph')} of "
                f"{many(_sources(held[name]), 'source')} ({share:.0f} %), which no training sees: "
                f"{', '.join(printable(i.path.name) for i in held[name])}"
            )
    lines += [
        f"Cut for training into squares of {squares.side} px ({squares.reason}): {clear_squares}"
        f"{squares.degraded} degraded; crops of {values['scales'][scale]['train']['crop']} px at random places of "
        "these",
        _training(values, training, start),
    ]
    if folders.clear is None:
        lines.insert(
            2,
            f"No clear micrographs were given (--clear): {values['own']['count']} are drawn, and the instruments are "
            "read from the degraded ones. The model will have seen drawn clear micrographs alone.",
        )
    members, needed = (
        squares.degraded + len(held["validation"]),
        family_needed(values["restoration"]["flag_level"]),
    )
    if members < needed:
        lines.append(
            f"warning: {members} degraded squares are too few for a trust flag, which needs {needed}: give more or "
            "larger degraded micrographs"
        )
    lines += [f"warning: {text}" for text in warnings_of(gathered)]
    domains = [found.clear, found.degraded] if folders.clear is not None else []
    if not all(any(item.pixel_size_nm for item in originals) for originals in domains):
        lines.append(
            "The pixel size is unknown: see to it that both folders show the same kind of specimen at the same "
            "magnification, or texture will be invented."
        )
    if not found.truths:
        lines.append("There is no truth: nothing will measure how right the restorations are (--truth).")
    if gathered.refused:
        lines += ["", f"{many(len(gathered.refused), 'file')} not used:"]
        lines += [f"  {one.role} {printable(one.path.name)}: {one.reason}" for one in gathered.refused]
    return "\n".join(lines)


def _drawn_row(values: Mapping[str, Any]) -> list[str]:
    """Return the table's line of clear micrographs that will be drawn."""
    name, count = values["own"]["views"], str(values["own"]["count"])
    low, high = values["views"][name]["pixel_size_nm"]
    side = values["scales"][values["scale"]]["data"]["size"]
    return [
        "clear, drawn",
        count,
        count,
        f"{side} x {side}",
        "uint8",
        f"{low:.3g} to {high:.3g} nm",
        "0",
        f"views.{name} of params.yaml",
    ]


def _training(values: Mapping[str, Any], training: Mapping[str, Any], start: Start | None) -> str:
    scale = values["scale"]
    lengths = values["scales"][scale]["train"]
    line = next(value for key, value in training.items() if key.startswith("experiments."))
    epochs = max(1, round(lengths["epochs"] * training["train"]["budget"]))
    tiles = (
        "restored by tiles is restored whole"
        if training["model"]["normalisation"] == "none"
        else "large micrographs restored by tiles may differ from the whole"
    )
    compute = values["compute"]
    began = ""
    if line["method"] == METHOD:
        began = f", from {'nothing' if start is None else f'{start.name} (sha256 {start.sha256[:12]})'}"
    return (
        f"Trained by {line['method']}{began} at scale {scale}: {many(epochs, 'epoch')} of "
        f"{lengths['steps_per_epoch']} steps with {lengths['batch']} crops each, "
        f"on {compute['backend']} with {many(compute['threads'], 'thread')}; "
        f"normalisation {training['model']['normalisation']}: {tiles}"
    )
