"""What ome-types tells of each page of an OME-TIFF, and that its lack does no harm."""

import sys

import numpy as np
import pytest
import tifffile

from semclear.io.metadata import ome_model
from semclear.io.read import read

PAGES = np.random.default_rng(1).integers(0, 256, (2, 2, 48, 56)).astype(np.uint8)


def written(path, widths=(0.005, 0.005)):
    """Write scenes of two slices and two channels each, whose pixels have these widths in micrometres."""
    with tifffile.TiffWriter(path, ome=True) as writer:
        for width in widths:
            sizes = {"PhysicalSizeX": width, "PhysicalSizeY": 1000 * width, "PhysicalSizeYUnit": "nm"}
            writer.write(PAGES, metadata={"axes": "ZCYX", "Channel": {"Name": ["SE", "BSE"]}, **sizes})
    return path


@pytest.fixture
def ome_types():
    return pytest.importorskip("ome_types", reason="the extra ome is not installed")


@pytest.mark.extras
def test_each_page_has_its_scene_and_channel(tmp_path, ome_types):
    path = written(tmp_path / "a.ome.tif", (0.005, 0.008))
    with tifffile.TiffFile(path) as tiff:
        found = [ome_model.of_page(tiff.ome_metadata, page) for page in range(9)]
    assert [one.metadata["detector"] for one in found[:8]] == ["SE", "BSE"] * 4
    assert [one.width_nm for one in found[:8]] == pytest.approx([5.0] * 4 + [8.0] * 4)
    assert [one.height_nm for one in found[:8]] == pytest.approx([5.0] * 4 + [8.0] * 4)
    assert found[0].picture == (56, None) and found[8] is None


@pytest.mark.extras
def test_an_instrument_is_told_and_a_text_against_the_schema_is_not(ome_types):
    text = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument ID="Instrument:0">'
        '<Microscope Manufacturer="Maker" Model="One"/></Instrument><Image ID="Image:0"><InstrumentRef '
        'ID="Instrument:0"/><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="8" SizeY="8" SizeC="1" '
        'SizeZ="1" SizeT="1"><Channel ID="Channel:0:0" Name="SE"/><TiffData/></Pixels></Image></OME>'
    )
    found = ome_model.of_page(text, 0)
    assert found.metadata == {"detector": "SE", "instrument": "Maker One"} and found.width_nm is None
    assert ome_model.of_page(text.replace("XYCZT", "odd"), 0) is None
    assert ome_model.of_page("<!DOCTYPE a>" + text, 0) is None and ome_model.of_page("<OME", 0) is None


def test_pixel_sizes_are_read_without_ome_types(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ome_types", None)
    ome_model._model.cache_clear()
    original = read(written(tmp_path / "a.ome.tif"))
    assert original.pixel_size_nm == original.pixel_height_nm == pytest.approx(5.0)
    assert original.pixel_size_source == "OME-XML" and original.metadata == {}
    ome_model._model.cache_clear()


@pytest.mark.extras
def test_pages_of_an_ome_tiff_name_their_detectors(tmp_path, ome_types):
    original = read(written(tmp_path / "a.ome.tif"))
    assert [page.metadata.get("detector") for page in original.pages] == ["SE", "BSE"] * 4
    assert (
        original.pixel_size_nm == pytest.approx(5.0)
        and "pages of several detectors: SE, BSE" in original.notes
    )
