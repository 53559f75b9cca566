"""A person's own folders, looked through to the end: what can be used, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from semclear.datasets import sources, survey
from semclear.datasets.real import LEAST_SOURCES, Found, with_truth
from semclear.datasets.survey import Original
from semclear.errors import FileError, SemclearError
from semclear.files import sha256
from semclear.io.databar import Box
from semclear.io.read import read as read_file
from semclear.tool.restore import result_files
from semclear.tool.terminal import many, printable

CLEAR, DEGRADED, TRUTH = "clear", "degraded", "truth"


@dataclass(frozen=True)
class Folders:
    """Where the micrographs lie, as `semclear.params.Real` holds it.

    Attributes
    ----------
    clear : Path or None
        Clear micrographs; None where there are none, and clear views are drawn.
    degraded : Path
        Degraded ones.
    truth : Path or None
        Clear images named like the degraded ones.
    sources : Path or None
        CSV table of sources; without it each file name is one.
    source_column : str
        Of the table.
    region : Box or None
        The part of every micrograph that is looked at, as far as its picture reaches into it; all by default.
    """

    clear: Path | None
    degraded: Path
    truth: Path | None = None
    sources: Path | None = None
    source_column: str = "original_path"
    region: Box | None = None


@dataclass(frozen=True)
class Refused:
    """A file that cannot be used: which of the folders, which file, and why."""

    role: str
    path: Path
    reason: str


@dataclass(frozen=True)
class Restored:
    """A file that is itself a restoration: in which of the folders, which file, and what made it."""

    role: str
    path: Path
    by: str


@dataclass
class Gathered:
    """What the folders hold: the micrographs that can be used, the files that cannot, and which are restorations."""

    found: Found
    refused: list[Refused] = field(default_factory=list)
    restored: list[Restored] = field(default_factory=list)


def check_folders(folders: Folders) -> None:
    """Refuse folders that are missing or not several, and a region that is none, before any image is read.

    Raises
    ------
    SemclearError
        In one line.
    """
    named = [
        (f"--{role}", path)
        for role, path in ((CLEAR, folders.clear), (DEGRADED, folders.degraded), (TRUTH, folders.truth))
        if path is not None
    ]
    for option, path in named:
        if not path.is_dir():
            got = "a file" if path.is_file() else "no such folder"
            raise SemclearError(f"{option} {path}: got {got}, expected a folder of micrographs; correct it")
    for place, (option, path) in enumerate(named):
        for other, twin in named[:place]:
            if path.resolve() == twin.resolve():
                raise SemclearError(
                    f"{option} {path}: got the same folder as {other}, expected another; sort the micrographs into "
                    "one folder each"
                )
    if (part := folders.region) is not None and (min(part.x, part.y) < 0 or min(part.width, part.height) < 1):
        raise SemclearError(
            f"--region: got {part.x} {part.y} {part.width} {part.height}, expected a corner from 0 0 on, and a width "
            "and height of at least 1; correct it"
        )
    if folders.sources is not None and not folders.sources.is_file():
        raise SemclearError(
            f"--sources {folders.sources}: got no such file, expected a CSV table; correct it"
        )


def _look_through(
    role: str,
    folder: Path,
    source_of: Callable[[Path], str],
    least: int,
    region: Box | None,
    gathered: Gathered,
) -> list[Original]:
    usable: list[Original] = []
    refused = gathered.refused
    try:
        paths = survey.list_images(folder)
    except SemclearError as error:
        raise SemclearError(f"--{role} {error}") from None
    for path in paths:
        if path.name.lower().endswith(result_files.UNCERTAINTY):
            refused.append(Refused(role, path, "the uncertainty map of a restoration"))
            continue
        try:
            original, restored_by = look_at(path, source_of(path), region)
        except SemclearError as error:
            refused.append(Refused(role, path, error.said if isinstance(error, FileError) else str(error)))
            continue
        if restored_by is not None:
            gathered.restored.append(Restored(role, path, restored_by))
        if min(_sides(original.box)) < least:
            refused.append(Refused(role, path, _too_small(original, least, region)))
            continue
        usable.append(original)
    return usable


def _sides(box: Box) -> tuple[int, int]:
    return box.width, box.height


def _too_small(original: Original, least: int, region: Box | None) -> str:
    height, width = original.shape
    where = "" if region is None else " within --region"
    return (
        f"got {max(0, original.box.width)} x {max(0, original.box.height)} pixels of picture{where} (file {width} x "
        f"{height}), expected at least {least} x {least}, the crop that is trained on; use larger ones, or lower it by "
        "-S scales.NAME.train.crop=..."
    )


def _without_copies(role: str, originals: Sequence[Original], refused: list[Refused]) -> list[Original]:
    """Return the originals without pictures that stand there under two sources; the first by name is kept."""
    first: dict[str, Original] = {}
    kept = []
    for original in originals:
        twin = first.setdefault(original.content, original)
        if twin.source == original.source:
            kept.append(original)
        else:
            refused.append(
                Refused(role, original.path, f"the same picture as {twin.path.name}; that one is used")
            )
    return kept


def _apart(found: Found, refused: list[Refused]) -> Found:
    """Return what is left when nothing may stand in both domains.

    Nobody can tell on which side a picture belongs that stands on both:
    neither copy is used. Where only the source is the same, the clear one is
    left out, as are clear copies of a truth.
    """
    clear_content = {item.content: item for item in found.clear}
    both = {item.content: item for item in found.degraded if item.content in clear_content}
    sources_of_degraded = {item.source: item for item in found.degraded}
    truths = {item.content: item for item in found.truths.values()}
    clear, degraded = [], []
    for item in found.clear:
        if item.content in both:
            reason = f"the same picture as {both[item.content].path}: clear or degraded? neither is used"
        elif item.content in truths:
            reason = f"the same picture as the truth {truths[item.content].path}, which no training may see"
        elif item.source in sources_of_degraded:
            reason = (
                f"the same source ({item.source}) as {sources_of_degraded[item.source].path}: training is without "
                "pairs; rename it if it shows another field, or give --sources"
            )
        else:
            clear.append(item)
            continue
        refused.append(Refused(CLEAR, item.path, reason))
    for item in found.degraded:
        if item.content in both:
            twin = clear_content[item.content].path
            reason = f"the same picture as {twin}: clear or degraded? neither is used"
            refused.append(Refused(DEGRADED, item.path, reason))
        else:
            degraded.append(item)
    kept = {item.path for item in degraded}
    return Found(clear, degraded, {path: truth for path, truth in found.truths.items() if path in kept})


def _truths(
    folder: Path, degraded: Iterable[Original], least: int, region: Box | None, gathered: Gathered
) -> dict[Path, Original]:
    """Return the truth of each degraded micrograph that has one of the same name and size."""
    refused = gathered.refused
    by_stem: dict[str, list[Original]] = {}
    for truth in _look_through(TRUTH, folder, sources.by_name, least, region, gathered):
        by_stem.setdefault(truth.path.stem, []).append(truth)
    truths = {}
    for original in degraded:
        fitting = by_stem.pop(original.path.stem, [])
        refused += [
            Refused(
                TRUTH, extra.path, f"a second truth of {original.path.name}; {fitting[0].path.name} is used"
            )
            for extra in fitting[1:]
        ]
        if not fitting:
            continue
        truth = fitting[0]
        if truth.shape != original.shape:
            (height, width), (rows, columns) = truth.shape, original.shape
            reason = f"got {width} x {height} pixels, expected {columns} x {rows} as {original.path.name}"
            refused.append(Refused(TRUTH, truth.path, reason))
        elif truth.content == original.content:
            reason = f"the same picture as {original.path.name}, expected its clear counterpart"
            refused.append(Refused(TRUTH, truth.path, reason))
        elif min(_sides(truth.box.common(original.box))) < least:
            reason = f"shares no {least} x {least} pixels of picture with {original.path.name}"
            refused.append(Refused(TRUTH, truth.path, reason))
        else:
            truths[original.path] = replace(truth, source=original.source)
    refused += [
        Refused(TRUTH, truth.path, "no degraded micrograph of this name is used")
        for left in by_stem.values()
        for truth in left
    ]
    return truths


def gather(folders: Folders, least: int) -> Gathered:
    """Look through the folders and sort out what cannot be used, without stopping at the first such file.

    Parameters
    ----------
    folders : Folders
        See `check_folders`, which comes first.
    least : int
        Least side in pixels of a picture, without data bar and frame.

    Returns
    -------
    Gathered
        Nothing in it is shared between the clear domain and the others, and
        no picture has two sources, as `semclear.datasets.survey.check_apart`
        demands.

    Raises
    ------
    SemclearError
        When a folder holds no image, the table of sources is wrong, or two truths are one picture.
    """
    gathered = Gathered(Found([], [], {}))
    refused = gathered.refused
    table = folders.sources
    source_of = sources.by_name if table is None else sources.by_table(table, folders.source_column)
    clear, degraded = (
        []
        if folder is None
        else _without_copies(
            role, _look_through(role, folder, source_of, least, folders.region, gathered), refused
        )
        for role, folder in ((CLEAR, folders.clear), (DEGRADED, folders.degraded))
    )
    truths = (
        {} if folders.truth is None else _truths(folders.truth, degraded, least, folders.region, gathered)
    )
    found = _apart(Found(clear, degraded, truths), refused)
    survey.check_apart(found.clear, [*found.degraded, *found.truths.values()])
    order = (CLEAR, DEGRADED, TRUTH)
    refused.sort(key=lambda one: (order.index(one.role), one.path.name))
    gathered.found = found
    return gathered


class OwnOriginal(survey.Original):
    """A micrograph whose greys are those of `semclear.io.read.read`."""

    def picture(self, white: int, box: Box | None = None) -> np.ndarray:
        """Read the file again and return its picture, float32 (H, W) in [0, 1].

        Parameters
        ----------
        white : int
            Not used: each file's own grey range is that which restoring gives it, whatever the others hold.
        box : Box, optional
            The part to return; `self.box` by default.
        """
        return (box or self.box).of(read_file(self.path).pages[0].image)


def look_at(path: Path, source: str, region: Box | None = None) -> tuple[OwnOriginal, str | None]:
    """Read and check one micrograph.

    Parameters
    ----------
    path : Path
        The file.
    source : str
        Its source micrograph.
    region : Box, optional
        The part of it that is looked at.

    Returns
    -------
    OwnOriginal
        Its box leaves out data bar and frame, and what is outside the region (then it may be empty); its peak is the
        number that is white in a 16-bit file.
    str or None
        What restored it, where it is a restoration; see `Original.restored_before`.

    Raises
    ------
    SemclearError
        As `semclear.io.read.read`, and for a file of several pages.
    """
    read = read_file(path)
    if len(read.pages) > 1:
        raise FileError(
            path, f"got {len(read.pages)} pages, expected one micrograph; save each page you want as a file"
        )
    page = read.pages[0]
    box = page.box if region is None else page.box.common(region)
    picture = box.of(page.image) if min(_sides(box)) > 0 else page.image[:0]
    found = OwnOriginal(
        path,
        source,
        sha256(path),
        survey.content_of(picture),
        page.image.shape,
        box,
        round(read.high) if read.dtype == "uint16" else None,
        read.dtype,
        read.pixel_size_nm,
    )
    return found, read.restored_before


#: Files that a message names, before it counts the rest.
NAMED = 5


def check_originals(gathered: Gathered, folders: Folders) -> None:
    """Refuse restorations as clear micrographs or truths.

    A network learns what clear looks like from the one folder and is measured
    by the other: what an earlier network invented would pass for real in both.

    Raises
    ------
    SemclearError
        In one line that names the files.
    """
    for role, folder in ((CLEAR, folders.clear), (TRUTH, folders.truth)):
        files = [f"{printable(one.path.name)} by {one.by}" for one in gathered.restored if one.role == role]
        if files:
            named = ", ".join(files[:NAMED]) + (
                f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
            )
            raise SemclearError(
                f"--{role} {folder}: got restored {'image' if len(files) == 1 else 'images'} ({named}), expected "
                "micrographs as the microscope took them: what was invented would be learnt as real; take these files "
                "out"
            )


def check_enough(gathered: Gathered, folders: Folders) -> None:
    """Refuse folders in which too little is left to train and to test.

    Raises
    ------
    SemclearError
        In one line, with what was left, what is needed and how many files were refused.
    """
    found = gathered.found
    with_truths = folders.truth is not None
    wanted: list[tuple[str, Path, list[Original], int, str]] = []
    if folders.clear is not None:
        wanted.append((CLEAR, folders.clear, found.clear, LEAST_SOURCES, "to learn what clear looks like"))
    wanted.append(
        (
            DEGRADED,
            folders.degraded,
            found.degraded,
            LEAST_SOURCES + with_truths,
            "one each for training, validation and test"
            if with_truths
            else "one for training, one for the test",
        )
    )
    if folders.truth is not None:
        complete = with_truth(found.degraded, found.truths)
        known = [item for item in found.degraded if item.source in complete]
        wanted.append((TRUTH, folders.truth, known, 2, "one for validation, one for the test"))
    for role, folder, originals, least, why in wanted:
        got = len({original.source for original in originals})
        if got < least:
            count = sum(one.role == role for one in gathered.refused)
            raise SemclearError(
                f"--{role} {folder}: got {many(got, 'usable source micrograph')}, expected at least "
                f"{least} ({why}); {f'{count} files were refused, see above' if count else 'add micrographs'}"
            )
