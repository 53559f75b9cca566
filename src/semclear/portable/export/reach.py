"""How far from a pixel the generator looks."""

from __future__ import annotations


def reach_of(levels: int) -> int:
    """Return how many pixels away, along either axis, a pixel of the input can change a pixel of the output.

    A value of level l at index i sees the input from ``2**l i - before`` to
    ``2**l i + behind``; every layer of `semclear.model.generator` moves these
    ends. Fields of local extremes lie within. Instance normalisation sees the
    whole micrograph and is not counted.

    Parameters
    ----------
    levels : int
        Of the U-Net, at least 2.

    Returns
    -------
    int
        Pixels. Tiles with this overlap give the whole micrograph's restoration inside, provided that they start at
        multiples of ``2**levels``.
    """
    before = behind = 0
    for level in range(1, levels + 1):
        finer = 2 ** (level - 1)
        before, behind = before + finer, behind + 2 * finer  # 4 x 4, stride 2: 2i - 1 to 2i + 2
        if level < levels:
            before, behind = before + 4 * finer, behind + 4 * finer  # a multi-block's two 3 x 3
    for level in range(levels - 1, -1, -1):
        own = 2**level
        before, behind = before + 2 * own, behind + own  # deconvolution: (i - 2) / 2 to (i + 1) / 2
        if level > 0:
            before, behind = before + 2 * own, behind + 2 * own
    return max(before, behind)
