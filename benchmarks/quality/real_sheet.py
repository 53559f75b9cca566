"""A sheet of pictures at full pixel size: what scores do not show."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

#: Height of a caption, pixels; pictures side by side in a row.
CAPTION, ACROSS = 22, 4


def sheet(pictures: Sequence[tuple[str, np.ndarray]], across: int = ACROSS) -> np.ndarray:
    """Return pictures in rows, each with its caption above, none scaled.

    Parameters
    ----------
    pictures : sequence of (str, ndarray)
        Captions, and images (H, W) in [0, 1] of one size.
    across : int
        How many side by side.

    Returns
    -------
    ndarray, uint8
        Empty places are white.
    """
    tiles = []
    for caption, image in pictures:
        head = np.full((CAPTION, image.shape[1]), 255, np.uint8)
        cv2.putText(head, caption, (4, CAPTION - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0, 1, cv2.LINE_AA)
        body = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
        tiles.append(np.pad(np.vstack([head, body]), ((0, 4), (0, 4)), constant_values=255))
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % across)
    return np.vstack([np.hstack(tiles[i : i + across]) for i in range(0, len(tiles), across)])
