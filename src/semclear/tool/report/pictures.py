"""The pictures of a micrograph as data addresses, reduced where it is large, and their colour scales."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from semclear.io.png import to_uint8
from semclear.tool.report import colours, png, reduction
from semclear.tool.report.entry import Entry


@dataclass(frozen=True)
class Picture:
    """An image of the page: its key, heading, PNG as a data address, and grey values of levels 0 and 255."""

    key: str
    heading: str
    address: str
    black: float
    white: float
    bar: colours.Coloured | None = None


def _address(encoded: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(encoded).decode("ascii")


def pictures_of(entry: Entry, shape: tuple[int, int]) -> Iterator[Picture]:
    """Yield the original, the restoration, and the maps that there are, reduced to a shape (rows, columns)."""
    images = entry.images
    judged = entry.judged
    for key, heading, image in (
        ("before", "before", judged.before),
        ("after", "restored", judged.made.image),
    ):
        yield Picture(key, heading, _address(png.encode(to_uint8(reduction.reduced(image, shape)))), 0, 1)
    for key, heading, scale in (
        ("invented", "may be invented", colours.magnitude),
        ("uncertainty", "uncertainty", colours.magnitude),
        ("residual", "re-degradation residual", colours.difference),
    ):
        values = images[key]
        if values is not None:
            made = scale(reduction.reduced(values, shape))
            yield Picture(
                key, heading, _address(png.encode(made.indices, made.palette)), made.black, made.white, made
            )


def thumbnail_of(entry: Entry, shape: tuple[int, int]) -> str:
    """Return the restoration reduced to a shape (rows, columns), as a data address."""
    return _address(png.encode(to_uint8(reduction.reduced(entry.judged.made.image, shape))))


def gradient(bar: colours.Coloured) -> str:
    """Return a colour scale as CSS stops."""
    levels = np.linspace(bar.low, bar.high, 33) / colours.LEVELS
    places = np.clip(np.round((levels - bar.black) / (bar.white - bar.black) * 255), 0, 255).astype(int)
    stops = (f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in bar.palette[places])
    return f"linear-gradient(to right, {', '.join(stops)})"
