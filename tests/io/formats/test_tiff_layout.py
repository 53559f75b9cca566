"""Tags that nobody here understands are copied from every page, or a note names what is lost."""

import struct

import numpy as np
import pytest
import tifffile

from semclear.io import write
from semclear.io.read import read

RNG = np.random.default_rng(7)
BYTES = RNG.integers(0, 256, (40, 52), dtype=np.uint8)

GATAN = [
    (65003, "s", 0, "nm", True),
    (65004, "s", 0, "nm", True),
    (65009, "f", 1, 4.2, True),
    (65010, "f", 1, 4.2, True),
]

OF_EVERY_TYPE = [
    (40001, 1, 3, (1, 2, 255), True),
    (40002, 2, 0, "text of a vendor", True),
    (40003, 3, 3, (1, 2, 65535), True),
    (40004, 4, 2, (1, 2**32 - 1), True),
    (40005, 5, 2, (1, 3, 2, 7), True),
    (40006, 6, 3, (-1, 2, -128), True),
    (40007, 7, 300, bytes(range(256)) + bytes(44), True),
    (40008, 8, 2, (-1, 2), True),
    (40009, 9, 1, -(2**31), True),
    (40010, 10, 1, (-1, 3), True),
    (40011, 11, 2, (1.5, -2.5), True),
    (40012, 12, 3, (1e300, 2.0, -3.0), True),
]


def pages_with(path, *tags_of_pages, **options):
    with tifffile.TiffWriter(path, **options) as writer:
        for tags in tags_of_pages:
            writer.write(BYTES, metadata=None, extratags=tags)
    return path


def copied(path, tmp_path, **options):
    original = read(path)
    write.write(tmp_path / "copy.tif", original, [page.image for page in original.pages], **options)
    return original, tmp_path / "copy.tif"


def values_of(path, first=32768):
    with tifffile.TiffFile(path) as tiff:
        return [
            {tag.code: (int(tag.dtype), tag.count, tag.value) for tag in page.tags if tag.code >= first}
            for page in tiff.pages
        ]


@pytest.mark.parametrize("described", [None, {"semclear": "1"}])
@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_private_tags_of_every_type_and_page(tmp_path, byteorder, bigtiff, described):
    second = [(code, kind, count, value, True) for code, kind, count, value, _ in OF_EVERY_TYPE[::2]]
    path = pages_with(
        tmp_path / "a.tif", OF_EVERY_TYPE, second, GATAN, [], byteorder=byteorder, bigtiff=bigtiff
    )
    original, copy = copied(path, tmp_path, description=described)
    assert values_of(copy) == values_of(path)
    assert len(values_of(copy)[0]) == 12 and values_of(copy)[3] == {}
    assert not any("tags that are not" in note for note in original.notes)


def test_calibration_of_digital_micrograph(tmp_path):
    original, copy = copied(pages_with(tmp_path / "a.tif", GATAN), tmp_path)
    assert (original.pixel_size_nm, original.vendor) == (4.2, "Gatan")
    assert values_of(copy) == values_of(tmp_path / "a.tif")
    assert read(copy).pixel_size_nm == 4.2


def test_calibration_that_is_no_length_is_kept_and_not_believed(tmp_path):
    tags = [
        (code, kind, 0, "1/nm", True) if kind == "s" else (code, kind, 1, value, True)
        for code, kind, _, value, _ in GATAN
    ]
    original, copy = copied(pages_with(tmp_path / "a.tif", tags), tmp_path)
    assert original.pixel_size_nm is None and values_of(copy) == values_of(tmp_path / "a.tif")


@pytest.mark.parametrize("code", [33560, 34412, 33628])
def test_tags_that_point_into_the_file_are_named(tmp_path, code):
    path = pages_with(tmp_path / "a.tif", [], [(code, 4, 2, (4711, 4712), True)])
    original, copy = copied(path, tmp_path)
    (note,) = [note for note in original.notes if "tags that are not in the result" in note]
    assert str(code) in note
    assert values_of(copy) == [{}, {}]


def test_exif_is_named(tmp_path):
    path = pages_with(tmp_path / "a.tif", [(34850, 3, 1, 2, True)])
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        place = tiff.pages[0].tags[34850].offset
    struct.pack_into("<HHII", data, place, 34665, 4, 1, 8)
    path.write_bytes(data)
    assert any("34665" in note for note in read(path).notes)


def test_names_of_document_page_artist_and_the_like_stay(tmp_path):
    texts = {
        269: "document",
        271: "Maker",
        272: "Model",
        285: "page",
        306: "2026:01:02 03:04:05",
        315: "artist",
        316: "host",
    }
    tags = [(code, "s", 0, text, True) for code, text in texts.items()]
    _, copy = copied(pages_with(tmp_path / "a.tif", tags, tags), tmp_path)
    with tifffile.TiffFile(copy) as tiff:
        assert [{code: page.tags.valueof(code) for code in texts} for page in tiff.pages] == [texts, texts]


def test_a_shape_note_with_more_in_it_is_a_description(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", BYTES, description='{"shape": [40, 52], "sample": "silica"}', metadata=None
    )
    tifffile.imwrite(tmp_path / "b.tif", BYTES)
    assert "silica" in read(tmp_path / "a.tif").container.description
    assert read(tmp_path / "b.tif").container.description == ""


OF_THE_STANDARD = [
    (285, "s", 0, "page", True),
    (290, 3, 1, 3, True),
    (291, 3, 256, tuple(range(256)), True),
    (297, 3, 2, (0, 1), True),
    (318, 5, 2, (1, 3, 1, 3), True),
    (4660, 4, 2, (17, 2**32 - 1), True),
]
POSITION = [(286, 5, 1, (127, 100), True), (287, 5, 1, (5, 2), True)]


def with_sizes(path, *units, extratags=()):
    with tifffile.TiffWriter(path) as writer:
        for unit in units:
            options = {"resolution": (300, 300), "resolutionunit": unit} if unit else {}
            writer.write(BYTES, metadata=None, extratags=extratags, software="Maker 1.2", **options)
    return path


def test_tags_of_the_standard_and_unknown_ones_stay(tmp_path):
    path = with_sizes(tmp_path / "a.tif", 3, extratags=OF_THE_STANDARD + POSITION)
    original, copy = copied(path, tmp_path, description={"semclear": "1"})
    codes = [code for code, *_ in OF_THE_STANDARD + POSITION]
    before, after = values_of(path, 0)[0], values_of(copy, 0)[0]
    assert {code: after[code] for code in codes} == {code: before[code] for code in codes}
    assert not any("tags that are not" in note for note in original.notes)


def test_software_is_named_after_what_wrote_the_result(tmp_path):
    _, copy = copied(with_sizes(tmp_path / "a.tif", 3, 3), tmp_path)
    assert [page[305][2] for page in values_of(copy, 0)] == ["semclear; Maker 1.2", "Maker 1.2"]
    (tmp_path / "again").mkdir()
    _, again = copied(copy, tmp_path / "again")
    assert [page[305][2] for page in values_of(again, 0)] == ["semclear; Maker 1.2", "Maker 1.2"]


def test_positions_follow_the_unit_of_the_resolution(tmp_path):
    tags = [*POSITION, *GATAN]
    _, copy = copied(with_sizes(tmp_path / "a.tif", 2, extratags=tags), tmp_path)
    (after,) = values_of(copy, 0)
    assert after[296][2] == 3
    assert [after[code][2][0] / after[code][2][1] for code in (286, 287)] == [1.27 * 2.54, 2.5 * 2.54]


@pytest.mark.parametrize("units", [(None,), (1,), (2, 3)])
def test_positions_without_a_common_unit_are_named(tmp_path, units):
    original, copy = copied(with_sizes(tmp_path / "a.tif", *units, extratags=POSITION), tmp_path)
    assert any("286 (XPosition), 287 (YPosition)" in note for note in original.notes)
    assert not {286, 287} & set(values_of(copy, 0)[-1])


def test_what_restoring_makes_untrue_is_named(tmp_path):
    path = pages_with(tmp_path / "a.tif", [(280, 3, 1, 3, True), (281, 3, 1, 250, True)])
    original, copy = copied(path, tmp_path)
    assert any("280 (MinSampleValue), 281 (MaxSampleValue)" in note for note in original.notes)
    assert not {280, 281} & set(values_of(copy, 0)[0])


def test_numbers_of_pages_are_named_where_pages_were_passed_over(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for pixels, kind in ((BYTES, 0), (BYTES[::4, ::4], 1)):
            tags = [(297, 3, 2, (kind, 2), True)]
            writer.write(pixels, metadata=None, subfiletype=kind, extratags=tags)
    original, copy = copied(tmp_path / "a.tif", tmp_path)
    assert any("297 (PageNumber)" in note for note in original.notes) and 297 not in values_of(copy, 0)[0]


def test_each_page_keeps_its_kind_of_transparency(tmp_path):
    pixels = np.stack([BYTES, np.full_like(BYTES, 255)], -1)
    kinds = ["unassalpha", "assocalpha", "unassalpha"]
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for kind in kinds:
            writer.write(
                pixels, metadata=None, photometric="minisblack", planarconfig="contig", extrasamples=[kind]
            )
    _, copy = copied(tmp_path / "a.tif", tmp_path)
    with tifffile.TiffFile(copy) as tiff:
        assert [page.extrasamples[0].name.lower() for page in tiff.pages] == kinds
