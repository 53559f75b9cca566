"""The noise of a batch of micrographs, row by row: `semclear.row_noise` for tensors, strength and first correlation.

That module says what is measured and why. Here the flat blocks are told from
others by a coarser structure, and streaks are not taken off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from semclear.row_noise import BLOCK, GAIN, SATURATED

#: Side of the cells whose means tell a block's structure, pixels.
CELL = 4
#: Added to the structure of a saturated block, so that it is not among the flat ones.
NEVER = 1e3


def _blocks(values: Any) -> Any:
    """Return (B, h, 16, w, 16) of (B, H, W); what is left over at the lower and the right border is left out."""
    rows, columns = (side // BLOCK for side in values.shape[1:3])
    cut = values[:, : rows * BLOCK, : columns * BLOCK]
    return ops.reshape(cut, (-1, rows, BLOCK, columns, BLOCK))


def measure(images: Any) -> tuple[Any, Any]:
    """Return the strength of the noise and its correlation at one pixel along rows.

    Parameters
    ----------
    images : tensor, (B, H, W, 1)
        In [0, 1]; H of 18 or more, W of 16 or more, both fixed.

    Returns
    -------
    strength : tensor, (B, 1)
        Grey standard deviation at the median of the flatter half of the blocks.
    correlation : tensor, (B, 1)
        In [-1, 1].
    """
    greys = images[..., 0]
    difference = greys[:, :-2] - 2.0 * greys[:, 1:-1] + greys[:, 2:]
    difference = _blocks(difference - ops.median(difference, axis=2, keepdims=True))
    inner = _blocks(greys[:, 1:-1])
    _, rows, _, columns, _ = inner.shape
    cells = ops.mean(
        ops.reshape(inner, (-1, rows, BLOCK // CELL, CELL, columns, BLOCK // CELL, CELL)), axis=(3, 6)
    )
    extreme = ops.cast(ops.logical_or(inner <= 0.0, inner >= 1.0), inner.dtype)
    saturated = ops.cast(ops.mean(extreme, axis=(2, 4)) > SATURATED, inner.dtype)
    uneven = ops.reshape(ops.var(cells, axis=(2, 4)) + NEVER * saturated, (-1, rows * columns))
    half = max(1, rows * columns // 2)
    limit = ops.sort(uneven, axis=1)[:, half - 1 : half]
    flat = uneven <= limit
    variance = ops.reshape(ops.mean(ops.square(difference), axis=(2, 4)), (-1, rows * columns))
    # The median of the flat half: the others come after it.
    middle = ops.sort(ops.where(flat, variance, NEVER), axis=1)[:, half // 2 : half // 2 + 1]
    shifted = ops.mean(difference[..., 1:] * difference[..., :-1], axis=(2, 4))
    share = ops.cast(flat, variance.dtype)
    product = ops.sum(share * ops.reshape(shifted, (-1, rows * columns)), axis=1, keepdims=True)
    power = ops.sum(share * variance, axis=1, keepdims=True)
    return ops.sqrt(middle / GAIN), ops.clip(product / (power + np.float32(1e-12)), -1.0, 1.0)
