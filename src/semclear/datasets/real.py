"""A data set of real micrographs: two folders, a clear and a degraded one, with nothing shared between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semclear.datasets import sources, splitting, survey
from semclear.datasets.draft import Draft, draft
from semclear.datasets.record import Record, Split
from semclear.datasets.survey import Original
from semclear.errors import SemclearError
from semclear.io.databar import Box
from semclear.io.png import to_uint8
from semclear.params import DataScale, Real

LEAST_SOURCES = 2
#: With what ids and sources of drawn micrographs begin.
DRAWN = "drawn"


@dataclass(frozen=True)
class Found:
    """What the folders hold: clear and degraded micrographs, and truths by the degraded file's path."""

    clear: list[Original]
    degraded: list[Original]
    truths: Mapping[Path, Original]

    def all(self) -> list[Original]:
        """Return every micrograph."""
        return [*self.clear, *self.degraded, *self.truths.values()]


@dataclass(frozen=True, eq=False)
class View:
    """A drawn clear micrograph.

    Attributes
    ----------
    name : str
        Names its random stream.
    image : ndarray, (H, W), float32
        In [0, 1].
    kind : str
        What it shows.
    pixel_size_nm : float
        Edge of a pixel in nanometres.
    """

    name: str
    image: np.ndarray
    kind: str
    pixel_size_nm: float


def counts(total: int, with_truth: int | None, share: float, data_scale: DataScale) -> dict[str, int]:
    """Return how many degraded sources are held out of training, by split.

    Test gets `share` of all degraded sources. Where there is truth, validation gets half as many, and both come from
    the sources that have it. Each gets at least one, no more than the scale's count, and one source at least is
    left for training.

    Parameters
    ----------
    total : int
        Degraded sources, at least 2; 3 with truth.
    with_truth : int or None
        How many of them have truth, at least 2; None where the data set has none.
    share : float
        In (0, 0.5].
    data_scale : DataScale
        Its `validation` and `test` are upper limits.

    Returns
    -------
    dict of str to int
        ``test`` and, where there is truth, ``validation``.
    """
    test = min(data_scale.test, max(1, round(share * total)))
    if with_truth is None:
        return {"test": min(test, total - 1)}
    validation = min(data_scale.validation, max(1, round(share * total / 2)), with_truth - 1, total - 2)
    return {"test": min(test, with_truth - validation, total - 1 - validation), "validation": validation}


def tiles(box: Box, size: int) -> Iterator[Box]:
    """Yield the squares of `size` pixels that fill a box without overlap, row by row; the sides share what is left."""
    columns, rows = box.width // size, box.height // size
    left, top = box.x + (box.width - columns * size) // 2, box.y + (box.height - rows * size) // 2
    for row in range(rows):
        for column in range(columns):
            yield Box(left + column * size, top + row * size, size, size)


def ingest(real: Real, data_scale: DataScale, seed: int, name: str, manifest_path: str | Path) -> None:
    """Make a data set of two folders of real micrographs.

    Data bars and frames are cut off. All clear sources are the clear training domain. Degraded sources are split at
    random, see `counts`: test (and validation, where there is truth) take whole micrographs, training takes squares of
    ``data_scale.size`` without overlap, save those of one grey value. Everything is stored as 8-bit
    gray PNG; all files are checked before any is written.

    Parameters
    ----------
    real : Real
        The folders, and which files are one source.
    data_scale : DataScale
        Edge of the training squares; upper limits of the held-out sources.
    seed : int
        The study's seed.
    name : str
        Of the data set.
    manifest_path : str or Path
        The manifest to appear.

    Raises
    ------
    SemclearError
        In one line, for a missing or empty folder, an image that cannot be used or is smaller than the squares, too
        few sources, a source or picture in both domains, truth of another size, a wrong table of sources, a full disk.
    """
    found = _look(real, data_scale.size)
    survey.check_apart(found.clear, [*found.degraded, *found.truths.values()])
    enter(found, real, data_scale, seed, name, manifest_path)


def enter(
    found: Found,
    real: Real,
    data_scale: DataScale,
    seed: int,
    name: str,
    manifest_path: str | Path,
    views: Sequence[View] = (),
) -> None:
    """Make the data set of micrographs that have been found good and apart; see `ingest`.

    Parameters
    ----------
    found : Found
        Each at least ``data_scale.size`` pixels on a side, nothing shared between clear and others.
    real, data_scale, seed, name, manifest_path
        As for `ingest`.
    views : sequence of View
        Drawn clear micrographs, which are the clear training domain beside those found; each is a source of its own.

    Raises
    ------
    SemclearError
        When sources are too few for the splits, a file is no longer what it was, or the disk refuses a write.
    """
    split_of = splits(found, real, data_scale, seed, name)
    white = survey.white_of(found.all())
    ids = _ids([*found.clear, *found.degraded], [f"{DRAWN}-{view.name}" for view in views])
    with draft(manifest_path, name, "real") as made:
        for original in found.clear:
            _add_tiles(made, original, "clear", ids[original.path], data_scale.size, white)
        for view in views:
            identity = f"{DRAWN}-{view.name}"
            made.records.append(
                Record(
                    id=identity,
                    split="clear",
                    source=f"{DRAWN}/{view.name}",  # no file name
                    kind=view.kind,
                    pixel_size_nm=view.pixel_size_nm,
                    **made.add_image(f"{identity}.png", view.image),
                )
            )
        for original in found.degraded:
            split = split_of[original.source]
            if split == "degraded":
                _add_tiles(made, original, split, ids[original.path], data_scale.size, white)
            else:
                _add_whole(made, original, split, ids[original.path], found.truths.get(original.path), white)
        made.notes = {"white_of_16_bit": white}


def _look(real: Real, size: int) -> Found:
    clear, degraded = Path(real.clear), Path(real.degraded)
    if clear.resolve() == degraded.resolve():
        raise SemclearError(
            f"{clear}: got one folder as clear and as degraded, expected two; correct params.yaml"
        )
    source_of = sources.by_table(Path(real.sources), real.source_column) if real.sources else sources.by_name
    found = Found(
        survey.look_through(clear, source_of, size), survey.look_through(degraded, source_of, size), {}
    )
    for folder, originals in ((clear, found.clear), (degraded, found.degraded)):
        _require(folder, originals, LEAST_SOURCES, "one for training, one for test; two clear ones")
    return Found(found.clear, found.degraded, _truths(real, found.degraded, size)) if real.truth else found


def _require(folder: Path, originals: Sequence[Original], least: int, why: str) -> None:
    if (got := len({original.source for original in originals})) < least:
        raise SemclearError(
            f"{folder}: got {got} source micrographs, expected at least {least} ({why}); add micrographs"
        )


def _truths(real: Real, degraded: Sequence[Original], size: int) -> dict[Path, Original]:
    """Return the truths of those degraded micrographs that have one of the same name and size."""
    folder = Path(real.truth or "")
    by_stem: dict[str, list[Path]] = {}
    for path in survey.list_images(folder):
        by_stem.setdefault(path.stem, []).append(path)
    truths = {}
    for original in degraded:
        paths = by_stem.get(original.path.stem, [])
        if len(paths) > 1:
            raise SemclearError(
                f"{paths[0]}: got {paths[1].name} too, expected one truth for {original.path.name}; remove one"
            )
        if paths:
            truth = survey.look_at(paths[0], original.source, size)
            if truth.shape != original.shape:
                (height, width), (rows, columns) = truth.shape, original.shape
                raise SemclearError(
                    f"{truth.path}: got {width} x {height} pixels, expected {columns} x {rows} as {original.path}; "
                    "crop or replace it"
                )
            truths[original.path] = truth
    complete = [item for item in degraded if item.source in with_truth(degraded, truths)]
    _require(folder, complete, 2, "one for validation, one for test, named like the degraded ones")
    _require(Path(real.degraded), degraded, 3, "one each for training, validation and test")
    return truths


def with_truth(degraded: Sequence[Original], truths: Mapping[Path, Original]) -> set[str]:
    """Return the names of the sources all of whose degraded micrographs have a truth."""
    return {item.source for item in degraded} - {item.source for item in degraded if item.path not in truths}


def splits(found: Found, real: Real, data_scale: DataScale, seed: int, name: str) -> dict[str, Split]:
    """Return the split of every degraded source: "degraded" (training), "test" or "validation"; see `counts`.

    It does not depend on the squares' size.

    Raises
    ------
    SemclearError
        When the sources are fewer than the splits need.
    """
    everything = {original.source for original in found.degraded}
    eligible = with_truth(found.degraded, found.truths) if real.truth else everything
    wanted = counts(len(everything), len(eligible) if real.truth else None, real.test_share, data_scale)
    drawn = splitting.assign(eligible, wanted, seed, "ingest", name)
    split_of: dict[str, Split] = dict.fromkeys(everything, "degraded")
    split_of.update(dict.fromkeys(drawn["test"], "test"))
    split_of.update(dict.fromkeys(drawn.get("validation", []), "validation"))
    return split_of


def _ids(originals: Sequence[Original], others: Sequence[str] = ()) -> dict[Path, str]:
    """Return an id for each file: its name in plain letters, numbered where two, or one and others, would be alike."""
    taken = {other.casefold() for other in others}
    ids = {}
    for original in originals:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", original.path.stem).strip("-.") or "micrograph"
        candidate, number = plain, 1
        while candidate.casefold() in taken:  # some file systems take A.png and a.png for one
            number += 1
            candidate = f"{plain}-{number}"
        taken.add(candidate.casefold())
        ids[original.path] = candidate
    return ids


def _common(original: Original, split: Split, box: Box) -> dict[str, Any]:
    origin = {
        "file": f"{original.path.parent.name}/{original.path.name}",
        "sha256": original.sha256,
        "dtype": original.dtype,
        "crop": [box.x, box.y, box.width, box.height],
    }
    return {
        "split": split,
        "source": original.source,
        "pixel_size_nm": original.pixel_size_nm,
        "origin": origin,
    }


def _add_tiles(made: Draft, original: Original, split: Split, stem: str, size: int, white: int) -> None:
    whole = original.picture(white)
    for box in tiles(original.box, size):
        identity = f"{stem}-x{box.x}-y{box.y}"
        part = Box(box.x - original.box.x, box.y - original.box.y, size, size).of(whole)
        if np.ptp(to_uint8(part)) == 0:  # saturated background teaches nothing, and is alike in both domains
            continue
        made.records.append(
            Record(id=identity, **_common(original, split, box), **made.add_image(f"{identity}.png", part))
        )


def _add_whole(
    made: Draft, original: Original, split: Split, identity: str, truth: Original | None, white: int
) -> None:
    box = original.box if truth is None else original.box.common(truth.box)
    fields = _common(original, split, box) | made.add_image(f"{identity}.png", original.picture(white, box))
    if truth is not None:
        fields |= made.add_truth(f"{identity}.truth.png", truth.picture(white, box))
        fields["origin"] |= {"truth_file": truth.path.name, "truth_sha256": truth.sha256}
    made.records.append(Record(id=identity, **fields))
