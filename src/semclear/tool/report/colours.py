"""Maps as indices and colours: which grey value an index stands for, and what it looks like.

Both scales are told apart with any colour vision, and by their lightness alone
in a black-and-white print.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semclear.tool.report.scale_bar import decade

#: Viridis (S. van der Walt & N. Smith 2015, CC0), every 15th of its 256 colours.
VIRIDIS = [
    "440154",
    "481769",
    "472a7a",
    "433d84",
    "3d4e8a",
    "355e8d",
    "2e6d8e",
    "297b8e",
    "23898e",
    "1f978b",
    "21a585",
    "2eb37c",
    "46c06f",
    "65cb5e",
    "89d548",
    "b0dd2f",
    "d8e219",
    "fde725",
]
#: PuOr of eleven classes, from purple to orange (C. A. Brewer, colorbrewer2.org, Apache 2.0).
PURPLE_ORANGE = [
    "2d004b",
    "542788",
    "8073ac",
    "b2abd2",
    "d8daeb",
    "f7f7f7",
    "fee0b6",
    "fdb863",
    "e08214",
    "b35806",
    "7f3b08",
]
#: Share of the pixels that a colour scale reaches over; what lies beyond has its end's colour.
REACH = 0.995
LEVELS = 255
#: Least end of a scale, in grey: one level of an 8-bit file, so that rounding alone looks like nothing.
LEAST = 1 / LEVELS


@dataclass(frozen=True)
class Coloured:
    """A map ready to be shown.

    Attributes
    ----------
    indices : ndarray, (H, W), uint8
    palette : ndarray, (256, 3), uint8
        Colour of each index.
    black, white : float
        Grey values of the indices 0 and 255; those between follow linearly.
    low, high : float
        Ends of the colour scale in grey levels of 255.
    """

    indices: np.ndarray
    palette: np.ndarray
    black: float
    white: float
    low: float
    high: float


def along(anchors: list[str], places: np.ndarray) -> np.ndarray:
    """Return colours (N, 3), uint8, at places in [0, 1] along evenly spaced anchors; linear between them."""
    table = np.array([[int(text[k : k + 2], 16) for k in (0, 2, 4)] for text in anchors], float)
    at = np.clip(places, 0, 1) * (len(anchors) - 1)
    channels = [np.interp(at, np.arange(len(anchors)), channel) for channel in table.T]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def _end(values: np.ndarray) -> float:
    """Return the end of a scale, in grey levels: what `REACH` of the magnitudes stay below, rounded up to 1, 2 or 5."""
    reach = max(float(np.quantile(np.abs(values), REACH)), LEAST) * LEVELS
    return next(step for step in decade(reach) if step >= reach * (1 - 1e-9))


def magnitude(values: np.ndarray) -> Coloured:
    """Return a map of values >= 0 in grey (H, W): index 255 is its maximum, dark is low."""
    peak, end = max(float(values.max()), LEAST), _end(values)
    indices = np.floor(np.clip(values / peak, 0, 1) * 255 + 0.5).astype(np.uint8)
    palette = along(VIRIDIS, np.arange(256) / 255 * peak * LEVELS / end)
    return Coloured(indices, palette, 0.0, peak, 0.0, end)


def difference(values: np.ndarray) -> Coloured:
    """Return a map of signed values in grey (H, W): index 128 is exactly 0, purple below, orange above."""
    peak, end = max(float(np.abs(values).max()), LEAST), _end(values)
    step = peak / 127
    indices = (np.floor(np.clip(values / step, -127, 127) + 0.5) + 128).astype(np.uint8)
    palette = along(PURPLE_ORANGE, 0.5 + (np.arange(256) - 128) * step * LEVELS / end / 2)
    return Coloured(indices, palette, -128 * step, peak, -end, end)
