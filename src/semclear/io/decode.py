"""Decoding a file of any known format, with what it says of pixel size and instrument."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from semclear.io.formats import exif, guards, raster
from semclear.io.formats.containers import DamagedError
from semclear.io.formats.page import StoredPage, UnsuitableError
from semclear.io.formats.tiff import TiffPages
from semclear.io.formats.tiff_layout import TiffContainer, container_of
from semclear.io.metadata.pixel_size import believable, found_in_tiff, size_by_resolution
from semclear.io.metadata.vendors.finding import Finding


@dataclass
class DecodedFile:
    """What the decoders return, whatever the format.

    Attributes
    ----------
    pages : list of StoredPage
        The full-size pages.
    found : Finding
        Pixel size and instrument, as the file itself says.
    notes : list of str
        What a person should know.
    container : TiffContainer or None
        Of a TIFF.
    image : raster.PlainImage or None
        Of the other formats.
    """

    pages: list[StoredPage]
    found: Finding
    notes: list[str] = field(default_factory=list)
    container: TiffContainer | None = None
    image: raster.PlainImage | None = None


def _refuse_one_bit(bits: int) -> None:
    if bits == 1:
        raise UnsuitableError(
            "got black and white alone (1 bit a pixel), expected gray levels; use the unconverted image"
        )


def _decode_tiff(data: bytes) -> DecodedFile:
    tiff = TiffPages(data)
    guards.check_size(tiff.size, len(tiff.pages))
    _refuse_one_bit(tiff.pages[0].bitspersample)
    sizes = {f"{size:.6g} nm" for page in tiff.pages if (size := size_by_resolution(page)) is not None}
    if len(sizes) > 1:  # one pixel size is read and written for all
        raise UnsuitableError(
            f"got pages with different pixel sizes ({', '.join(sorted(sizes))}), expected one; save each alone"
        )
    pages = [tiff.decode(number) for number in range(len(tiff.pages))]
    try:
        container, notes = container_of(tiff, data)
    except Exception as error:  # as for the directory in TiffPages
        raise DamagedError(f"its tags cannot be read ({' '.join(str(error).split())})") from None
    notes = [*tiff.notes, *notes]
    return DecodedFile(pages, found_in_tiff(tiff.tiff, tiff.pages[0], notes), notes, container)


def _decode_plain(data: bytes, kind: str) -> DecodedFile:
    image = guards.decode_plain(data, kind)
    _refuse_one_bit({"PNG": data[24], "BMP": data[28]}.get(kind, 8))  # bits a sample, a pixel
    notes: list[str] = []
    if kind == "JPEG" and (turned := exif.of_jpeg(data, notes)) != 1:
        image = replace(image, chunks=((b"eXIf", exif.exif_of(turned)),))
    x, y = (1e9 / value for value in image.per_metre) if image.per_metre else (None, None)
    names = {"PNG": "PNG pHYs", "BMP": "BMP resolution", "JPEG": "JPEG resolution"}
    found = believable(Finding(width_nm=x, height_nm=y, source=names[kind]))
    return DecodedFile([image.page], found, notes, image=image)


def decode(data: bytes, kind: str) -> DecodedFile:
    """Return all full-size pages of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    kind : {"TIFF", "PNG", "BMP", "JPEG"}
        See `guards.kind_of`.

    Raises
    ------
    DamagedError, UnsuitableError
        When it is damaged, too large, black and white alone, or its pages differ in pixel size.
    """
    return _decode_tiff(data) if kind == "TIFF" else _decode_plain(data, kind)
