"""Which image of OME-XML a page belongs to, read without ome-types and with it."""

import numpy as np
import pytest
import tifffile

from semclear.io.metadata import ome, ome_model
from semclear.io.read import read

WORDS = np.random.default_rng(3).integers(0, 65536, (48, 64), dtype=np.uint16)
PREVIEW = np.repeat((WORDS >> 8).astype(np.uint8)[..., None], 3, axis=-1)
OWN, OTHER = "urn:uuid:00000000-0000-0000-0000-000000000001", "urn:uuid:00000000-0000-0000-0000-000000000002"


def of_images(*images, uuid=""):
    """Return OME-XML of images of these pixel widths in nanometres, with their elements TiffData."""
    texts = [
        f'<Image ID="Image:{number}"><Pixels ID="Pixels:{number}" DimensionOrder="XYCZT" Type="uint16" '
        f'SizeX="64" SizeY="48" SizeC="1" SizeZ="1" SizeT="1" PhysicalSizeX="{width}" PhysicalSizeXUnit="nm" '
        f'PhysicalSizeY="{width}" PhysicalSizeYUnit="nm"><Channel ID="Channel:{number}:0" '
        f'SamplesPerPixel="1"/>{data}</Pixels></Image>'
        for number, (width, data) in enumerate(images)
    ]
    own = f' UUID="{uuid}"' if uuid else ""
    return f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"{own}>{"".join(texts)}</OME>'


CROSSED = of_images((4, '<TiffData IFD="1"/>'), (16, '<TiffData IFD="0"/>'))
"""The second page is the first image."""

OF_A_SET = of_images(
    (16, f'<TiffData IFD="0" PlaneCount="1"><UUID FileName="other.ome.tif">{OTHER}</UUID></TiffData>'),
    (4, f'<TiffData IFD="0" PlaneCount="1"><UUID FileName="own.ome.tif">{OWN}</UUID></TiffData>'),
    uuid=OWN,
)

CASES = [
    (CROSSED, [16, 4]),
    (of_images((4, '<TiffData IFD="1" PlaneCount="2"/>'), (16, '<TiffData IFD="0"/>')), [16, 4, 4]),
    (of_images((4, "<TiffData/>"), (16, "<TiffData/>")), [4, 16]),
    (of_images((4, '<TiffData IFD="3"/>'), (16, "<TiffData/>")), [None, None, None, 4, 16]),
    (OF_A_SET, [4]),
]


@pytest.mark.parametrize(("xml", "widths"), CASES)
def test_images_name_their_pages(xml, widths):
    assert [ome.pixel_size(xml, page)[0] for page in range(len(widths))] == widths


@pytest.mark.extras
@pytest.mark.parametrize(("xml", "widths"), [(CROSSED, [16, 4]), (OF_A_SET, [4])])
def test_images_name_their_pages_for_ome_types_too(xml, widths):
    pytest.importorskip("ome_types", reason="the extra ome is not installed")
    found = [ome_model.of_page(xml, page) for page in range(len(widths))]
    assert [one and one.width_nm for one in found] == widths


def test_a_preview_before_the_data_does_not_give_its_pixel_size(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as writer:
        writer.write(PREVIEW, photometric="rgb", description=CROSSED, metadata=None)
        writer.write(WORDS, metadata=None)
    original = read(tmp_path / "a.ome.tif")
    assert len(original.pages) == 1 and original.pixel_size_nm == original.pixel_height_nm == 4


def test_a_page_beyond_those_that_are_counted_is_of_the_last_image():
    counted = of_images((4, "<TiffData/>"), (16, "<TiffData/>"))
    assert ome.pixel_size(counted, 7)[0] == 16 and ome.pixel_size(CROSSED, 7) == (None, None, None)
    assert ome.pixel_size(of_images((4, '<TiffData IFD="0"/>')), 7)[0] == 4
    assert ome.pixel_size("no XML") == (None, None, None)
