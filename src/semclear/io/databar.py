"""Finding and cutting off the data bar: the strip with scale, voltage and date below an SEM picture.

A bar is told by its form: one background grey (black, white or any other)
across at least three quarters of the width, starting within one row, with
writing on it. A dark or saturated lower part of a micrograph has no such edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from semclear.io import intensity

SIDES = {"bottom": 0, "top": 2, "left": 1, "right": 3}
"""Where a bar may be, in the order in which it is looked for, and the quarter turns that bring this side down."""

SEARCHED = 0.3  # share of the rows, from the bottom, in which a bar may begin
BELOW = 0.08  # share of the rows that may show picture below an overlaid bar
TOLERANCES = (1.5 / 255, 14 / 255)  # background as drawn, and after JPEG
CLEAN, WRITTEN = 0.75, 0.3  # least share of background in a row without and with writing
STEP = 0.35  # least rise of that share from the picture's last row to the bar's first
INK_CONTRAST = 0.4  # least difference of writing to its background
INK = (0.005, 0.45)  # share of the bar's pixels that are writing
LOWEST_ROWS, LOWEST_SHARE = 10, 0.015  # height of the flattest bar
FRAME_PIXELS = 4  # widest frame line that `box` trims
DIM = (
    0.8  # share of the range in use that a picture and its bar must leave unused to be looked at in their own
)
FAR = 10  # times the picture's range: the rest of a file is then drawn, or the picture has outliers
SAMPLED, PLAIN = (
    256,
    0.6,
)  # columns that a first look takes, and least share of one grey in them; less than `CLEAN`
DRAWN = (
    0.5  # least share of a drawn bar that has exactly one value; noise of a detector never has that in floats
)
FULL_INK = (
    0.25  # least share of all but the ground that has exactly the ink's value; the rest smooths its edges
)
LEAST_INK = (
    127  # least difference of such ink to its ground, of integers; noise about black has few levels, too
)


@dataclass(frozen=True)
class Box:
    """A rectangle of an image in pixels; `x`, `y` is its upper left corner."""

    x: int
    y: int
    width: int
    height: int

    def of(self, image: np.ndarray) -> np.ndarray:
        """Return that part of `image` (a view)."""
        return image[self.y : self.y + self.height, self.x : self.x + self.width]

    def common(self, other: Box) -> Box:
        """Return the rectangle that lies in both."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Box(x, y, right - x, bottom - y)


def _backgrounds(strip: np.ndarray) -> list[float]:
    """Return the greys that may be the bar's background: the extremes, the commonest in the strip and at its end."""
    levels = np.round(strip * 255).astype(np.int64)
    ends = (levels, levels[-LOWEST_ROWS:])
    return [
        *dict.fromkeys(
            [0.0, 1.0, *(float(np.bincount(part.ravel(), minlength=256).argmax()) / 255 for part in ends)]
        )
    ]


def _first_row(
    strip: np.ndarray, flat: np.ndarray, background: float, tolerance: float, least: int, below: int
) -> int | None:
    """Return the row of `strip` in which a bar of this background begins, or None."""
    distance = np.abs(strip - np.float32(background))
    share = np.count_nonzero(distance <= tolerance, axis=1) / strip.shape[1]
    line = flat >= 0.95  # ruled across the whole width
    clean, bar = (share >= CLEAN) | line, (share >= WRITTEN) | line
    if not clean.any():
        return None
    ink = np.count_nonzero(distance >= INK_CONTRAST, axis=1) / strip.shape[1]
    ends = np.flatnonzero(bar)
    if ends.size == 0 or ends[-1] < len(strip) - 1 - below:
        return None
    end = int(ends[-1]) + 1
    breaks = np.flatnonzero(~bar[:end])
    start = int(breaks[-1]) + 1 if breaks.size else 1
    for row in range(max(start, 1), end - least + 1):
        inside = slice(row, end)
        step = share[row] - share[row - 1] >= STEP or (line[row] and flat[row] - flat[row - 1] >= STEP)
        dense = clean[inside].mean() >= 0.25 and np.median(share[inside]) >= 0.6
        if clean[row] and step and dense and INK[0] <= ink[inside].mean() <= INK[1]:
            return row
    return None


def rows(image: np.ndarray) -> int:
    """Return the height of the data bar at the bottom of a micrograph.

    Bars of one background grey are found, black, white or other, with or without ruled lines, also those laid over
    the picture with a little of it left and right (up to a quarter of the width) and below (up to 8 % of the rows).
    Half-transparent bars and writing directly on the picture are not.

    Parameters
    ----------
    image : ndarray, (H, W), float
        Black 0, white 1.

    Returns
    -------
    int
        Rows from the bar's first to the image's last; 0 where there is none.
    """
    height = len(image)
    least = max(LOWEST_ROWS, round(LOWEST_SHARE * height))
    start = height - round(SEARCHED * height)
    strip = image[start:]
    if len(strip) <= least:
        return 0
    below = round(BELOW * height)
    backgrounds = _backgrounds(strip)
    off_median = np.abs(strip - np.median(strip, axis=1, keepdims=True))
    for tolerance in TOLERANCES:
        flat = np.count_nonzero(off_median <= tolerance, axis=1) / strip.shape[1]
        for background in backgrounds:
            first = _first_row(strip, flat, background, tolerance, least, below)
            if first is not None:
                return height - start - first
    return 0


def rows_in(values: np.ndarray, image: np.ndarray) -> int:
    """Return the height of the data bar, also of one whose ink is far beyond the picture, or as dim as that.

    Where none is seen in the range in use, the picture is looked at again in the range of its own numbers. Ink of 255
    below floats of 0 to 1, or of 65535 below 10 bits, leaves of the picture one level: there it is looked at in the
    range of the rows in which no bar begins. Ink of 255 below 10 or 16 bits is seen in the bar's own range alone.

    Parameters
    ----------
    values : ndarray, (H, W)
        As stored.
    image : ndarray, (H, W), float
        The same, with the range in use from 0 to 1.

    Returns
    -------
    int
        See `rows`.
    """
    seen = rows(image)
    low, width = float(image.min()), float(np.ptp(image))
    if not seen and 0 < width < DIM and (seen := rows((image - np.float32(low)) / np.float32(width))):
        return seen
    if values.dtype.itemsize == 1:
        return seen
    for picture in _pictures(values):
        levels = intensity.levels_of([picture])
        low, width = levels.low, levels.high - levels.low
        if 0 < FAR * width < float(values.max()) - float(values.min()):
            in_its_range = rows(np.clip((values.astype(np.float64) - low) / width, 0, 1).astype(np.float32))
            # Beside such ink a dark picture is as black as the bar's ground: then the bar seems to begin too late.
            if in_its_range > seen and _is_drawn(values[len(values) - in_its_range :]):
                return in_its_range
    return seen or _rows_of_its_own(values)


def _pictures(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield what may be picture: where no bar begins at the bottom, and the middle, where none begins on any side."""
    height, width = (round(SEARCHED * side) for side in values.shape)
    yield values[: len(values) - height]
    middle = values[height : len(values) - height, width : values.shape[1] - width]
    if middle.size:
        yield middle


def _is_drawn(bar: np.ndarray) -> bool:
    counts = np.unique(bar, return_counts=True)[1]
    return bool(counts.max() >= DRAWN * counts.sum())


def _rows_of_its_own(values: np.ndarray) -> int:
    """Return the height of a data bar whose ground and ink are nearly the same in the range in use; 0 without one.

    Ink of 255 is as black as its ground below 16 bits. There the bar is looked at in the range of its own two values;
    whatever is outside of that is picture.
    """
    strip = values[len(values) - round(SEARCHED * len(values)) :]
    if len(strip) < LOWEST_ROWS:
        return 0
    grounds, counts = np.unique(strip[-LOWEST_ROWS:], return_counts=True)
    ground = grounds[counts.argmax()]
    ruled = (strip == np.median(strip, axis=1, keepdims=True).astype(strip.dtype)).mean(axis=1) >= 0.95
    plain = ((strip == ground).mean(axis=1) >= WRITTEN) | ruled
    breaks = np.flatnonzero(~plain)
    bar = strip[breaks[-1] + 1 if breaks.size else 0 :]
    if len(bar) < LOWEST_ROWS:
        return 0
    low, high = bar.min(), bar.max()
    width = float(high) - float(low)
    least = LEAST_INK if values.dtype.kind in "iu" else np.finfo(np.float32).tiny
    if width < least or ground not in (low, high):
        return 0
    view = np.abs(values.astype(np.float64) - float(ground)) / width
    seen = rows(np.where((values < low) | (values > high), 1.0, view).astype(np.float32))
    bar = values[len(values) - seen :]
    return (
        seen
        if seen and _is_drawn(bar) and _is_written(bar != ground, bar == (high if ground == low else low))
        else 0
    )


def _is_written(marks: np.ndarray, ink: np.ndarray) -> bool:
    """Return whether marks are mostly of one ink and its strokes hang together, as those of noise do not."""
    around = np.zeros_like(ink)
    around[1:] |= ink[:-1]
    around[:-1] |= ink[1:]
    around[:, 1:] |= ink[:, :-1]
    around[:, :-1] |= ink[:, 1:]
    inked = np.count_nonzero(ink)
    together = np.count_nonzero(ink & around)
    return bool(inked >= FULL_INK * np.count_nonzero(marks) and 2 * together >= inked > 0)


def _has_plain_rows(image: np.ndarray) -> bool:
    """Return, from a part of the columns, whether a row near the bottom is mostly of one grey, as a bar's ground is."""
    height, width = image.shape
    strip = image[height - round(SEARCHED * height) :, :: max(1, width // SAMPLED)]
    if not strip.size:
        return False
    off_median = np.abs(strip - np.median(strip, axis=1, keepdims=True))
    return bool(((off_median <= 2 * TOLERANCES[-1]).mean(axis=1) >= PLAIN).any())


@dataclass(frozen=True)
class Bars:
    """The data bars of a micrograph; see `found`.

    Attributes
    ----------
    rows : int
        Of the one at the bottom; 0 without one.
    others : tuple of str
        On which other sides there are some, of `SIDES`.
    box : Box
        What they leave.
    """

    rows: int
    others: tuple[str, ...]
    box: Box


def found(views: Sequence[tuple[np.ndarray, np.ndarray]], declared: int | None = None) -> Bars:
    """Return the data bars of a micrograph on all its sides, at most one a side.

    At the bottom one is looked for first, then on each side of what is left, until there is no other: of two bars the
    first may hide the form of the second.

    Parameters
    ----------
    views : sequence of (ndarray, ndarray), each (H, W)
        Values and image of `rows_in`; of a coloured micrograph several, in any of which a bar may be seen.
    declared : int, optional
        Rows of a bar at the bottom that is taken where none is seen there.
    """
    height, width = views[0][1].shape
    bottom = next((seen for view in views if (seen := rows_in(*view))), 0) or declared or 0
    box, sides = Box(0, 0, width, height - bottom), ["bottom"]
    while (another := _another(views, box, sides)) is not None:
        side, box = another
        sides = [*(known for known in sides if known != "bottom" or bottom), side]
        bottom = height - box.y - box.height
    return Bars(bottom, tuple(side for side in SIDES if side in sides and side != "bottom"), box)


def notes_of(bars: Bars) -> tuple[str, ...]:
    """Return what a person should know of data bars elsewhere than at the bottom: nothing where there are none."""
    if not bars.others:
        return ()
    if len(bars.others) == 1:
        return (f"a data bar on another side ({bars.others[0]}) is left as it is",)
    return (f"data bars on other sides ({', '.join(bars.others)}) are left as they are",)


def _another(
    views: Sequence[tuple[np.ndarray, np.ndarray]], box: Box, known: Sequence[str]
) -> tuple[str, Box] | None:
    """Return on which side of a part there is a data bar, and what that leaves; None where there is none."""
    for side, quarters in SIDES.items():
        if side in known:
            continue
        for values, image in views:
            turned = np.rot90(box.of(image), quarters)
            bar = rows_in(np.rot90(box.of(values), quarters), turned) if _has_plain_rows(turned) else 0
            if not bar:
                continue
            if side in ("top", "bottom"):
                return side, Box(box.x, box.y + bar * (side == "top"), box.width, box.height - bar)
            return side, Box(box.x + bar * (side == "left"), box.y, box.width - bar, box.height)
    return None


def cut(image: np.ndarray) -> np.ndarray:
    """Return the micrograph without its data bar (a view); see `rows`."""
    return image[: len(image) - rows(image)]


def box(image: np.ndarray) -> Box:
    """Return the part of a micrograph, black 0 and white 1, that is neither data bar at the bottom nor drawn frame."""
    return without_frame(image, Box(0, 0, image.shape[1], len(cut(image))))


def without_frame(values: np.ndarray, part: Box) -> Box:
    """Return what of a part of a micrograph is picture: without a drawn frame.

    A frame is up to 4 rows or columns at an edge that have one grey throughout; more of them are saturated picture
    and stay.

    Parameters
    ----------
    values : ndarray, (H, W)
        Any numbers.
    part : Box
        What data bars leave.

    Returns
    -------
    Box
        In pixels of `values`; `part` itself when there is nothing to cut.
    """
    picture = part.of(values)
    height, width = picture.shape
    trimmed = np.zeros(4, int)  # top, bottom, left, right
    for _ in range(FRAME_PIXELS + 1):
        top, bottom, left, right = trimmed
        inner = picture[top : height - bottom, left : width - right]
        if min(inner.shape) <= 2:
            break
        edges = (inner[0], inner[-1], inner[:, 0], inner[:, -1])
        trimmed = trimmed + [int(edge.min() == edge.max()) for edge in edges]
    top, bottom, left, right = (int(count) if count <= FRAME_PIXELS else 0 for count in trimmed)
    return Box(part.x + left, part.y + top, width - left - right, height - top - bottom)
