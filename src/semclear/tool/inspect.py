"""`semclear inspect`: what is understood of each file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from semclear.errors import SemclearError
from semclear.files import rounded
from semclear.models import archive, catalogue
from semclear.tool import terminal
from semclear.tool.micrograph import description, missing_pixel_size, selection
from semclear.tool.restore import inputs, one_file
from semclear.tool.restore.request import Request, check_numbers
from semclear.tool.terminal import aligned, printable

Read = Callable[..., Mapping[str, float]]


def _reader(model: str | None, quick: bool, backend: str) -> Read | None:
    """Return what reads blur and veil by a model; None where formulas are to guess, or nothing else can."""
    if quick:
        if model is not None:
            raise SemclearError("--quick: got it together with --model; leave one out")
        if backend != "auto":
            raise SemclearError("--quick: got it together with --backend, which runs a model; leave one out")
        return None
    if model is None and not catalogue.has_default():
        return None
    found = catalogue.find(model)
    if found.is_onnx:
        raise SemclearError(
            f"--model: {found.path.name} is a restorer alone, expected a model with an encoder that reads blur and "
            "veil; use the bundle it was exported from, or leave it out to let formulas guess"
        )
    from semclear.tool import runtime

    bundle = archive.read(found.path).bundle
    runtime.configure(backend, threads=1)
    read = description.reading_of(bundle)
    if read is None and model is not None:
        raise SemclearError(
            f"--model: {found.name} has no encoder that reads blur and veil ({bundle.method}), expected a "
            "cyclegan-physics or instrument model; leave it out to let formulas guess"
        )
    return read


def understand(path: Path, request: Request, read: Read | None) -> dict[str, Any]:
    """Return all that is understood of one file, as JSON holds it.

    Raises
    ------
    SemclearError
        When it cannot be read.
    """
    original = one_file.read(path, request)
    unknown = original.pixel_size_nm is None
    pictures, count = [], len(original.pages)
    for number in request.selection.numbers(path, count):
        page = original.pages[number - 1]
        picture = description.picture_of(page)
        known: dict[str, Any] = {"page": number, "databar_rows": int(page.databar_rows)}
        if count > 1:
            known["metadata"] = dict(sorted(page.metadata.items()))
        if description.unfit(picture):
            pictures.append({**known, "left": selection.BLANK})
            continue
        values = description.measured(picture, read)
        numbers = {key: value for key, value in values.items() if isinstance(value, float)}
        pictures.append({**known, **values, **rounded(numbers)})
    return {
        **description.described(original),
        **({"pixel_size_looked_for_in": missing_pixel_size.places(path, original.format)} if unknown else {}),
        "path": str(path),
        "notes": list(original.notes),
        "pictures": pictures,
    }


def _lines_of_picture(values: Mapping[str, Any], pixel_size_nm: float | None) -> list[tuple[str, str]]:
    told = [(name, str(value)) for name, value in values.get("metadata", {}).items()]
    if "left" in values:
        return [*told, ("picture", values["left"])]
    width = values["edge_width"]
    edge = "too few edges to tell" if width is None else f"{width:.2g} pixels from 10 to 90 %"
    if width is not None and pixel_size_nm is not None:
        edge += f", {width * pixel_size_nm:.3g} nm"
    noise = f"{100 * values['noise']:.2g} % of the range"
    if values["noise_correlation"] is not None:
        noise += f", correlation {round(values['noise_correlation'], 2) + 0.0:.2f} from a pixel to the next along rows"
    who = "read by the model's encoder" if values["guessed_by"] == "encoder" else "guessed by formulas"
    bar = values["databar_rows"]
    return [
        *told,
        ("data bar", f"{bar} rows at the bottom" if bar else "none found"),
        (
            "grey",
            f"{100 * values['grey_low']:.0f} to {100 * values['grey_high']:.0f} % of the range (1st to 99th "
            "percentile)",
        ),
        ("noise", noise),
        ("edge width", edge),
        ("blur", f"sigma {values['blur_sigma']:.2g} pixels, {who}"),
        (
            "veil",
            f"{100 * values['transmission']:.0f} % transmission under grey {100 * values['airlight']:.0f} %, {who}",
        ),
    ]


def _lines_of_pictures(
    pictures: Sequence[Mapping[str, Any]], pixel_size_nm: float | None, many: bool
) -> list[tuple[str, str]]:
    """Return the lines of all pages; what several have alike is said once."""
    said: dict[str, dict[str, list[int]]] = {}
    for picture in pictures:
        for name, text in _lines_of_picture(picture, pixel_size_nm):
            said.setdefault(name, {}).setdefault(text, []).append(picture["page"])
    return [
        (f"{name}, {selection.pages_text(numbers)}" if many else name, text)
        for name, texts in said.items()
        for text, numbers in texts.items()
    ]


def text_of(values: Mapping[str, Any]) -> str:
    """Return what is understood of a file, for people."""
    size = values["pixel_size_nm"]
    looked = "; ".join(
        [
            f"unknown: none in {', '.join(values.get('pixel_size_looked_for_in', []))}",
            missing_pixel_size.BELIEVED,
        ]
    )
    lines = [
        ("size", f"{values['width']} x {values['height']} pixels, {values['pages']} page(s)"),
        ("type", f"{values['format']}, {values['dtype']}, {values['layout']}"),
        ("grey range", f"{values['low']:g} to {values['high']:g}"),
        ("pixel size", looked if size is None else f"{size:.4g} nm ({values['pixel_size_source']})"),
        ("vendor", values["vendor"] or "unknown"),
    ]
    if values["restored_before"]:
        lines.append(("restored before", f"by {values['restored_before']}"))
    lines += _lines_of_pictures(values["pictures"], size, many=values["pages"] > 1)
    of_pages = {name for picture in values["pictures"] for name in picture.get("metadata", {})}
    lines += [(name, str(value)) for name, value in values["metadata"].items() if name not in of_pages]
    lines += [("note", note) for note in values["notes"]]
    first, *others = lines
    table = aligned(first, others)
    return "\n".join([printable(values["path"]), *("  " + line for line in table.splitlines())])


def run(
    words: Sequence[str],
    *,
    model: str | None,
    quick: bool,
    databar: int | None,
    to_gray: bool,
    backend: str,
    as_json: bool,
    grey_range: tuple[float, float] | None = None,
    pages: str | None = None,
) -> int:
    """Print what is understood of files; see `semclear inspect --help` for the arguments.

    Returns
    -------
    int
        0: all are understood; 1: none; 2: some are not.
    """
    found = inputs.find(words)
    read = _reader(model, quick, backend)
    request = Request(
        tuple(words), Path(), databar=databar, to_gray=to_gray, grey_range=grey_range, pages=pages
    )
    check_numbers(request)
    documents: list[dict[str, Any]] = []
    failed = 0
    for note in () if as_json else found.notes:
        print(f"note: {printable(note)}\n")
    for item in found.items:
        try:
            document = understand(item.path, request, read)
            text = "" if as_json else text_of(document)
        except Exception as error:  # whatever it is, the other files are not to suffer
            failed += 1
            line, trace = terminal.explained(item.path, error, "not enough memory")
            document = {"path": str(item.path), "error": line, **({"traceback": trace} if trace else {})}
            text = f"error: {line}"
        documents.append(document)
        if not as_json:
            print(f"{text}\n", flush=True)
    if as_json:
        print(json.dumps(documents, indent=1, sort_keys=True, allow_nan=False))
    if failed:
        return 1 if failed == len(found.items) else 2
    return 0
