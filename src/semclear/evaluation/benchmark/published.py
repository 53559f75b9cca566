"""Whether a benchmark that somebody made holds the published pictures: to the byte, but for rounding, or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from semclear.evaluation.benchmark.folder import BenchmarkFolder, StoredFile, files_of
from semclear.evaluation.benchmark.real_pictures import PREFIX

#: Comes with the package: hashes and block means of the drawn pictures, as the project's own computer drew them.
FILE = "published.json"
#: Grey levels, 0 to 255, by which the mean of a block may differ and still be called rounding: that of a picture of
#: which every pixel is off by a grey would be 1, that of a picture with other parameters is mostly far more.
ROUNDING = 0.05
EQUAL, PIXELS, ROUNDED, OTHER = "equal", "equal pixels", "equal but for rounding", "other"


@dataclass(frozen=True)
class Comparison:
    """A benchmark's drawn pictures against the published ones.

    Attributes
    ----------
    files : int
        How many the published benchmark has: inputs, truths and labels.
    equal_files, equal_pixels : int
        Of the same bytes, and of the same pixels whatever their PNG's bytes.
    differing : tuple of str
        Files whose pixels differ, or that are missing or too many.
    largest : float
        Largest difference of a block's mean grey, 0 to 255, over the differing inputs and truths; infinite where
        a file is missing, too many, or holds labels, of which no difference is small.
    """

    files: int
    equal_files: int
    equal_pixels: int
    differing: tuple[str, ...]
    largest: float

    @property
    def verdict(self) -> str:
        """Return `EQUAL`, `PIXELS`, `ROUNDED` or `OTHER`."""
        if self.differing:
            return ROUNDED if self.largest <= ROUNDING else OTHER
        return EQUAL if self.equal_files == self.files else PIXELS

    @property
    def sentence(self) -> str:
        """Return what was compared and found, for a person."""
        compared = f"{self.files} drawn files compared with the published benchmark's hashes: "
        if not self.differing:
            rest = "" if self.verdict == EQUAL else "; the others have the same pixels in another PNG"
            return f"{compared}{self.equal_files} have the same bytes{rest}"
        apart = (
            f"the mean grey of their blocks differs by {self.largest:.3g} of 255 at most"
            if self.largest < float("inf")
            else "some are missing, too many, or hold other objects"
        )
        meaning = (
            "as where two processors round apart: rows can be compared"
            if self.verdict == ROUNDED
            else "these are other pictures (other settings or version?): rows cannot be compared"
        )
        first = ", ".join(self.differing[:3])
        return f"{compared}{len(self.differing)} have other pixels ({first}); {apart}, {meaning}"


def _drawn(made: BenchmarkFolder) -> dict[str, StoredFile]:
    entries = [entry for entry in made.entries if not entry.set.startswith(PREFIX)]
    return {file.file: file for entry in entries for file in files_of(entry)}


def summary_of(made: BenchmarkFolder) -> dict[str, Any]:
    """Return what `FILE` holds of a benchmark: by file its hashes, shortened to 16 digits, and its block means."""
    return {
        "version": made.version,
        "files": {
            name: [file.sha256[:16], file.pixels[:16], file.blocks]
            for name, file in sorted(_drawn(made).items())
        },
    }


def published() -> Mapping[str, Any]:
    """Return what `FILE` holds."""
    text = (resources.files("semclear.evaluation.benchmark") / FILE).read_text(encoding="utf-8")
    values: Mapping[str, Any] = json.loads(text)
    return values


def _difference(own: StoredFile | None, blocks: list[float] | None) -> float:
    if own is None or not blocks or len(own.blocks) != len(blocks):
        return float("inf")
    return max(abs(one - other) for one, other in zip(own.blocks, blocks, strict=True))


def compare(made: BenchmarkFolder, wanted: Mapping[str, Any] | None = None) -> Comparison:
    """Compare a benchmark's drawn pictures with the published ones.

    Parameters
    ----------
    made : BenchmarkFolder
        Of any computer.
    wanted : mapping, optional
        As `summary_of` returns it; by default what comes with the package.

    Returns
    -------
    Comparison
    """
    wanted = published() if wanted is None else wanted
    own, files = _drawn(made), wanted["files"]
    equal_files = sum(own[name].sha256[:16] == files[name][0] for name in own.keys() & files.keys())
    same = {name for name in own.keys() & files.keys() if own[name].pixels[:16] == files[name][1]}
    differing = sorted((own.keys() | files.keys()) - same)
    largest = max(
        (_difference(own.get(name), files[name][2] if name in files else None) for name in differing),
        default=0.0,
    )
    if made.version != wanted["version"]:
        largest = float("inf")
    return Comparison(len(files), equal_files, len(same), tuple(differing), largest)
