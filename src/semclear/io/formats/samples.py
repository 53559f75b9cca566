"""What the samples of a TIFF's pixels mean: by Photometric and ExtraSamples, never by their number alone."""

from __future__ import annotations

import numpy as np
import tifffile

from semclear.io.formats.damage import DamagedError
from semclear.io.formats.page import UnsuitableError

MINISWHITE, MINISBLACK, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6
PHOTOMETRIC = 262

BASE = {MINISWHITE: 1, MINISBLACK: 1, RGB: 3, PALETTE: 1, YCBCR: 3}
"""Samples that the meaning of the pixels itself takes; those beyond are extra."""

TO_RGB = (6, 7, 33007)
"""JPEG compressions, whose decoders turn luminance and chroma into red, green and blue."""

NAMES = {
    4: "a transparency mask",
    5: "inks (CMYK)",
    6: "luminance and chroma (YCbCr)",
    8: "CIE L*a*b*",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "a colour filter array",
    32844: "logarithmic luminance (LogL)",
    32845: "logarithmic luminance and chroma (LogLuv)",
    34892: "linear raw data of a camera",
    51177: "a depth map",
}
"""What else Photometric may say (TIFF 6.0, TIFF/EP, DNG)."""

ALPHA = (1, 2)
"""ExtraSamples: associated and unassociated transparency; 0 is unspecified."""


def photometric_of(page: tifffile.TiffPage) -> int:
    """Return Photometric; of a page that lacks the tag black is the lowest, or three and four samples are colours."""
    if PHOTOMETRIC in page.tags or int(page.photometric) != MINISWHITE:
        return int(page.photometric)
    return RGB if page.samplesperpixel in (3, 4) else MINISBLACK


def check_meaning(page: tifffile.TiffPage) -> None:
    """Refuse what cannot be taken for gray levels, by name, before it is decoded.

    Raises
    ------
    DamagedError
        When there are fewer samples than Photometric needs.
    UnsuitableError
        For inks, luminance and chroma, logarithmic and raw data, palettes of other than 8 bits, and samples beyond
        gray or RGB with transparency.
    """
    code = photometric_of(page)
    if code not in BASE or (code == YCBCR and int(page.compression) not in TO_RGB):
        name = NAMES.get(code, f"PhotometricInterpretation {code}")
        raise UnsuitableError(f"got {name}, expected gray levels or RGB; convert it to gray")
    if code == PALETTE and (page.bitspersample, page.samplesperpixel) != (8, 1):
        raise UnsuitableError(
            f"got a palette of {page.bitspersample} bits and {page.samplesperpixel} samples a pixel, expected one of "
            "8 bits; convert it to gray"
        )
    if page.samplesperpixel < BASE[code]:
        raise DamagedError(f"it declares {page.samplesperpixel} samples a pixel, expected {BASE[code]}")
    if page.samplesperpixel > BASE[code] + 1 and (code, page.samplesperpixel) not in (
        (MINISBLACK, 3),
        (MINISWHITE, 3),
    ):
        raise _unknown(page.samplesperpixel, code)


def _unknown(samples: int, code: int) -> UnsuitableError:
    unknown = samples if BASE[code] == 1 else samples - BASE[code]  # which of gray ones is the picture?
    return UnsuitableError(
        f"got {samples} samples a pixel, {unknown} of unknown meaning (perhaps of several detectors), expected one "
        "gray; save each as a file of its own"
    )


def check_extra(page: tifffile.TiffPage, pixels: np.ndarray) -> None:
    """Refuse samples without a stated meaning that hold a picture of their own.

    Such a sample is let pass where it is one number throughout, or gray is stored three times.

    Parameters
    ----------
    page : tifffile.TiffPage
        Accepted by `check_meaning`.
    pixels : ndarray, (H, W) or (H, W, samples)
        Decoded.

    Raises
    ------
    UnsuitableError
        With the number of samples.
    """
    code = photometric_of(page)
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    extra = samples - BASE[code]
    if extra <= 0:
        return
    if extra == 1:
        said = int(page.extrasamples[0]) if page.extrasamples else 0
        last = pixels[..., -1]
        if said in ALPHA or last.min() == last.max():
            return
    elif (pixels == pixels[..., :1]).all():
        return
    raise _unknown(samples, code)
