"""Which image of OME-XML a page belongs to, read without ome-types and with it."""

import numpy as np
import pytest
import tifffile

from semclear.io import write
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


OTHERS = 65535 - WORDS
CHANNELS = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
    'DimensionOrder="XYZCT" Type="uint16" SizeX="64" SizeY="48" SizeC="3" SizeZ="1" SizeT="1" PhysicalSizeX="4" '
    'PhysicalSizeXUnit="nm">{channels}{data}{planes}</Pixels></Image></OME>'
).format(
    channels="".join(f'<Channel ID="Channel:0:{c}" Name="{c}" SamplesPerPixel="1"/>' for c in "012"),
    data="".join(f'<TiffData IFD="{c}" FirstC="{c}" PlaneCount="1"/>' for c in range(3)),
    planes="".join(f'<Plane TheC="{c}" TheZ="0" TheT="0" PositionZ="{c}"/>' for c in range(3)),
)
"""One image with a preview among its channels, against the schema, which has one type an image."""


def written_again(folder, xml, *pages):
    """Return what `write` says of a file of these pages, the OME-XML of the result, and what tifffile sees in it."""
    with tifffile.TiffWriter(folder / "a.ome.tif") as writer:
        for number, pixels in enumerate(pages):
            photometric = "rgb" if pixels.ndim == 3 else "minisblack"
            writer.write(
                pixels,
                photometric=photometric,
                description="" if number else xml,
                metadata=None,
                contiguous=False,
            )
    original = read(folder / "a.ome.tif")
    said = write.write(folder / "b.ome.tif", original, [page.image for page in original.pages])
    again = read(folder / "b.ome.tif")
    assert (len(again.pages), again.pixel_size_nm) == (len(original.pages), original.pixel_size_nm)
    with tifffile.TiffFile(folder / "b.ome.tif") as tiff:
        return said, tiff.ome_metadata, [one.asarray() for one in tiff.series if one.kind == "ome"]


@pytest.mark.parametrize(
    ("xml", "pages", "wanted"),
    [
        (CROSSED, [PREVIEW, WORDS], [WORDS]),
        (of_images((16, "<TiffData/>"), (4, "<TiffData/>")), [PREVIEW, WORDS], [WORDS]),
        (of_images((4, "<TiffData/>"), (16, "<TiffData/>")), [WORDS, PREVIEW], [WORDS]),
        (
            of_images((4, '<TiffData IFD="2"/>'), (16, '<TiffData IFD="1"/>'), (4, '<TiffData IFD="0"/>')),
            [WORDS, PREVIEW, OTHERS],
            [OTHERS, WORDS],
        ),
        (
            of_images((16, '<TiffData IFD="0"/>'), (4, '<TiffData IFD="1" PlaneCount="2"/>')).replace(
                'SizeZ="1" SizeT="1" PhysicalSizeX="4"', 'SizeZ="2" SizeT="1" PhysicalSizeX="4"'
            ),
            [PREVIEW, WORDS, OTHERS],
            [np.stack([WORDS, OTHERS])],
        ),
        (CHANNELS, [PREVIEW, WORDS, OTHERS], [np.stack([WORDS, OTHERS])]),
        (CHANNELS, [WORDS, PREVIEW, OTHERS], [np.stack([WORDS, OTHERS])]),
        (of_images((4, '<TiffData IFD="0"/>')), [PREVIEW, WORDS], [WORDS]),  # that of the preview alone
        (of_images((4, "<TiffData/>")), [PREVIEW, WORDS], [WORDS]),  # one that counts no preview
    ],
)
def test_the_result_s_images_are_of_the_pages_that_were_kept(tmp_path, xml, pages, wanted):
    said, again, images = written_again(tmp_path, xml, *pages)
    assert not said and len(images) == len(wanted)
    for image, data in zip(images, wanted, strict=True):
        np.testing.assert_array_equal(image, data)
    assert "16" not in again.replace("uint16", "").replace(
        "2016", ""
    )  # nothing of the preview's pixel is left


def test_channels_and_planes_of_a_preview_go_with_it(tmp_path):
    _, again, _ = written_again(tmp_path, CHANNELS, WORDS, PREVIEW, OTHERS)
    pixels = tifffile.xml2dict(again)["OME"]["Image"]["Pixels"]
    assert [channel["Name"] for channel in pixels["Channel"]] == [0, 2] and pixels["SizeC"] == 2
    assert [(plane["TheC"], plane["PositionZ"]) for plane in pixels["Plane"]] == [(0, 0), (1, 2)]
    assert [(part["IFD"], part["FirstC"]) for part in pixels["TiffData"]] == [(0, 0), (1, 1)]


def test_what_refers_to_the_image_of_a_preview_goes_with_it(tmp_path):
    sets = '<Dataset ID="Dataset:0"><ImageRef ID="Image:0"/><ImageRef ID="Image:1"/></Dataset></OME>'
    _, again, _ = written_again(tmp_path, CROSSED.replace("</OME>", sets), PREVIEW, WORDS)
    assert again.count("<ImageRef") == 1 and '<ImageRef ID="Image:0" />' in again


def test_a_text_of_other_pages_alone_is_left_out_and_named(tmp_path):
    xml = of_images((4, '<TiffData IFD="0"/>'), (4, '<TiffData IFD="0"/>'))
    said, again, _ = written_again(tmp_path, xml, PREVIEW, WORDS)
    assert again is None and "the OME-XML is not in the result" in said[0]


def test_without_a_preview_no_image_is_numbered_anew(tmp_path):
    xml = of_images((4, '<TiffData IFD="1"/>'), (4, '<TiffData IFD="0"/>'))
    _, again, images = written_again(tmp_path, xml, WORDS, OTHERS)
    assert '<TiffData IFD="1" />' in again and '<TiffData IFD="0" />' in again
    np.testing.assert_array_equal(images, [OTHERS, WORDS])


@pytest.mark.extras
@pytest.mark.parametrize("xml", [CROSSED, CHANNELS])
def test_the_result_s_text_is_ome_for_ome_types_too(tmp_path, xml):
    ome_types = pytest.importorskip("ome_types", reason="the extra ome is not installed")
    pages = [PREVIEW, WORDS, OTHERS] if xml is CHANNELS else [PREVIEW, WORDS]
    _, again, _ = written_again(tmp_path, xml, *pages)
    (image,) = ome_types.from_xml(again).images
    assert [block.ifd for block in image.pixels.tiff_data_blocks] == list(range(len(pages) - 1))
    assert [ome_model.of_page(again, page).width_nm for page in range(len(pages) - 1)] == [4] * (
        len(pages) - 1
    )
