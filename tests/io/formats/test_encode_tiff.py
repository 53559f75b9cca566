"""Lengths in ImageJ's description, in the unit that is written beside them."""

import numpy as np
import pytest
import tifffile

from semclear.io import write
from semclear.io.read import read

BYTES = np.random.default_rng(5).integers(0, 256, (24, 32), dtype=np.uint8)
FEI = b"[Beam]\r\nHV=10000\r\n\r\n[Scan]\r\nPixelWidth=5e-009\r\nPixelHeight=5e-009\r\n"


def written_back(tmp_path, *lines, by_vendor=True, **options):
    """Return what tifffile reads of ImageJ's description after a stack of these lines was written back."""
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for number in range(3):
            writer.write(
                BYTES,
                metadata=None,
                description="\n".join(["ImageJ=1.53c", "images=3", "slices=3", *lines, ""])
                if not number
                else None,
                extratags=[(34682, "s", 0, FEI, True)] if by_vendor else [],
                **options,
            )
    original = read(tmp_path / "a.tif")
    write.write(tmp_path / "b.tif", original, [page.image for page in original.pages])
    with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
        return tiff.imagej_metadata


@pytest.mark.parametrize(
    ("lines", "centimetres"),
    [
        (("unit=um", "spacing=0.05"), 5e-6),
        (("unit=\\u00B5m", "spacing=-0.05"), -5e-6),
        (("unit=nm", "spacing=50.0", "loop=false"), 5e-6),
        (("unit=cm", "spacing=5e-6"), 5e-6),
        (("unit=um", "yunit=nm", "zunit=nm", "spacing=50"), 5e-6),
    ],
)
def test_the_distance_of_slices_follows_the_unit(tmp_path, lines, centimetres):
    told = written_back(tmp_path, *lines)
    assert told["unit"] == "cm" and told["spacing"] == pytest.approx(centimetres)
    assert "zunit" not in told and "yunit" not in told
    assert told.get("loop", "none") == (False if "loop=false" in lines else "none")


@pytest.mark.parametrize("unit", ["pixel", "furlong", None])
def test_a_distance_of_slices_that_is_no_length_keeps_its_unit(tmp_path, unit):
    told = written_back(tmp_path, *([f"unit={unit}"] if unit else []), "spacing=2.0")
    assert (told["unit"], told["spacing"], told["zunit"]) == ("cm", 2.0, unit or "pixel")


def test_what_imagej_takes_from_the_resolution_is_the_unit_of_slices_too(tmp_path):
    told = written_back(tmp_path, "spacing=0.01", resolution=(72, 72), resolutionunit=2)
    assert told["spacing"] == pytest.approx(0.0254) and "zunit" not in told


def test_a_unit_that_stays_changes_nothing(tmp_path):
    lines = ("unit=um", "zunit=nm", "spacing=50.0")
    told = written_back(tmp_path, *lines, by_vendor=False, resolution=(200, 200), resolutionunit=1)
    assert (told["unit"], told["spacing"], told["zunit"]) == ("um", 50.0, "nm")
