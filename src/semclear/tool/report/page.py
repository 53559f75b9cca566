"""One HTML page for a batch of restored micrographs, to look at and to judge: no network, no other file."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import IO, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.tool.report import reduction
from semclear.tool.report.entry import Entry, check
from semclear.tool.report.pictures import gradient, pictures_of, thumbnail_of
from semclear.tool.report.scale_bar import scale_bar
from semclear.tool.verdict import explanations, wording
from semclear.tool.verdict.wording import SENTENCE

__all__ = ["Entry", "Page", "opened", "write"]

SCRIPTS = ("png.js", "view.js", "profile.js", "chart.js", "page.js")
THUMBNAIL = 192  # longest side, pixels
CHUNK = 1 << 20  # characters of the sections copied at once
UNFOLDED = 4  # sections that are open when the page is: the first so many


@dataclass(frozen=True)
class _Line:
    """An entry of the table of contents."""

    anchor: str
    name: str
    thumbnail: str
    shape: tuple[int, int]
    words: wording.Words
    warnings: int
    notes: int
    file: str


def _verdicts(lines: list[_Line]) -> list[str]:
    """Return how many have which verdict, the worst one first; the verdict alone where all have the same."""
    found = wording.counted(line.words.short for line in lines)
    return list(found) if len(found) == 1 else [f"{count} {short}" for short, count in found.items()]


def _asset(name: str) -> str:
    text = resources.files("semclear.tool.report").joinpath("assets", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _chunks(stream: IO[str]) -> Iterator[Markup]:
    stream.seek(0)
    while text := stream.read(CHUNK):
        yield Markup(text)


class Page:
    """A page that is fed micrograph by micrograph; of each only its line of the contents is held.

    Parameters
    ----------
    sections : text stream
        Takes the sections.
    side : int
        See `opened`.
    """

    def __init__(self, sections: IO[str], side: int) -> None:
        self._sections, self._side = sections, side
        self._lines: list[_Line] = []
        self._environment = Environment(
            loader=PackageLoader("semclear.tool.report", "assets"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["gradient"] = gradient

    def add(self, entry: Entry) -> None:
        """Write the section of a micrograph.

        Raises
        ------
        SemclearError
            For arrays of unequal shape or with NaN, and for a pixel size or factor that is not positive.
        """
        check(entry)
        # Here, since it loads SciPy: the command line imports this module before it knows whether a page is wanted.
        from semclear.restoration.checks.uncertainty import FLOOR

        number = len(self._lines) + 1
        anchor, judged, words = f"m{number}", entry.judged, entry.judged.words
        height, width = np.shape(judged.before)
        shape = reduction.shown_shape((height, width), self._side)
        self._sections.write(
            self._environment.get_template("micrograph.html").render(
                entry=entry,
                anchor=anchor,
                unfolded=number <= UNFOLDED,
                height=height,
                width=width,
                shown=shape,
                pictures=list(pictures_of(entry, shape)),
                scale_bar=None if entry.pixel_size_nm is None else scale_bar(width, entry.pixel_size_nm),
                words=words,
                unlike=wording.UNLIKE,
                tables=explanations.rows(judged.checks, judged.limits),
                restoration=explanations.RESTORATION,
                floor=FLOOR,
            )
        )
        small = reduction.shown_shape((height, width), THUMBNAIL)
        self._lines.append(
            _Line(
                anchor,
                entry.name,
                thumbnail_of(entry, small),
                small,
                words,
                len(entry.warnings),
                len(entry.notes),
                entry.file or anchor,
            )
        )

    def write(self, path: Path, title: str, sentence: str) -> None:
        """Write the whole page; see `opened`.

        Raises
        ------
        SemclearError
            When no micrograph was added.
        """
        lines = self._lines
        if not lines:
            raise SemclearError(f"{path}: got no restored micrograph, expected at least one to report")
        script = "\n".join(["'use strict';", *(_asset(name) for name in SCRIPTS)])
        page = self._environment.get_template("page.html").stream(
            title=title,
            sentence=sentence,
            lines=lines,
            files=len({line.file for line in lines}),
            verdicts=_verdicts(lines),
            warned=sum(bool(line.warnings) for line in lines),
            noted=sum(bool(line.notes) for line in lines),
            sections=_chunks(self._sections),
            style=Markup(_asset("page.css")),
            script=Markup(script),
            digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        )
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(page)


@contextmanager
def opened(
    path: str | Path,
    *,
    title: str,
    sentence: str = SENTENCE,
    side: int = reduction.SIDE,
    replace: bool = True,
) -> Iterator[Page]:
    """Yield a page to add micrographs to; it appears at the end of the block, whole or not at all.

    Parameters
    ----------
    path : str or Path
        The HTML file to appear.
    title : str
        Of the page.
    sentence : str
        What may be invented, see `semclear.tool.verdict.wording`.
    side : int
        Longest side shown, in pixels: larger micrographs are shown as means
        over areas, and the page says so. See `reduction.side_for`.
    replace : bool
        See `files.whole_file`.

    Raises
    ------
    SemclearError
        As `Page.add`, when none was added, or when the disk refuses the file.
    """
    with (
        whole_file(path, replace) as scratch,
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=scratch.parent) as sections,
    ):
        page = Page(sections, side)
        yield page
        page.write(scratch, title, sentence)


def write(path: str | Path, entries: Iterable[Entry], **look: Any) -> None:
    """Write a page of entries, which may be made as they are asked for: one at a time is held. Else as `opened`."""
    with opened(path, **look) as page:
        for entry in entries:
            page.add(entry)
            del entry  # or it would be held while the next one is made
