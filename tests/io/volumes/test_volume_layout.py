"""What is understood of the metadata of OME-Zarr images."""

from pathlib import Path

import pytest

from semclear.errors import SemclearError
from semclear.io.volumes.layout import layout_of

pytest.importorskip("ome_zarr")
pytestmark = pytest.mark.extras

PATH = Path("v.zarr")


def image(names="zyx", unit="micrometer", scale=(0.02, 0.004, 0.005), **more):
    types = {"t": "time", "c": "channel"}
    axes = [
        {"name": name, "type": types.get(name, "space"), **({"unit": unit} if unit and name in "zyx" else {})}
        for name in names
    ]
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": list(scale)}]}]
    return {"axes": axes, "datasets": datasets, **more}


def test_edges_are_those_of_the_scale_in_its_unit():
    found = layout_of(PATH, {"multiscales": [image(version="0.4")]})
    assert [found.length_nm(name) for name in "zyx"] == pytest.approx([20.0, 4.0, 5.0])
    assert found.length_nm("t") is None and found.plane_name((3,)) == "z=3"
    assert found.planes((2, 5, 5)) == [(0,), (1,)]


def test_a_scale_of_all_levels_counts_too():
    of_all = [{"type": "scale", "scale": [1.0, 10.0, 10.0]}]
    found = layout_of(PATH, {"multiscales": [image(version="0.4", coordinateTransformations=of_all)]})
    assert found.length_nm("y") == pytest.approx(40.0)


def test_without_a_unit_nothing_is_claimed():
    found = layout_of(PATH, {"ome": {"version": "0.5", "multiscales": [image(unit=None)]}})
    assert (found.version, found.length_nm("x")) == ("0.5", None)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({}, "without multiscales"),
        ({"plate": {}}, "a plate"),
        ({"multiscales": [image(version="0.3")]}, "version 0.3"),
        ({"multiscales": [image("yxz", version="0.4")]}, "damaged|y and x last"),
        ({"multiscales": [image(version="0.4", datasets=[])]}, "damaged"),
        ({"multiscales": [image(version="0.4", axes=None)]}, "damaged"),
    ],
)
def test_what_is_no_image_is_told(attributes, said):
    with pytest.raises(SemclearError, match=said):
        layout_of(PATH, attributes)
