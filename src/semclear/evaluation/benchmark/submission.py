"""Somebody's restorations of the benchmark: read, checked for completeness, and scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from semclear.datasets import survey
from semclear.errors import FileError, SemclearError
from semclear.evaluation import metrics
from semclear.evaluation.benchmark.folder import BenchmarkFolder, Entry
from semclear.evaluation.benchmark.pictures import grey
from semclear.evaluation.scoring import COLUMNS, METRICS
from semclear.evaluation.trust import measures as measuring
from semclear.io import read
from semclear.io.png import to_uint8

NAMED = 5  # files that a message names


class IncompleteError(SemclearError):
    """Restorations that do not fit the benchmark.

    Parameters
    ----------
    folder : Path
        Of the restorations.
    missing : sequence of str
        Names, without ending, of pictures that have no restoration.
    twice : sequence of str
        Names that several files have.
    total : int
        How many restorations were expected.
    """

    def __init__(self, folder: Path, missing: Sequence[str], twice: Sequence[str], total: int) -> None:
        self.folder, self.missing, self.twice, self.total = folder, tuple(missing), tuple(twice), total
        parts = []
        if missing:
            parts.append(f"{len(missing)} of {total} restorations are missing ({_few(missing)})")
        if twice:
            parts.append(f"{len(twice)} names have several files ({_few(twice)})")
        super().__init__(
            f"{folder}: {' and '.join(parts)}, expected one image a file of input/, called alike; add what lacks, or "
            "score single sets by --set"
        )


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")


def files_of(folder: Path, entries: Sequence[Entry]) -> tuple[dict[str, Path], list[str]]:
    """Return the restorations' files by picture, and the names of images that belong to none.

    Parameters
    ----------
    folder : Path
        One image a picture, called as it is; any ending that semclear reads. Other files are passed over.
    entries : sequence of Entry
        What must be there.

    Raises
    ------
    IncompleteError
        When a picture has no restoration, or several.
    SemclearError
        When there is no such folder, or no image in it.
    """
    wanted = {entry.name for entry in entries}
    found: dict[str, Path] = {}
    twice: list[str] = []
    others: list[str] = []
    for path in survey.list_images(folder):
        if path.stem not in wanted:
            others.append(path.name)
        elif path.stem in found:
            twice.append(path.stem)
        else:
            found[path.stem] = path
    missing = sorted(wanted - found.keys())
    if missing or twice:
        raise IncompleteError(folder, missing, sorted(set(twice)), len(wanted))
    return found, others


def restoration(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Return a restored picture as the benchmark takes it.

    Parameters
    ----------
    path : Path
        One gray picture: unsigned integers, of which the largest of the type is white, or floats from 0 to 1.
    shape : (int, int)
        H, W of the picture.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1], rounded to 8 bit as the study's restorations are before they are scored.

    Raises
    ------
    FileError
        When it has another size, several pages, signed numbers, or floats outside 0 to 1.
    SemclearError
        When it cannot be read.
    """
    pages = read.read(path).pages
    values = pages[0].values
    if len(pages) != 1 or values.shape != shape:
        raise FileError(
            path,
            f"got {len(pages)} page(s) of {values.shape[1]} x {values.shape[0]} pixels, expected one of {shape[1]} x "
            f"{shape[0]} as the input; restore it without cropping or scaling",
        )
    if values.dtype.kind == "u":
        image = values.astype(np.float64) / np.iinfo(values.dtype).max
    elif values.dtype.kind == "f" and values.min() >= 0 and values.max() <= 1:
        image = values.astype(np.float64)
    else:
        raise FileError(
            path,
            f"got {values.dtype} from {values.min():.6g} to {values.max():.6g}, expected 8- or 16-bit unsigned "
            "integers, or floats from 0 to 1; save it so",
        )
    return grey(to_uint8(image))


def measured(made: BenchmarkFolder, entry: Entry, image: np.ndarray) -> dict[str, float]:
    """Return the study's metrics and trust measures of one restored picture, (H, W) in [0, 1], by name.

    See `metrics.measure` and `trust.measures.measure`; objects and gaps are measured in spheres and particles.
    """
    truth, labels = made.truth(entry), made.labels(entry)
    scene = None
    if entry.kind in measuring.KINDS and labels is not None:
        scene = measuring.scene_of(labels, truth)
    return metrics.measure(image, truth) | measuring.measure(image, truth, scene)


def frame_of(name: str, values: Mapping[str, Mapping[str, float]], entries: Sequence[Entry]) -> pd.DataFrame:
    """Return scores as the study's tables take them: a row a picture and metric.

    Parameters
    ----------
    name : str
        Of the method; stands for model and method.
    values : mapping
        By picture and metric.
    entries : sequence of Entry
        The pictures.
    """
    rows = [
        (entry.set, name, name, entry.name, entry.kind, metric, values[entry.name][metric])
        for entry in entries
        for metric in METRICS
        if metric in values[entry.name]
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def score(
    made: BenchmarkFolder, folder: Path, entries: Sequence[Entry], name: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the scores of a folder of restorations, and the names of images there that belong to no picture.

    Parameters
    ----------
    made : BenchmarkFolder
        What was restored.
    folder : Path
        The restorations, see `files_of`.
    entries : sequence of Entry
        Those that are scored.
    name : str
        Of the method.

    Raises
    ------
    IncompleteError
        See `files_of`; before anything is scored.
    FileError
        When a restoration does not fit (see `restoration`), or is its truth to the last pixel, which nothing restores.
    """
    files, others = files_of(folder, entries)
    values = {}
    for entry in entries:
        truth = made.truth(entry)
        image = restoration(files[entry.name], truth.shape)
        if np.array_equal(image, truth):
            raise FileError(
                files[entry.name], "is the truth itself, expected a restoration; take it from input/"
            )
        values[entry.name] = measured(made, entry, image)
    return frame_of(name, values, entries), others


def score_inputs(made: BenchmarkFolder, entries: Sequence[Entry], name: str) -> pd.DataFrame:
    """Return the scores of the pictures as they are, unrestored."""
    values = {entry.name: measured(made, entry, made.image(entry)) for entry in entries}
    return frame_of(name, values, entries)
