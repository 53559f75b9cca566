"""The terms of the CycleGAN's loss, each a scalar over a batch (B, H, W, 1).

All terms are means, so that weights keep their meaning when crop or batch
change. Micrographs are in [0, 1].
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

#: Of SSIM: window in pixels, its standard deviation, and the constants (0.01 L)^2 and (0.03 L)^2 at L = 1.
WINDOW, WINDOW_SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2


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

    Over the windows that lie wholly inside. Wang et al., IEEE TIP 13 (2004)
    600, doi:10.1109/TIP.2003.819861. A variance taken as mean of squares less
    square of the mean turns negative by rounding, and the term then leaves
    its range: greys are counted from their middle, which takes most of the
    rounding away, variances are held at 0 and the covariance within what they
    allow (Cauchy and Schwarz). Half precision is raised to float32.
    """
    if keras.backend.standardize_dtype(first.dtype) in ("float16", "bfloat16"):
        first, second = ops.cast(first, "float32"), ops.cast(second, "float32")
    a, b = first - 0.5, second - 0.5
    moments = _windowed(ops.concatenate([a, b, ops.square(a), ops.square(b), a * b], axis=-1))
    mean_a, mean_b, square_a, square_b, product = ops.split(moments, 5, axis=-1)
    variance_a = ops.maximum(square_a - ops.square(mean_a), 0.0)
    variance_b = ops.maximum(square_b - ops.square(mean_b), 0.0)
    # The arithmetic mean bounds the geometric one, and has no root whose slope is infinite at 0.
    bound = 0.5 * (variance_a + variance_b)
    covariance = ops.clip(product - mean_a * mean_b, -bound, bound)
    mean_a, mean_b = mean_a + 0.5, mean_b + 0.5
    luminance = (2.0 * mean_a * mean_b + C1) / (ops.square(mean_a) + ops.square(mean_b) + C1)
    structure = (2.0 * covariance + C2) / (variance_a + variance_b + C2)
    return 1.0 - ops.mean(luminance * structure)


def _windowed(images: Any) -> Any:
    """Return Gaussian means over the windows of SSIM inside images (B, H, W, C), separably."""
    offsets = np.arange(WINDOW, dtype=np.float64) - WINDOW // 2
    weights = np.exp(-np.square(offsets) / (2.0 * WINDOW_SIGMA**2))
    weights = weights / weights.sum()
    kernel = ops.cast(np.tile(weights[:, None], (1, images.shape[-1])), images.dtype)
    rows = ops.depthwise_conv(images, kernel[:, None, :, None], padding="valid")
    return ops.depthwise_conv(rows, kernel[None, :, :, None], padding="valid")


def edge(first: Any, second: Any) -> Any:
    """Mean absolute difference of the Sobel gradients (both directions, scaled by 1/8 to grey a pixel)."""
    return ops.mean(ops.abs(ops.image.sobel_edges(first) - ops.image.sobel_edges(second))) / 8.0


def inversion(first: Any, second: Any) -> Any:
    """How far the structure of two batches runs against each other: mean of max(0, -rho) over micrographs, in [0, 1].

    rho is the correlation of their greys over squares of 4 x 4 pixels, less
    their mean over 20 x 20. Blur and veil, y = t (k * x) + A (1 - t) with
    t > 0, weaken structure but never turn bright into dark, so that a
    micrograph and its restoration have rho > 0 and the term is 0. Without it
    two generators that both invert satisfy every other term of the cycle.
    """
    a, b = _structure_of(first), _structure_of(second)
    product = ops.mean(a * b, axis=(1, 2, 3))
    sizes = ops.mean(ops.square(a), axis=(1, 2, 3)) * ops.mean(ops.square(b), axis=(1, 2, 3))
    return ops.mean(ops.relu(-product / ops.sqrt(sizes + 1e-12)))


def _structure_of(images: Any) -> Any:
    """Return images (B, H, W, 1) over squares of 4 x 4 pixels, less the mean over 5 x 5 such squares."""
    squares = ops.average_pool(images, (4, 4), (4, 4), padding="same")
    return squares - ops.average_pool(squares, (5, 5), (1, 1), padding="same")
