"""The instrument for batches inside a training: tone, probe, veil and scan noise, each image with its own parameters.

The formulas, names and units are those of ``semclear.degradation.instrument``
and ``transfer``, which say where they come from; the tests hold both to each
other. Everything is a product of matrices of fixed size, so that every
backend compiles it, and all of it has gradients in images and parameters.
Charging, rounding and JPEG are left to that module.

Parameters are a dict of tensors (B, 1): "gamma", "contrast", "pivot";
"along", "across", "angle", "radius", "skirt", "skirt_length";
"transmission", "variation", "correlation", "airlight"; "additive", "shot",
"smear", "memory", "smear_across", "row_offset". Draws are a dict of standard
normal tensors, see `draws`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from semclear.row_noise import REACH

Tensors = dict[str, Any]

#: Names of the parameters, in the order of `packed`.
NAMES = (
    *("gamma", "contrast", "pivot"),
    *("along", "across", "angle", "radius", "skirt", "skirt_length"),
    *("transmission", "variation", "correlation", "airlight"),
    *("additive", "shot", "smear", "memory", "smear_across", "row_offset"),
)
#: Least transmission of a veil, and what keeps roots and powers away from an endless slope at 0.
LEAST_TRANSMISSION, TINY = 0.05, 1e-12
#: Least grey that a gamma is taken of: its logarithm is the gradient.
LEAST_GREY = 1e-6
#: J1(x) / x up to 3 and J1's amplitude and phase beyond: Abramowitz, Stegun, "Handbook of Mathematical Functions"
#: (1964), 9.4.4 and 9.4.6; error below 1e-7. Powers of (x / 3)^2, and of 3 / x.
NEAR = (0.5, -0.56249985, 0.21093573, -0.03954289, 0.00443319, -0.00031761, 0.00001109)
AMPLITUDE = (0.79788456, 0.00000156, 0.01659667, 0.00017105, -0.00249511, 0.00113653, -0.00020033)
PHASE = (-2.35619449, 0.12499612, 0.00005650, -0.00637879, 0.00074348, 0.00079824, -0.00029166)


def draws(shape: tuple[int, int, int], count: int, seed: Any) -> Tensors:
    """Return all that is random in a batch: "scan" (B, H + 32, W + 32), "rows" (B, H), "film" (B, n, n).

    Parameters
    ----------
    shape : (int, int, int)
        B, H, W.
    count : int
        n, cosines of the veil a side: 8 suffice where its correlation is a quarter of the side or more.
    seed : keras.random.SeedGenerator
        Where they come from.
    """
    batch, height, width = shape
    return {
        "scan": keras.random.normal((batch, height + 2 * REACH, width + 2 * REACH), seed=seed),
        "rows": keras.random.normal((batch, height), seed=seed),
        "film": keras.random.normal((batch, count, count), seed=seed),
    }


def packed(parameters: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return parameters (B, 1) as one array (B, 19), in the order of `NAMES`."""
    return np.concatenate([parameters[name] for name in NAMES], axis=1)


def unpacked(array: Any) -> Tensors:
    """Return the parameters (B, 1) that `packed` made (B, 19) of."""
    return dict(zip(NAMES, ops.split(array, len(NAMES), axis=1), strict=True))


def _plane(value: Any) -> Any:
    """Return a number an image, (B, 1), in the shape of planes, (B, 1, 1)."""
    return ops.reshape(value, (-1, 1, 1))


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    total = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return total


def jinc(x: Any) -> Any:
    """Return ``2 J1(x) / x``, the transfer function of a disc, for x >= 0; 1 at 0."""
    near = _polynomial(NEAR, ops.square(ops.minimum(x, 3.0) / 3.0))
    far = ops.maximum(x, 3.0)
    ratio = 3.0 / far
    bessel = _polynomial(AMPLITUDE, ratio) * ops.cos(far + _polynomial(PHASE, ratio)) / ops.sqrt(far)
    return 2.0 * ops.where(x <= 3.0, near, bessel / far)


def _transforms(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the orthonormal cosines, and the sines of the same frequencies, (frequency, place)."""
    phase = np.pi * np.arange(side)[:, None] * (np.arange(side) + 0.5) / side
    scale = np.sqrt(2.0 / side)
    cosine = scale * np.cos(phase)
    cosine[0] = np.sqrt(1.0 / side)
    return cosine.astype(np.float32), (scale * np.sin(phase)).astype(np.float32)


def _core(parameters: Tensors, down: np.ndarray, right: np.ndarray) -> Any:
    cosine, sine = ops.cos(_plane(parameters["angle"])), ops.sin(_plane(parameters["angle"]))
    u = _plane(parameters["along"]) * (cosine * right + sine * down)
    v = _plane(parameters["across"]) * (cosine * down - sine * right)
    return ops.exp(-2.0 * np.pi**2 * (ops.square(u) + ops.square(v)))


def spread(images: Any, parameters: Tensors) -> Any:
    """Return images (B, H, W, 1) as each one's probe sees them, mirrored outside (edge pixel repeated)."""
    height, width = images.shape[1:3]
    down = (np.arange(height, dtype=np.float32) / (2 * height))[None, :, None]
    right = (np.arange(width, dtype=np.float32) / (2 * width))[None, None, :]
    squared = down**2 + right**2
    (cosines_down, sines_down), (cosines_right, sines_right) = _transforms(height), _transforms(width)
    spectrum = ops.matmul(ops.matmul(cosines_down, images[..., 0]), cosines_right.T)
    wider = 1.0 + ops.square(2.0 * np.pi * _plane(parameters["skirt_length"])) * squared
    scattered = 1.0 / (wider * ops.sqrt(wider))
    skirt = _plane(parameters["skirt"])
    disc = jinc(2.0 * np.pi * _plane(parameters["radius"]) * np.sqrt(squared))
    spectrum = spectrum * disc * (1.0 - skirt + skirt * scattered)
    plus, minus = _core(parameters, down, right), _core(parameters, down, -right)
    even = ops.matmul(ops.matmul(cosines_down.T, 0.5 * (plus + minus) * spectrum), cosines_right)
    turned = ops.matmul(ops.matmul(sines_down.T, 0.5 * (plus - minus) * spectrum), sines_right)
    return (even - turned)[..., None]


def exposed(images: Any, parameters: Tensors) -> Any:
    """Return scenes (B, H, W, 1) in [0, 1] at each one's gamma, contrast and brightness: the truth of the pictures."""
    gamma, contrast, pivot = (_plane(parameters[name])[..., None] for name in ("gamma", "contrast", "pivot"))
    grey = ops.power(ops.maximum(images, LEAST_GREY), gamma)
    return ops.clip(pivot + contrast * (grey - pivot), 0.0, 1.0)


def transmission(parameters: Tensors, film: Any, shape: tuple[int, int]) -> Any:
    """Return the fields t (B, H, W, 1) in [0.05, 1] that `film` (B, n, n) makes of each one's veil."""
    count = film.shape[1]
    squared = sum(
        np.square(np.arange(count, dtype=np.float32) / (2 * side)).reshape(place)
        for side, place in zip(shape, ((1, -1, 1), (1, 1, -1)), strict=True)
    )
    exponent = -2.0 * np.pi**2 * ops.square(_plane(parameters["correlation"])) * squared
    # The constant is left out, and the slowest other is made 1.
    moving = np.ones((1, count, count), np.float32)
    moving[0, 0, 0] = 0.0
    exponent = ops.where(moving > 0, exponent, -1e30)
    amplitude = moving * ops.exp(exponent - ops.max(exponent, axis=(1, 2), keepdims=True))
    amplitude = amplitude / ops.sqrt(ops.sum(ops.square(amplitude), axis=(1, 2), keepdims=True))
    down, right = (np.float32(np.sqrt(side)) * _transforms(side)[0][:count] for side in shape)
    field = ops.matmul(ops.matmul(down.T, film * amplitude), right)
    mean, variation = _plane(parameters["transmission"]), _plane(parameters["variation"])
    return ops.clip(mean * (1.0 + variation * field), LEAST_TRANSMISSION, 1.0)[..., None]


def row_weights(smear: Any, memory: Any) -> Any:
    """Return the weights (B, 33) of `semclear.row_noise.row_weights` for smears and memories (B, 1)."""
    size = 2 * REACH + 1
    frequency = (np.arange(REACH + 1, dtype=np.float32) / size)[None]
    response = ops.exp(-2.0 * ops.square(np.pi * smear * frequency))
    response = response / ops.sqrt(1.0 - 2.0 * memory * np.cos(2.0 * np.pi * frequency) + ops.square(memory))
    places = np.arange(-REACH, REACH + 1)
    inverse = 2.0 * np.cos(2.0 * np.pi * np.arange(REACH + 1)[:, None] * places / size)
    inverse[0] = 1.0
    weights = ops.matmul(response, inverse.astype(np.float32))
    return weights / ops.sqrt(ops.sum(ops.square(weights), axis=1, keepdims=True))


def _smearing(weights: Any, side: int) -> Any:
    """Return the matrices (B, side + 32, side) that apply weights (B, 33) along a side with its border."""
    offset = np.arange(side + 2 * REACH)[:, None] - np.arange(side)[None, :]
    inside = ((offset >= 0) & (offset <= 2 * REACH)).astype(np.float32)
    return ops.take(weights, np.clip(offset, 0, 2 * REACH), axis=1) * inside


def noise(clear: Any, parameters: Tensors, drawn: Tensors) -> Any:
    """Return each picture's noise (B, H, W, 1), ``sqrt(a^2 + s^2 v) n + o_i``, at greys v = `clear` (B, H, W, 1)."""
    height, width = clear.shape[1:3]
    across = row_weights(parameters["smear_across"], 0.0 * parameters["smear_across"])
    along = row_weights(parameters["smear"], parameters["memory"])
    grain = ops.matmul(ops.transpose(_smearing(across, height), (0, 2, 1)), drawn["scan"])
    grain = ops.matmul(grain, _smearing(along, width))
    additive, shot, offset = (_plane(parameters[name]) for name in ("additive", "shot", "row_offset"))
    variance = ops.square(additive) + ops.square(shot) * ops.maximum(clear[..., 0], 0.0)
    return (ops.sqrt(variance + TINY) * grain + offset * drawn["rows"][:, :, None])[..., None]


def veil_of(parameters: Tensors, film: Any, shape: tuple[int, int]) -> Any:
    """Return the field t (B, H, W, 1) of each one's veil: `transmission`, or 1 where there is none."""
    veil = transmission(parameters, film, shape)
    # Without a veil t is 1, whatever its variation.
    veiled = ops.cast(_plane(parameters["transmission"])[..., None] < 1.0, veil.dtype)
    return veiled * veil + 1.0 - veiled


def equivalent_sigma(parameters: Tensors) -> Any:
    """Return the standard deviation (B, 1), pixels, of the Gaussian with the variance of each one's probe.

    Its skirt, whose variance says little of what is seen, is left out.
    """
    squares = ops.square(parameters["along"]) + ops.square(parameters["across"])
    return ops.sqrt(squares / 2.0 + ops.square(parameters["radius"]) / 4.0 + TINY)


def recorded(truth: Any, parameters: Tensors, drawn: Tensors, veil: Any = None) -> Any:
    """Return the pictures (B, H, W, 1) that instruments make of what is `exposed`, in [0, 1], not rounded.

    Parameters
    ----------
    truth : tensor, (B, H, W, 1)
        In [0, 1]; H and W are fixed.
    parameters : dict of tensor, (B, 1)
        See above.
    drawn : dict of tensor
        As `draws` returns them.
    veil : tensor, (B, H, W, 1), optional
        The field t; that of the parameters and of the film drawn unless given.
    """
    if veil is None:
        veil = veil_of(parameters, drawn["film"], tuple(truth.shape[1:3]))
    clear = veil * spread(truth, parameters) + (1.0 - veil) * _plane(parameters["airlight"])[..., None]
    return ops.clip(clear + noise(clear, parameters, drawn), 0.0, 1.0)
