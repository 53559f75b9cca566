"""Writing gray levels through a palette."""

from __future__ import annotations

import numpy as np


def indices_for(
    levels: np.ndarray,
    stored: np.ndarray,
    stored_levels: np.ndarray,
    palette: np.ndarray,
    open_to_change: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return indices and a palette that show the wanted gray levels.

    Gray pixels whose level is as it was keep their index; coloured ones become gray. A level without an entry takes a
    place of the palette that no kept pixel uses; only when none is left, the nearest level stands in.

    Parameters
    ----------
    levels, stored_levels : ndarray, (H, W), uint8
        Wanted and stored gray.
    stored : ndarray, (H, W), uint8
        Stored indices.
    palette : ndarray, (256, 3), uint8
        Stored palette.
    open_to_change : ndarray, (H, W), bool
        Pixels that `levels` counts for; the others keep their index.

    Returns
    -------
    tuple
        Indices, (H, W), uint8; palette, (256, 3), uint8; number of levels that the nearest had to stand in for.
    """
    gray = (palette == palette[:, :1]).all(axis=1)
    changed = open_to_change & ((levels != stored_levels) | ~gray[stored])
    if not changed.any():
        return stored, palette, 0
    palette = palette.copy()
    wanted = np.unique(levels[changed])
    kept = np.zeros(256, bool)
    kept[np.unique(stored[~changed])] = True
    place = np.full(256, -1)
    for index in np.flatnonzero(gray)[::-1]:
        place[palette[index, 0]] = index
    for index in np.flatnonzero(gray & kept)[::-1]:
        place[palette[index, 0]] = index
    used = kept.copy()
    used[[place[level] for level in wanted if place[level] >= 0]] = True
    free = iter(np.flatnonzero(~used))
    for level in wanted[place[wanted] < 0]:
        index = next(free, None)
        if index is None:
            break
        place[place == index] = -1
        palette[index] = level
        place[level] = index
    missing = wanted[place[wanted] < 0]
    there = np.flatnonzero(place >= 0)
    for level in missing:
        place[level] = place[there[np.abs(there - int(level)).argmin()]]
    return np.where(changed, place[levels], stored).astype(np.uint8), palette, len(missing)
