"""Pixel size in the OME-XML of an OME-TIFF (https://docs.openmicroscopy.org/ome-model/)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from semclear.io.metadata.finding import length_nm
from semclear.io.metadata.provenance import parsed

NO_LENGTHS = ("pixel", "reference frame")
"""OME's units of a size that is no length."""


def _tree(xml: str) -> ElementTree.Element | None:
    # Entities are no part of OME-XML, and expanding them can fill the memory.
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        return None
    try:
        return ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError):
        return None


def _counted(element: ElementTree.Element | None, key: str, missing: int = 1) -> int:
    text = "" if element is None else element.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else missing


def _lengths(pixels: ElementTree.Element, samples: int) -> dict[str, int]:
    """Return how many channels, slices and times an image has, in the order in which its pictures follow."""
    channels = _counted(pixels, "SizeC")
    channels = channels // samples if samples and channels % samples == 0 else channels
    sizes = {"C": channels, "Z": _counted(pixels, "SizeZ"), "T": _counted(pixels, "SizeT")}
    order = pixels.get("DimensionOrder", "")[2:]
    return {axis: sizes[axis] for axis in (order if sorted(order) == sorted(sizes) else "CZT")}


def _samples(pixels: ElementTree.Element) -> int:
    return _counted(pixels.find("{*}Channel"), "SamplesPerPixel")


def _planes(pixels: ElementTree.Element, samples: int) -> int:
    """Return how many pages of the file an image has; 0 of one that does not say that it is in the file."""
    parts = pixels.findall("{*}TiffData")
    if parts and all(part.get("IFD") or part.get("PlaneCount") for part in parts):
        return sum(_counted(part, "PlaneCount") for part in parts)
    return math.prod(_lengths(pixels, samples).values()) if parts else 0


def announced(xml: str, samples: int) -> int:
    """Return how many pictures OME-XML says that this very file holds; 0 of other texts, and of sets of several files.

    Parameters
    ----------
    xml : str
        Any text.
    samples : int
        Of a pixel: they are channels, too.
    """
    tree = _tree(xml)
    if tree is None or len({link.text for link in tree.findall(".//{*}TiffData/{*}UUID")}) > 1:
        return 0
    return sum(_planes(pixels, samples) for pixels in tree.findall(".//{*}Pixels"))


@dataclass(frozen=True)
class _Image:
    """An image of the text.

    Attributes
    ----------
    pixels : Element
        What says its sizes.
    runs : list of (range, int)
        Pages of this very file that follow one another in it, and the place of the first among its pictures.
    is_named : bool
        False where it names no pages: then they follow those of the image before.
    """

    pixels: ElementTree.Element
    runs: list[tuple[range, int]]
    is_named: bool

    def place(self, page: int) -> int | None:
        """Return which of its pictures a page is; None of a page of another image."""
        return next((first + page - run.start for run, first in self.runs if page in run), None)


def _place_of(part: ElementTree.Element, lengths: Mapping[str, int]) -> int:
    """Return which of an image's pictures is the first of those that a TiffData speaks of."""
    place, before = 0, 1
    for axis, length in lengths.items():
        place += before * _counted(part, f"First{axis}", 0)
        before *= length
    return place


def _images(tree: ElementTree.Element) -> list[_Image]:
    """Return the images of the text with their pages, as `ome_model` finds them."""
    file, following, found = tree.get("UUID"), 0, []
    for pixels in tree.findall(".//{*}Pixels"):
        samples = _samples(pixels)
        lengths = _lengths(pixels, samples)
        parts = [part for part in pixels.findall("{*}TiffData") if part.get("IFD")]
        links = [part.find("{*}UUID") for part in parts]
        runs = [
            (
                range(first := _counted(part, "IFD"), first + _counted(part, "PlaneCount")),
                _place_of(part, lengths),
            )
            for part, link in zip(parts, links, strict=True)
            if file is None or link is None or link.text == file
        ]
        if not parts:
            runs = [(range(following, following + max(1, _planes(pixels, samples))), 0)]
        following = max([following, *(run.stop for run, _ in runs)])
        found.append(_Image(pixels, runs, bool(parts)))
    return found


def _image_of(tree: ElementTree.Element, page: int) -> ElementTree.Element | None:
    """Return the pixels that a page belongs to."""
    every = _images(tree)
    if own := next((image for image in every if image.place(page) is not None), None):
        return own.pixels
    # Texts that count too few pages mean the last image; those that name others say nothing of this one.
    counted = len(every) == 1 or not any(image.is_named for image in every)
    return every[-1].pixels if every and counted else None


def pixel_size(xml: str, page: int = 0) -> tuple[float | None, float | None, int | None]:
    """Return width and height of a pixel in nanometres, and pixels a row, None where the text does not say.

    Parameters
    ----------
    xml : str
        The ImageDescription of an OME-TIFF; its unit is the micrometre unless it names another.
    page : int
        Number of the page in the file, from 0: each image of the text has its own pixels, and names its pages (IFD)
        or has those that follow the pages of the image before.
    """
    tree = _tree(xml)
    pixels = None if tree is None else _image_of(tree, page)
    if pixels is None:
        return None, None, None
    sizes = [
        length_nm(pixels.get(f"PhysicalSize{axis}", ""), pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        for axis in "XY"
    ]
    return sizes[0], sizes[1], _counted(pixels, "SizeX") if pixels.get("SizeX") else None


def stated(xml: str, page: int) -> str:
    """Return a page's width of a pixel in the text's own words; "" where it states none, or none that is a length.

    Parameters
    ----------
    xml, page
        As for `pixel_size`.
    """
    tree = _tree(xml)
    pixels = None if tree is None else _image_of(tree, page)
    unit = "" if pixels is None else pixels.get("PhysicalSizeXUnit", "µm")
    size = "" if pixels is None or unit in NO_LENGTHS else pixels.get("PhysicalSizeX", "")
    return " ".join(f"{size} {unit}".split())[:40] if size else ""


def descriptions(xml: str) -> list[str]:
    """Return the lines of all images' descriptions in OME-XML; none of a text that is not."""
    tree = _tree(xml)
    found = [] if tree is None else tree.findall(".//{*}Image/{*}Description")
    return [line for element in found for line in (element.text or "").splitlines()]


def _position(place: int, lengths: Mapping[str, int]) -> dict[str, int]:
    """Return channel, slice and time of an image's n-th picture."""
    position = {}
    for axis, length in lengths.items():
        place, position[axis] = divmod(place, max(1, length))
    return position


def _reduce(pixels: ElementTree.Element, pictures: Sequence[tuple[int, int]]) -> None:
    """Leave of an image these pictures: each by its page in the result and its place in the image before."""
    lengths = _lengths(pixels, _samples(pixels))
    samples = _counted(pixels, "SizeC") // max(1, lengths["C"])
    positions = [_position(place, lengths) for _, place in pictures]
    left = {axis: sorted({position[axis] for position in positions}) for axis in lengths}
    anew = {axis: {old: new for new, old in enumerate(left[axis])} for axis in lengths}
    for axis in lengths:
        pixels.set(f"Size{axis}", str(len(left[axis]) * (samples if axis == "C" else 1)))
    for number, channel in enumerate(pixels.findall("{*}Channel")):
        if number not in anew["C"]:
            pixels.remove(channel)
    there = {tuple(position.values()) for position in positions}
    for plane in pixels.findall("{*}Plane"):
        at = {axis: _counted(plane, f"The{axis}", 0) for axis in lengths}
        if tuple(at.values()) not in there:
            pixels.remove(plane)
            continue
        for axis, old in at.items():
            plane.set(f"The{axis}", str(anew[axis][old]))
    space = pixels.tag.rpartition("}")[0] + "}"
    parts = [one for one in pixels if one.tag in (f"{space}TiffData", f"{space}MetadataOnly")]
    before = parts[:1] or pixels.findall("{*}Plane")[:1]  # the schema's order
    begin = list(pixels).index(before[0]) if before else len(pixels)
    for part in parts:
        pixels.remove(part)
    for number, ((page, _), position) in enumerate(zip(pictures, positions, strict=True)):
        names = {f"First{axis}": str(anew[axis][position[axis]]) for axis in lengths}
        part = ElementTree.Element(f"{space}TiffData", {"IFD": str(page), **names, "PlaneCount": "1"})
        pixels.insert(begin + number, part)


def _renumber(tree: ElementTree.Element, kept: Sequence[int]) -> bool:
    """Make the text one of these pages, as a file has them that holds no others; False where it speaks of none.

    Images of which no page is kept go, with what refers to them.
    """
    every = _images(tree)
    counted = sum(len(run) for image in every for run, _ in image.runs)
    if every and not any(image.is_named for image in every) and counted == len(kept):
        return True  # it counts what is kept alone
    taken: set[int] = set()
    of_images: list[list[tuple[int, int]]] = []
    for image in every:  # of two that name a page the first has it, as in `_image_of`
        places = [(number, image.place(page)) for number, page in enumerate(kept) if number not in taken]
        of_images.append([(number, place) for number, place in places if place is not None])
        taken.update(number for number, _ in of_images[-1])
    if not taken:
        # One image is also that of pages that it does not name, as in `_image_of`.
        alone = every[0].pixels if len(every) == 1 else None
        if alone is None or math.prod(_lengths(alone, _samples(alone)).values()) != len(kept):
            return False
        _reduce(alone, [(number, number) for number in range(len(kept))])
        return True
    parents = {child: parent for parent in tree.iter() for child in parent}
    lost = set()
    for image, pictures in zip(every, of_images, strict=True):
        if not pictures:
            whole = image.pixels if parents[image.pixels] is tree else parents[image.pixels]
            parents[whole].remove(whole)
            lost.add(whole.get("ID"))
        elif len(pictures) != sum(len(run) for run, _ in image.runs) or any(
            kept[number] != number for number, _ in pictures
        ):
            _reduce(image.pixels, pictures)
    for link in tree.findall(".//{*}ImageRef"):
        if link.get("ID") in lost:
            parents[link].remove(link)
    return True


def _set_size(pixels: ElementTree.Element, size_nm: tuple[float, float] | None) -> None:
    """State this pixel size, or none where it is None: a length that was not believed is not to count elsewhere."""
    for axis, size in zip("XY", size_nm or (None, None), strict=True):
        length, unit = f"PhysicalSize{axis}", f"PhysicalSize{axis}Unit"
        if size is not None:
            pixels.set(length, f"{size:.9g}")
            pixels.set(unit, "nm")
        elif pixels.get(unit) not in NO_LENGTHS:
            pixels.attrib.pop(length, None)
            pixels.attrib.pop(unit, None)


def rewritten(
    xml: str,
    size_nm: tuple[float, float] | None,
    shape: tuple[int, int],
    text: str | None,
    kept: Sequence[int] = (),
) -> str | None:
    """Return the OME-XML with another pixel size, shape and description, all else of the pages kept as it was.

    Parameters
    ----------
    xml : str
        OME-XML.
    size_nm : tuple of float, or None
        Width and height of a pixel in nanometres; None where it is unknown: lengths that stand there go.
    shape : tuple of int
        Rows and columns of the images.
    text : str or None
        Put after the first image's description, in place of an account that stands there.
    kept : sequence of int
        Numbers, from 0 and rising, that the pages of the result had in the file that the text speaks of; empty where
        they are all of it.

    Returns
    -------
    str or None
        ASCII, with character references; None when the text is no OME-XML, that of images spread over several
        files, or speaks of none of the pages kept.
    """
    tree = _tree(xml)
    if tree is None or not tree.tag.startswith("{"):
        return None
    space = tree.tag[1:].partition("}")[0]
    links = tree.findall(f".//{{{space}}}TiffData/{{{space}}}UUID")
    if len({link.text for link in links}) > 1:
        return None
    if kept and not _renumber(tree, kept):
        return None
    for data in tree.iter(f"{{{space}}}TiffData"):  # they name the input's file
        for link in data.findall(f"{{{space}}}UUID"):
            data.remove(link)
    tree.attrib.pop("UUID", None)
    ElementTree.register_namespace("", space)
    for pixels in tree.iter(f"{{{space}}}Pixels"):
        for axis, length in zip("YX", shape, strict=True):
            pixels.set(f"Size{axis}", str(length))
        _set_size(pixels, size_nm)
    image = tree.find(f"{{{space}}}Image")
    if text and image is not None:
        description = image.find(f"{{{space}}}Description")
        if description is None:
            description = ElementTree.Element(f"{{{space}}}Description")
            # The schema's order: an acquisition date may stand before.
            date = image.find(f"{{{space}}}AcquisitionDate")
            image.insert(0 if date is None else 1, description)
        others = [line for line in (description.text or "").splitlines() if parsed(line) is None]
        description.text = "\n".join([*others, text])
    text_of_tree = ElementTree.tostring(tree, encoding="us-ascii").decode("ascii")
    return '<?xml version="1.0" encoding="UTF-8"?>' + text_of_tree
