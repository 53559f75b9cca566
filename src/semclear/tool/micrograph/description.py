"""What is understood of a micrograph: of its file, and of its picture without restoring it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear import row_noise
from semclear.errors import SemclearError

if TYPE_CHECKING:
    from collections.abc import Callable

    from semclear.io.read import Original, Page

LEAST_SIDE = 16
"""Pixels: below that a spectrum has too few frequencies for any check (see `restoration.inspection`)."""
READ_AT = 512
"""Pixels: side of the centre that a model's encoder reads; it was trained on squares of at most that."""
WINDOW = 31
"""Pixels: window of the dark channel, as the study's validation chose it."""
BLANK = "got one grey value everywhere, expected a picture"


def picture_of(page: Page) -> np.ndarray:
    """Return what of a page is picture, without data bar and drawn frame: a view, (h, w), in [0, 1]."""
    return page.box.of(page.image)


def is_blank(picture: np.ndarray) -> bool:
    """Return whether all is of one grey."""
    return bool(picture.min() == picture.max())


def unfit(picture: np.ndarray, mend: str = "") -> str:
    """Return why one picture, without data bar and frame, cannot be restored; "" where it can.

    Parameters
    ----------
    picture : ndarray, (h, w)
        Any numbers.
    mend : str
        How its size may be changed.

    Returns
    -------
    str
        When a side is under `LEAST_SIDE` pixels, or all is of one grey.
    """
    height, width = picture.shape
    if min(height, width) < LEAST_SIDE:
        said = f"got {width} x {height} pixels of picture, expected at least {LEAST_SIDE} x {LEAST_SIDE}"
        return f"{said}; {mend}" if mend else said
    return BLANK if is_blank(picture) else ""


def check_picture(picture: np.ndarray, where: str, mend: str = "") -> None:
    """Raise SemclearError for a picture that is `unfit`; `where` says what it is: the check of layers and arrays."""
    if said := unfit(picture, mend):
        raise SemclearError(f"{where}: {said}")


def described(original: Original) -> dict[str, Any]:
    """Return what a file says, as JSON holds it: type, layout, size, grey range, pixel size and whence,
    vendor, the microscope's settings, and by what it was restored before."""
    height, width = original.pages[0].image.shape
    low, high = original.stored_range
    return {
        "file": original.path.name,
        "format": original.format,
        "dtype": str(original.dtype),
        "layout": original.layout,
        "pages": len(original.pages),
        "width": int(width),
        "height": int(height),
        "low": float(low),
        "high": float(high),
        "pixel_size_nm": original.pixel_size_nm,
        "pixel_size_source": original.pixel_size_source or None,
        "vendor": original.vendor or None,
        "metadata": dict(sorted(original.metadata.items())),
        "restored_before": original.restored_before,
    }


def _veil_of(image: np.ndarray) -> dict[str, float]:
    """Return mean transmission and airlight by the dark-channel prior, see `dark_channel.dehaze`."""
    from scipy import ndimage

    from semclear.restoration.classical import dark_channel

    image = np.asarray(image, np.float64)
    darkest = ndimage.minimum_filter(image, min(WINDOW, *image.shape), mode="reflect")
    airlight = max(dark_channel.airlight(image, darkest), 1e-3)
    return {"transmission": float(np.mean(1 - darkest / airlight)), "airlight": float(airlight)}


def measured(
    image: np.ndarray, read: Callable[[np.ndarray], Mapping[str, float]] | None = None
) -> dict[str, Any]:
    """Return what a picture shows of its own quality.

    Parameters
    ----------
    image : ndarray, (H, W)
        Without data bar, in [0, 1], no side under 16.
    read : callable, optional
        From a picture to "read_sigma", "read_transmission" and
        "read_airlight" by a model's encoder. Without it the blur is guessed
        from the edges' width as if they had been steps, or, where there are
        too few edges, from the spectrum (`blur_estimation.sigma`, which
        took blurred spheres for sharp ones); the veil by the dark-channel prior.

    Returns
    -------
    dict
        "noise" (grey standard deviation, of 0 to 1) and "noise_correlation"
        (from a pixel to the next along rows, or None for a picture of under
        18 rows) by `row_noise.strength_and_correlation`, "edge_width"
        (pixels from 10 to 90 %, or None), "grey_low", "grey_high" (1st and
        99th percentile), "blur_sigma" (pixels), "transmission" (1 is no
        veil), "airlight", and "guessed_by" (``encoder`` or ``formulas``).
    """
    from semclear.restoration.classical import blur_estimation
    from semclear.tool.micrograph import edge_width

    noise, correlation = row_noise.strength_and_correlation(image)
    low, high = np.percentile(image, [1, 99])
    width = edge_width.measure(image, noise)
    values: dict[str, Any] = {
        "noise": noise,
        "noise_correlation": correlation,
        "edge_width": width,
        "grey_low": float(low),
        "grey_high": float(high),
    }
    if read is not None:
        found = read(image)
        if found:
            return values | {
                "blur_sigma": found["read_sigma"],
                "transmission": found["read_transmission"],
                "airlight": found["read_airlight"],
                "guessed_by": "encoder",
            }
    return values | {
        "blur_sigma": blur_estimation.sigma(image) if width is None else width / edge_width.TEN_TO_NINETY,
        **_veil_of(image),
        "guessed_by": "formulas",
    }


def reading_of(bundle: Any) -> Callable[[np.ndarray], Mapping[str, float]] | None:
    """Return what reads blur and veil by a model's encoder, from the picture's centre; None for a model without one.

    Parameters
    ----------
    bundle : Bundle
        A trained model; Keras must be configured (see `semclear.compute`).
    """
    from semclear.restoration.checks import consistency

    if not bundle.has_encoder:
        return None
    reader = consistency.reader_of(bundle)
    if reader is None:
        return None

    def read(image: np.ndarray) -> Mapping[str, float]:
        top, left = (max(0, (side - READ_AT) // 2) for side in image.shape)
        centre = np.asarray(image[top : top + READ_AT, left : left + READ_AT], np.float32)
        return consistency.summary_of(reader(centre).parameters)

    return read
