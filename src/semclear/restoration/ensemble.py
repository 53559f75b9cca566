"""Self-ensembling: a micrograph restored in several orientations, for a mean and an uncertainty map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

#: The eight symmetries of the square: four quarter turns, each with and without a flip.
ORIENTATIONS = 8
#: Which of them a mean is taken of, by their number. Scan rows are no columns: where noise runs along rows, a quarter
#: turn shows a network what it has never seen.
CHOSEN = {8: tuple(range(ORIENTATIONS)), 4: (0, 2, 4, 6), 2: (0, 4), 1: (0,)}
#: Pixels restored at once: a square of 512 pixels in eight orientations. Larger ones go one by one, for memory.
BATCH_PIXELS = ORIENTATIONS * 512**2

RestoreBatch = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Ensemble:
    """What the orientations of one micrograph came back as.

    Attributes
    ----------
    mean : ndarray, (H, W), float32
        The restoration, in [0, 1].
    uncertainty : ndarray, (H, W), float32
        Standard deviation over the orientations, in [0, 0.5] grey.
    plain : ndarray, (H, W), float32
        The restoration of the micrograph as it stands, in [0, 1].
    """

    mean: np.ndarray
    uncertainty: np.ndarray
    plain: np.ndarray


def turned(image: np.ndarray, orientation: int) -> np.ndarray:
    """Return (H, W) in one of the eight orientations: 0 is as it stands, 4 to 7 are mirrored first."""
    return np.rot90(image[:, ::-1] if orientation >= 4 else image, orientation % 4)


def turned_back(image: np.ndarray, orientation: int) -> np.ndarray:
    """Undo `turned`."""
    back = np.rot90(image, -(orientation % 4))
    return back[:, ::-1] if orientation >= 4 else back


def restore(
    batch_restore: RestoreBatch, image: np.ndarray, chosen: Sequence[int] = CHOSEN[ORIENTATIONS]
) -> Ensemble:
    """Restore a micrograph in several of its eight orientations.

    A generator is not equivariant to flips and turns, though restoration is:
    the mean takes out what depends on the orientation alone, and the spread
    shows where the output does (Timofte et al., CVPR 2016,
    doi:10.1109/CVPR.2016.206, geometric self-ensemble).

    Parameters
    ----------
    batch_restore : callable
        (B, H, W) float32 in [0, 1] to the same, for any size.
    image : ndarray, (H, W)
        In [0, 1]. Orientations of equal shape are restored together unless
        the micrograph is large.
    chosen : sequence of int
        Orientations, see `turned`; the first is 0.

    Returns
    -------
    Ensemble
    """
    image = np.asarray(image, np.float32)
    together = len(chosen) * image.size <= BATCH_PIXELS
    groups: dict[tuple[int, ...], list[int]] = {}
    for orientation in chosen:
        shape = turned(image, orientation).shape
        groups.setdefault(shape if together else (orientation,), []).append(orientation)
    outputs = {}
    for orientations in groups.values():
        batch = np.stack([turned(image, orientation) for orientation in orientations])
        for orientation, output in zip(orientations, batch_restore(batch), strict=True):
            outputs[orientation] = turned_back(output, orientation)
    every = np.stack([outputs[orientation] for orientation in chosen])
    # In double precision: equal outputs must have no spread.
    return Ensemble(
        every.mean(axis=0, dtype=np.float64).astype(np.float32),
        every.std(axis=0, dtype=np.float64).astype(np.float32),
        every[0].copy(),
    )
