"""Which of several numbers is the pixel of this picture: page by page, and of no picture of another width."""

import numpy as np
import pytest
import tifffile

from semclear.errors import SemclearError
from semclear.io import write
from semclear.io.read import read

RNG = np.random.default_rng(12)
WIDTHS = (512, 1024, 2048)
FEI = (
    "[System]\r\nSystemType=Helios\r\n[Beam]\r\nHV=5000\r\nBeam=EBeam\r\n[Scan]\r\n{}[Image]\r\n"
    "ResolutionX={}\r\nResolutionY=20\r\n"
)


def picture(width=128, height=20):
    return RNG.integers(0, 256, (height, width), dtype=np.uint8)


def zeiss(*lines, fourth="0"):
    """Return the text of tag 34118: four lines, more numbers, and pairs of a name and its value."""
    return ("\r\n".join(["0"] * 3 + [fourth] + ["0"] * 60 + [*lines]) + "\r\n").encode("cp1252")


def entry(name, value):
    return (name, f"{name.partition('_')[2].replace('_', ' ').title()} = {value}")


def tagged(path, *pages, code=34118, **options):
    with tifffile.TiffWriter(path) as writer:
        for pixels, text in pages:
            tags = (
                []
                if text is None
                else [(code, "s", 0, text if isinstance(text, bytes) else text.encode(), True)]
            )
            writer.write(pixels, metadata=None, extratags=tags, **options)
    return path


@pytest.mark.parametrize("width", WIDTHS)
def test_zeiss_names_the_pixel_of_a_picture_of_1024(tmp_path, width):
    """10 nm there are 20 nm of 512 pixels a row, as the width of the field says, too."""
    wanted = 10 * 1024 / width
    of_standard, field = entry("AP_PIXEL_SIZE", "10.00 nm"), entry("AP_WIDTH", "10.24 \u00b5m")
    texts = {
        "both": zeiss(*of_standard, *field, fourth="1.000000e-008"),
        "pixel": zeiss(*of_standard),
        "width": zeiss(*field),
        "unnamed": zeiss(fourth="1.000000e-008"),
        "own": zeiss(*of_standard, *field, *entry("AP_IMAGE_PIXEL_SIZE", f"{wanted} nm")),
        "own alone": zeiss(*entry("AP_IMAGE_PIXEL_SIZE", f"{wanted} nm")),
        "own, others of another time": zeiss(
            *of_standard, *entry("AP_IMAGE_PIXEL_SIZE", f"{wanted} nm"), fourth="9e-7"
        ),
        "comma": zeiss(*entry("AP_WIDTH", "10,24 \u00b5m")),
        "stored": zeiss(*of_standard, *entry("DP_IMAGE_STORE", f"{width} * {width * 3 // 4}")),
    }
    for name, text in texts.items():
        original = read(tagged(tmp_path / "a.tif", (picture(width), text)))
        assert original.pixel_size_nm == pytest.approx(wanted, rel=1e-3), name
        assert original.pixel_size_source == "Zeiss tag 34118"


@pytest.mark.parametrize(
    "lines",
    [
        (*entry("AP_IMAGE_PIXEL_SIZE", "10 nm"), *entry("DP_IMAGE_STORE", "1024 * 768")),
        (*entry("AP_PIXEL_SIZE", "10 nm"), *entry("DP_IMAGE_STORE", "1024 * 768")),
        (*entry("AP_IMAGE_PIXEL_SIZE", "10 nm"), *entry("AP_WIDTH", "10.24 \u00b5m")),
    ],
)
def test_zeiss_of_another_width_is_not_taken(tmp_path, lines):
    original = read(tagged(tmp_path / "a.tif", (picture(500), zeiss(*lines))))
    assert original.pixel_size_nm is None and original.vendor == "Zeiss"
    assert original.notes == (
        "Zeiss tag 34118 speaks of 1024 pixels a row, the image has 500: its pixel size was not taken",
    )


@pytest.mark.parametrize("columns", [128, 256, 64])
@pytest.mark.parametrize("edge", ["PixelWidth=4.2e-9\r\nPixelHeight=4.2e-9\r\n", "HorFieldsize={}\r\n"])
def test_fei_counts_where_it_speaks_of_this_width(tmp_path, edge, columns):
    text = FEI.format(edge.format(4.2e-9 * columns), columns)
    original = read(tagged(tmp_path / "a.tif", (picture(128), text), code=34682))
    if columns == 128:
        assert original.pixel_size_nm == pytest.approx(4.2)
    else:
        assert original.pixel_size_nm is None and original.metadata["instrument"] == "Helios"
        assert f"FEI tag 34682 speaks of {columns} pixels a row, the image has 128" in original.notes[0]


@pytest.mark.parametrize("named", ["", "ResolutionX=\r\n", "ResolutionX=none\r\n"])
@pytest.mark.parametrize(
    ("scan", "wanted", "note"),
    [
        ("PixelWidth=4.2e-9\r\nHorFieldsize=5.376e-7\r\n", 4.2, ""),  # 128 pixels
        ("PixelWidth=4.21e-9\r\nHorFieldsize=5.38e-7\r\n", 4.21, ""),  # 127.8, both rounded
        (
            "PixelWidth=4.2e-9\r\nHorFieldsize=1.0752e-6\r\n",
            None,
            "speaks of 256 pixels a row, the image has 128",
        ),
        (
            "PixelWidth=4.2e-9\r\n",
            4.2,
            "does not say how many pixels a row its picture has: its pixel size was taken",
        ),
        ("PixelWidth=-1\r\nHorFieldsize=5.376e-7\r\n", None, "the width of its field gives no pixel size"),
        ("HorFieldsize=5.376e-7\r\n", None, "the width of its field gives no pixel size"),
    ],
)
def test_fei_that_names_no_width(tmp_path, scan, wanted, note, named):
    """Its field over its pixel is as many pixels a row."""
    text = FEI.format(scan, 0).replace("ResolutionX=0\r\n", named)
    original = read(tagged(tmp_path / "a.tif", (picture(128), text), code=34682))
    assert original.pixel_size_nm == (wanted and pytest.approx(wanted))
    assert original.metadata["instrument"] == "Helios"
    assert len(original.notes) == bool(note) and all(note in one for one in original.notes)


def test_ome_of_another_width_is_not_taken(tmp_path):
    size = {"PhysicalSizeX": 5, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 5, "PhysicalSizeYUnit": "nm"}
    tifffile.imwrite(tmp_path / "a.ome.tif", picture(), ome=True, metadata={"axes": "YX", **size})
    assert read(tmp_path / "a.ome.tif").pixel_size_nm == pytest.approx(5)
    data = (tmp_path / "a.ome.tif").read_bytes()
    (tmp_path / "b.ome.tif").write_bytes(data.replace(b'SizeX="128"', b'SizeX="256"'))
    original = read(tmp_path / "b.ome.tif")
    assert original.pixel_size_nm is None
    assert any("OME-XML speaks of 256 pixels a row" in note for note in original.notes)


def test_another_source_counts_where_one_speaks_of_another_width(tmp_path):
    text = FEI.format("PixelWidth=4.2e-9\r\nPixelHeight=4.2e-9\r\n", 800)
    path = tagged(tmp_path / "a.tif", (picture(), text), code=34682, resolution=(2e6, 2e6), resolutionunit=3)
    original = read(path)
    assert (original.pixel_size_nm, original.pixel_size_source) == (pytest.approx(5), "TIFF resolution")
    assert "speaks of 800" in original.notes[0]


def of_detector(name, size="10.00 nm"):
    return zeiss(*entry("AP_IMAGE_PIXEL_SIZE", size), "DP_DETECTOR_CHANNEL", f"Signal A = {name}")


def test_each_page_has_its_own_tags_and_detector(tmp_path):
    texts = [of_detector("InLens"), of_detector("SE2"), None]
    original = read(tagged(tmp_path / "a.tif", *((picture(), text) for text in texts)))
    assert [page.metadata.get("detector") for page in original.pages] == ["InLens", "SE2", None]
    assert any("pages of several detectors: InLens, SE2" in note for note in original.notes)
    write.write(tmp_path / "b.tif", original, [page.image for page in original.pages])
    with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
        tags = [page.tags.get(34118) for page in tiff.pages]
        assert [tag and tag.value["dp_detector_channel"][1] for tag in tags] == ["InLens", "SE2", None]
    assert [page.metadata.get("detector") for page in read(tmp_path / "b.tif").pages] == [
        "InLens",
        "SE2",
        None,
    ]


@pytest.mark.parametrize("sizes", [("10.00 nm", "20.00 nm"), ("10.00 nm", None, "0.011 \u00b5m")])
def test_pages_whose_vendor_s_tags_differ_in_pixel_size_are_refused(tmp_path, sizes):
    every = [(picture(), size and of_detector("SE2", size)) for size in sizes]
    with pytest.raises(SemclearError, match=r"different pixel sizes \(10 nm, (20|11) nm\)"):
        read(tagged(tmp_path / "a.tif", *every))


@pytest.mark.parametrize("source", ["resolution", "FEI"])
def test_pages_whose_pixels_differ_in_height_alone_are_refused(tmp_path, source):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for height in (10, 20):
            text = FEI.format(f"PixelWidth=1e-8\r\nPixelHeight={height}e-9\r\n", 128).encode()
            options = {
                "resolution": {"resolution": (1e6, 1e7 / height), "resolutionunit": 3},
                "FEI": {"extratags": [(34682, "s", 0, text, True)]},
            }
            writer.write(picture(), metadata=None, **options[source])
    with pytest.raises(SemclearError, match=r"different pixel sizes \(10 x 10 nm, 10 x 20 nm\)"):
        read(tmp_path / "a.tif")


def test_the_size_that_a_later_page_alone_says_is_that_of_all(tmp_path):
    original = read(tagged(tmp_path / "a.tif", (picture(), None), (picture(), of_detector("SE2"))))
    assert (original.pixel_size_nm, original.pixel_size_source) == (10, "Zeiss tag 34118")


@pytest.mark.parametrize("silent", [{}, {"resolution": (300, 300), "resolutionunit": 2}])
def test_the_size_that_a_later_page_alone_says_is_written_on_all(tmp_path, silent):
    known = {"resolution": (1e6, 5e5), "resolutionunit": 3}
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for options in (silent, known, silent):
            writer.write(picture(), metadata=None, **options)
    original = read(tmp_path / "a.tif")
    assert "2 of 3 pages say no pixel size: that of page 2 was taken for all" in original.notes
    write.write(tmp_path / "b.tif", original, [page.image for page in original.pages])
    with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
        tags = [
            [page.tags.valueof(code) for code in ("XResolution", "YResolution", "ResolutionUnit")]
            for page in tiff.pages
        ]
    assert tags == [[(1_000_000, 1), (500_000, 1), 3]] * 3
    again = read(tmp_path / "b.tif")
    assert (again.pixel_size_nm, again.pixel_height_nm) == (pytest.approx(10), pytest.approx(20))
    assert not any("no pixel size" in note for note in again.notes)


def test_a_vendor_s_size_and_another_in_the_tags_of_the_next_page_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(picture(), metadata=None, extratags=[(34118, "s", 0, of_detector("SE2"), True)])
        writer.write(picture(), metadata=None, resolution=(2e6, 2e6), resolutionunit=3)
    with pytest.raises(SemclearError, match=r"different pixel sizes \(5 nm, 10 nm\)"):
        read(tmp_path / "a.tif")


def test_images_of_ome_with_other_pixels_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as writer:
        for edge in (5, 50):
            size = {"PhysicalSizeX": edge, "PhysicalSizeXUnit": "nm"}
            writer.write(
                np.stack([picture()] * 2), photometric="minisblack", metadata={"axes": "ZYX", **size}
            )
    with pytest.raises(SemclearError, match=r"different pixel sizes \(5 nm, 50 nm\)"):
        read(tmp_path / "a.ome.tif")


@pytest.mark.parametrize(
    ("code", "name"),
    [(34118, "Zeiss"), (34680, "FEI"), (34682, "FEI"), (50431, "TESCAN"), (34683, "Phenom")],
)
@pytest.mark.parametrize(
    "content", [bytes(range(1, 256)) * 3, b"\xff" * 40, b"\x00" * 40, b"no text of any kind"]
)
def test_a_tag_that_cannot_be_read_is_named_and_hides_no_other_source(tmp_path, code, name, content):
    path = tagged(
        tmp_path / "a.tif", (picture(), content), code=code, resolution=(1e6, 1e6), resolutionunit=3
    )
    original = read(path)
    assert (original.pixel_size_nm, original.pixel_size_source) == (pytest.approx(10), "TIFF resolution")
    assert len(original.notes) == 1 and original.notes[0].startswith(f"the {name} tag cannot be read (")


@pytest.mark.parametrize("broken", ["fei", "zeiss", "tescan", "phenom"])
def test_one_vendor_s_tag_hides_no_other_s(tmp_path, broken):
    codes = {"fei": 34682, "zeiss": 34118, "tescan": 50431, "phenom": 34683}
    tags = [(codes[broken], 7, 60, bytes(range(200, 256)) + b"\x81\x8d\x8f\x90", True)]
    if broken != "zeiss":
        tags.append((34118, "s", 0, of_detector("SE2"), True))
    else:
        tags.append((34682, "s", 0, FEI.format("PixelWidth=1e-8\r\n", 128).encode(), True))
    tifffile.imwrite(tmp_path / "a.tif", picture(), metadata=None, extratags=tags)
    original = read(tmp_path / "a.tif")
    assert original.pixel_size_nm == pytest.approx(10)
    assert broken in original.notes[0].lower() and len(original.notes) == 1


def test_a_broken_ome_description_hides_no_resolution(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif",
        picture(),
        description="<OME xmlns='x'><Image></OME>",
        metadata=None,
        resolution=(1e6, 1e6),
        resolutionunit=3,
    )
    assert read(tmp_path / "a.tif").pixel_size_nm == pytest.approx(10)


def in_ome(path, width, **size):
    """Write an OME-TIFF whose text has this SizeX and these attributes of its pixels."""
    tifffile.imwrite(path, picture(), ome=True, metadata={"axes": "YX", **size})
    path.write_bytes(path.read_bytes().replace(b'SizeX="128"', f'SizeX="{width}"'.encode()))
    return path


def pixels_of(path):
    """Return what tifffile reads of the pixels in a file's OME-XML."""
    with tifffile.TiffFile(path) as tiff:
        return tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Pixels"]


REFUSED = [
    (256, {"PhysicalSizeX": 5, "PhysicalSizeXUnit": "nm"}, "speaks of 256 pixels a row, the image has 128"),
    (128, {"PhysicalSizeX": 10, "PhysicalSizeXUnit": "mm"}, "OME-XML says 10"),
    (128, {"PhysicalSizeX": 10}, "OME-XML says 10"),  # in micrometres
    (128, {"PhysicalSizeX": 3, "PhysicalSizeXUnit": "pt"}, "OME-XML says 3"),
]


@pytest.mark.parametrize("resolution", [False, True])
@pytest.mark.parametrize(("width", "size", "note"), REFUSED)
def test_a_size_in_ome_that_was_not_taken_does_not_stay_in_the_result(
    tmp_path, width, size, note, resolution
):
    size = size | {name.replace("X", "Y"): value for name, value in size.items()}
    path = in_ome(tmp_path / "a.ome.tif", width, **size, PhysicalSizeZ=2, PhysicalSizeZUnit="nm")
    if resolution:
        with tifffile.TiffFile(path, mode="r+b") as tiff:
            tags = tiff.pages.first.tags
            tags["XResolution"].overwrite((1_000_000, 1))
            tags["YResolution"].overwrite((1_000_000, 1))
            tags["ResolutionUnit"].overwrite(3)
    original = read(path)
    assert original.pixel_size_nm == (10 if resolution else None)
    assert sum(note in one for one in original.notes) == 1
    write.write(tmp_path / "b.ome.tif", original, [original.pages[0].image])
    pixels = pixels_of(tmp_path / "b.ome.tif")
    found = {name: value for name, value in pixels.items() if name.startswith("PhysicalSize")}
    in_use = {"PhysicalSizeX": 10, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 10, "PhysicalSizeYUnit": "nm"}
    assert found == {"PhysicalSizeZ": 2, "PhysicalSizeZUnit": "nm"} | (in_use if resolution else {})
    assert (pixels["SizeX"], pixels["SizeY"]) == (128, 20)
    again = read(tmp_path / "b.ome.tif")
    assert again.pixel_size_nm == original.pixel_size_nm and again.notes == ()


def test_a_size_in_ome_that_is_no_length_stays(tmp_path):
    size = {
        "PhysicalSizeX": 1,
        "PhysicalSizeXUnit": "pixel",
        "PhysicalSizeY": 1,
        "PhysicalSizeYUnit": "pixel",
    }
    original = read(in_ome(tmp_path / "a.ome.tif", 128, **size))
    assert original.pixel_size_nm is None and original.notes == ()
    write.write(tmp_path / "b.ome.tif", original, [original.pages[0].image])
    assert size.items() <= pixels_of(tmp_path / "b.ome.tif").items()
