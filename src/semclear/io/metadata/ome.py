"""Pixel size in the OME-XML of an OME-TIFF (https://docs.openmicroscopy.org/ome-model/)."""

from __future__ import annotations

from xml.etree import ElementTree

from semclear.io.metadata.finding import length_nm
from semclear.io.metadata.provenance import parsed


def _tree(xml: str) -> ElementTree.Element | None:
    # Entities are no part of OME-XML, and expanding them can fill the memory.
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        return None
    try:
        return ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError):
        return None


def _counted(element: ElementTree.Element | None, key: str) -> int:
    text = "1" if element is None else element.get(key, "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _planes(pixels: ElementTree.Element, samples: int) -> int:
    """Return how many pages of the file an image has; 0 of one that does not say that it is in the file."""
    parts = pixels.findall("{*}TiffData")
    if parts and all(part.get("IFD") or part.get("PlaneCount") for part in parts):
        return sum(_counted(part, "PlaneCount") for part in parts)
    channels = _counted(pixels, "SizeC")
    channels = channels // samples if channels % samples == 0 else channels
    return channels * _counted(pixels, "SizeZ") * _counted(pixels, "SizeT") if parts else 0


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


def _pages(pixels: ElementTree.Element, file: str | None) -> list[range] | None:
    """Return which pages of this very file an image says that it has; None of one that names none."""
    parts = [part for part in pixels.findall("{*}TiffData") if part.get("IFD")]
    if not parts:
        return None
    links = [part.find("{*}UUID") for part in parts]
    return [
        range(first := _counted(part, "IFD"), first + _counted(part, "PlaneCount"))
        for part, link in zip(parts, links, strict=True)
        if file is None or link is None or link.text == file
    ]


def _image_of(tree: ElementTree.Element, page: int) -> ElementTree.Element | None:
    """Return the pixels that a page belongs to, as `ome_model` finds them."""
    every = tree.findall(".//{*}Pixels")
    following = 0
    named = [_pages(pixels, tree.get("UUID")) for pixels in every]
    for pixels, pages in zip(every, named, strict=True):
        if pages is None:
            samples = _counted(pixels.find("{*}Channel"), "SamplesPerPixel")
            pages = [range(following, following + max(1, _planes(pixels, samples)))]
        if any(page in part for part in pages):
            return pixels
        following = max([following, *(part.stop for part in pages)])
    # Texts that count too few pages mean the last image; those that name others say nothing of this one.
    return every[-1] if len(every) == 1 or (every and all(pages is None for pages in named)) else None


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


def descriptions(xml: str) -> list[str]:
    """Return the lines of all images' descriptions in OME-XML; none of a text that is not."""
    tree = _tree(xml)
    found = [] if tree is None else tree.findall(".//{*}Image/{*}Description")
    return [line for element in found for line in (element.text or "").splitlines()]


def rewritten(xml: str, size_nm: tuple[float, float] | None, rows: int, text: str | None) -> str | None:
    """Return the OME-XML with another pixel size, height and description, all else as it was.

    Parameters
    ----------
    xml : str
        OME-XML.
    size_nm : tuple of float, or None
        Width and height of a pixel in nanometres; None leaves what stands there.
    rows : int
        Height of the images.
    text : str or None
        Put after the first image's description, in place of an account that stands there.

    Returns
    -------
    str or None
        ASCII, with character references; None when the text is no OME-XML, or that of images spread over several
        files.
    """
    tree = _tree(xml)
    if tree is None or not tree.tag.startswith("{"):
        return None
    space = tree.tag[1:].partition("}")[0]
    links = tree.findall(f".//{{{space}}}TiffData/{{{space}}}UUID")
    if len({link.text for link in links}) > 1:
        return None
    for data in tree.iter(f"{{{space}}}TiffData"):  # they name the input's file
        for link in data.findall(f"{{{space}}}UUID"):
            data.remove(link)
    tree.attrib.pop("UUID", None)
    ElementTree.register_namespace("", space)
    for pixels in tree.iter(f"{{{space}}}Pixels"):
        pixels.set("SizeY", str(rows))
        for axis, size in zip("XY", size_nm or (), strict=False):
            pixels.set(f"PhysicalSize{axis}", f"{size:.9g}")
            pixels.set(f"PhysicalSize{axis}Unit", "nm")
    image = tree.find(f"{{{space}}}Image")
    if text and image is not None:
        description = image.find(f"{{{space}}}Description")
        if description is None:
            description = ElementTree.Element(f"{{{space}}}Description")
            # The schema's order: an acquisition date may stand before.
            date = image.find(f"{{{space}}}AcquisitionDate")
            image.insert(0 if date is None else 1, description)
        kept = [line for line in (description.text or "").splitlines() if parsed(line) is None]
        description.text = "\n".join([*kept, text])
    text_of_tree = ElementTree.tostring(tree, encoding="us-ascii").decode("ascii")
    return '<?xml version="1.0" encoding="UTF-8"?>' + text_of_tree
