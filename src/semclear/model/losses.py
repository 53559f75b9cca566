"""The terms of the CycleGAN's loss, each a scalar over a batch (B, H, W, 1).

All terms are means, so that weights keep their meaning when crop or batch
change. Micrographs are in [0, 1].
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def adversarial(scores: Any) -> Any:
    """Least-squares adversarial term of a generator: mean (D(fake) - 1)^2.

    Mao et al., ICCV 2017, doi:10.1109/ICCV.2017.304.
    """
    return ops.mean(ops.square(scores - 1.0))


def discrimination(real_scores: Any, fake_scores: Any) -> Any:
    """Least-squares loss of a discriminator: (mean (D(real) - 1)^2 + mean D(fake)^2) / 2.

    Mao et al., ICCV 2017, doi:10.1109/ICCV.2017.304.
    """
    return 0.5 * (ops.mean(ops.square(real_scores - 1.0)) + ops.mean(ops.square(fake_scores)))


def absolute(first: Any, second: Any) -> Any:
    """Mean absolute difference: the cycle-consistency and the identity term.

    Zhu et al., ICCV 2017, doi:10.1109/ICCV.2017.244.
    """
    return ops.mean(ops.abs(first - second))


def structural(first: Any, second: Any) -> Any:
    """1 - SSIM, in [0, 2]: Gaussian window of sigma 1.5 and 11 pixels, dynamic range 1.

    Wang et al., IEEE TIP 13 (2004) 600, doi:10.1109/TIP.2003.819861. Half
    precision is raised to float32: it precision rounds the local variances away.
    """
    if keras.backend.standardize_dtype(first.dtype) in ("float16", "bfloat16"):
        first, second = ops.cast(first, "float32"), ops.cast(second, "float32")
    return 1.0 - ops.mean(ops.image.ssim(first, second, max_val=1.0))


def edge(first: Any, second: Any) -> Any:
    """Mean absolute difference of the Sobel gradients (both directions, scaled by 1/8 to grey a pixel)."""
    return ops.mean(ops.abs(ops.image.sobel_edges(first) - ops.image.sobel_edges(second))) / 8.0
