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


def pixel_size(xml: str, page: int = 0) -> tuple[float | None, float | None, int | None]:
    """Return width and height of a pixel in nanometres, and pixels a row, None where the text does not say.

    Parameters
    ----------
    xml : str
        The ImageDescription of an OME-TIFF; its unit is the micrometre unless it names another.
    page : int
        Number of the page: each image of the text has its own pixels, and its pages follow one another.
    """
    tree = _tree(xml)
    every = [] if tree is None else tree.findall(".//{*}Pixels")
    if not every:
        return None, None, None
    ends, end = [], 0
    for pixels in every:
        samples = _counted(pixels.find("{*}Channel"), "SamplesPerPixel")
        end += max(1, _planes(pixels, samples))
        ends.append(end)
    pixels = next((one for one, end in zip(every, ends, strict=True) if page < end), every[-1])
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
