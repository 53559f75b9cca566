"""Real sharp micrographs as the clear scenes of synthetic data sets: reading, materials, splits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from semclear.datasets import real, sources, splitting, survey
from semclear.datasets.draft import draft
from semclear.datasets.record import Record, Split
from semclear.datasets.survey import Original
from semclear.errors import SemclearError
from semclear.io.databar import Box
from semclear.io.png import to_uint8

TABLE = "SOURCES.csv"
#: Sources that a material must have: one each for the clear and the degraded domain and for the test.
LEAST_SOURCES = 3
#: Side of a test picture in training squares: larger than they are, small enough for eight orientations at once.
TEST_SIDE = 2


def material_of(subject: str) -> str:
    """Return the material that a `subject` names first, in small letters.

    It stands before a comma, a bracket or " cross-section".
    """
    return re.split(r"[,(]| cross-section", subject)[0].strip().lower()


def look(folder: Path, least: int) -> tuple[list[Original], dict[str, str]]:
    """Read and check the sharp micrographs, with the material of each source.

    Parameters
    ----------
    folder : Path
        Holds ``sharp/`` and ``SOURCES.csv`` with the columns file, original_path and subject.
    least : int
        Least rows and columns of a picture.

    Returns
    -------
    originals : list of Original
        Of the materials with at least three sources.
    materials : dict
        From their sources to their materials.

    Raises
    ------
    SemclearError
        When a file cannot be used or is not in the table, or one source shows two materials.
    """
    table = folder / TABLE
    found = survey.look_through(folder / "sharp", sources.by_table(table, "original_path"), least)
    subject_of = sources.by_table(table, "subject")
    materials: dict[str, str] = {}
    for original in found:
        material = material_of(subject_of(original.path))
        if materials.setdefault(original.source, material) != material:
            raise SemclearError(
                f"{original.path}: got the material {material}, but {materials[original.source]} for another part of "
                f"{original.source}; correct {table}"
            )
    counts = {m: sum(other == m for other in materials.values()) for m in set(materials.values())}
    kept = {source: m for source, m in materials.items() if counts[m] >= LEAST_SOURCES}
    return [original for original in found if original.source in kept], kept


def split(materials: Mapping[str, str], test_share: float, seed: int) -> dict[str, Split]:
    """Return the split of every source: of each material a share for test, the rest halved between the domains.

    Parameters
    ----------
    materials : mapping
        From source to material.
    test_share : float
        In (0, 1); at least one source of a material is tested.
    seed : int
        The study's seed.

    Returns
    -------
    dict
        From source to "clear", "degraded" or "test".
    """
    split_of: dict[str, Split] = {}
    for material in sorted(set(materials.values())):
        own = [source for source, other in materials.items() if other == material]
        test = min(max(1, round(test_share * len(own))), len(own) - 2)
        clear = (len(own) - test) // 2
        wanted = {"test": test, "clear": clear, "degraded": len(own) - test - clear}
        drawn = splitting.assign(own, wanted, seed, "real-textures", material)
        split_of |= {source: name for name, names in drawn.items() for source in names}
    return split_of


def without(
    split_of: Mapping[str, Split], materials: Mapping[str, str], unseen: str | None
) -> dict[str, Split]:
    """Return the splits of a cross-material trial: training without a material, and a test of it alone.

    Parameters
    ----------
    split_of, materials : mapping
        By source.
    unseen : str or None
        The material; None returns all splits as they are.
    """
    if unseen is None:
        return dict(split_of)
    return {
        source: name for source, name in split_of.items() if (materials[source] == unseen) is (name == "test")
    }


def write(
    originals: Sequence[Original],
    materials: Mapping[str, str],
    split_of: Mapping[str, Split],
    size: int,
    path: Path,
) -> Path:
    """Write clear scenes of real texture; the project's `degrade` makes data sets of them.

    Training domains take squares without overlap, as `datasets.real` cuts
    them; the test takes the middle of each picture, up to twice as wide.

    Parameters
    ----------
    originals : sequence of Original
        From `look`.
    materials, split_of : mapping
        By source; originals whose source has no split are left out.
    size : int
        Edge of the squares.
    path : Path
        Manifest to appear, with ``images/`` beside it.

    Returns
    -------
    Path
        `path`.
    """
    white = survey.white_of(originals)
    with draft(path, "scenes", "scenes") as made:
        for original in originals:
            if original.source not in split_of:
                continue
            picture, name = original.picture(white), split_of[original.source]
            height, width = picture.shape
            whole = Box(0, 0, width, height)
            for box in [middle(whole, TEST_SIDE * size)] if name == "test" else real.tiles(whole, size):
                part = box.of(picture)
                if np.ptp(to_uint8(part)) == 0:  # saturated background teaches nothing
                    continue
                identity = f"{original.path.stem}-x{box.x}-y{box.y}"
                made.records.append(
                    Record(
                        id=identity,
                        split=name,
                        source=original.source,
                        kind=materials[original.source],
                        pixel_size_nm=original.pixel_size_nm,
                        **made.add_image(f"{identity}.png", part),
                    )
                )
    return path


def middle(box: Box, side: int) -> Box:
    """Return the middle of a box, at most `side` pixels wide and high."""
    width, height = min(box.width, side), min(box.height, side)
    return Box(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height)


def by_source(records: Sequence[Record], value: Callable[[Record], float]) -> dict[str, float]:
    """Return the mean of a value over the pictures of each source: a source is one observation."""
    values: dict[str, list[float]] = {}
    for record in records:
        values.setdefault(record.source, []).append(value(record))
    return {source: float(np.mean(numbers)) for source, numbers in values.items()}
