"""Views: reproducible, free of noise, magnified as they say, smooth where they are to be."""

import numpy as np
import pytest
from laboratory import views_with

from semclear import row_noise
from semclear.errors import SemclearError
from semclear.scenes.rendering import BUILDERS
from semclear.scenes.views import layers, leaves, photographs, smooth
from semclear.scenes.views.view import LIMITS, render_view
from semclear.seeds import generator

KINDS = ["spheres", "fibres", "porous", "polycrystal", "particles"]
USUAL = {"smooth": 0.0, "layers": 0.0, "leaves": 0.0, "photographs": 0.0}


def view(views, index=0, size=128, kinds=KINDS):
    return render_view(size, kinds, views, generator(4, "view", index))


def test_the_same_stream_gives_the_same_view():
    first, again = view(views_with()), view(views_with())
    np.testing.assert_array_equal(first.image, again.image)
    assert first.objects == again.objects
    assert np.any(first.image != view(views_with(), 1).image)


@pytest.mark.parametrize("index", range(12))
def test_a_view_is_well_formed(index):
    made = view(views_with(), index)
    assert made.image.shape == made.labels.shape == (128, 128)
    assert made.image.dtype == np.float32 and made.image.min() >= 0 and made.image.max() <= 1
    assert made.kind in {*KINDS, "smooth", "layers", "leaves", "photograph"}
    assert {one.label for one in made.objects} == {*np.unique(made.labels)} - {0}
    assert made.pixel_size_nm > 0


def test_spheres_grow_with_the_magnification():
    def diameter(magnification):
        views = views_with(**USUAL, magnified=1.0, magnification=[magnification, magnification])
        made = [view(views, i, 256, ["spheres"]) for i in range(8)]
        return np.median([one.diameter for scene in made for one in scene.objects])

    assert diameter(2.0) == pytest.approx(2.0 * diameter(1.0), rel=0.25)


def test_a_canvas_at_magnification_one_is_the_one_without():
    for kind, build in BUILDERS.items():
        first, again = build(64, generator(1, kind)), build(64, generator(1, kind), 1.0)
        np.testing.assert_array_equal(first.height, again.height)
        assert np.any(build(64, generator(1, kind), 1.5).height != first.height)


def test_the_pixel_becomes_smaller_by_the_magnification():
    views = views_with(**USUAL, magnified=1.0, magnification=[2.0, 2.0], pixel_size_nm=[6.0, 6.0])
    assert view(views, kinds=["porous"]).pixel_size_nm == pytest.approx(3.0)
    assert view(views, kinds=["fibres"]).pixel_size_nm == pytest.approx(6.0 / LIMITS["fibres"])
    views = views_with(**USUAL, magnified=0.0, reduced=1.0, reduction=[1.5, 1.5], pixel_size_nm=[6.0, 6.0])
    assert view(views, kinds=["porous"]).pixel_size_nm == pytest.approx(9.0)


def test_smooth_views_have_empty_places_and_no_noise():
    views = views_with(**{**USUAL, "smooth": 1.0})
    empty, strength = [], []
    for i in range(6):
        image = view(views, i, 256).image
        empty.append(np.mean(row_noise.structure(image) < 0.02))
        strength.append(row_noise.measure(image).strength)
    assert np.median(empty) > 0.3 and np.median(strength) < 0.5 / 255


@pytest.mark.parametrize("build", [smooth.build, layers.build, leaves.build])
@pytest.mark.parametrize("size", [32, 64])
def test_small_canvases_are_whole(build, size):
    canvas = build(size, generator(2, size))
    assert canvas.height.shape == canvas.albedo.shape == canvas.labels.shape == (2 * size, 2 * size)
    assert np.isfinite(canvas.height).all() and canvas.albedo.min() > 0


def test_a_photograph_is_shown_by_its_share_and_holds_no_objects():
    made = [view(views_with(**{**USUAL, "photographs": share}), 0) for share in (0.0, 1.0)]
    assert [scene.kind == "photograph" for scene in made] == [False, True]
    assert not made[1].labels.any() and made[1].objects == []


@pytest.mark.parametrize("name", photographs.NAMES)
def test_every_photograph_comes_along(name):
    """Inside the wheel: nothing is fetched from the network."""
    image = photographs.photograph(name)
    assert image.ndim == 2 and min(image.shape) >= 300
    assert 0 <= image.min() < 0.35 and 0.6 < image.max() <= 1


def test_shares_of_more_than_everything_are_refused():
    with pytest.raises(ValueError, match="smooth, layers, leaves and photographs: got shares"):
        views_with(smooth=0.5, leaves=0.3, photographs=0.3)


def test_unknown_kinds_and_small_sizes_are_refused():
    with pytest.raises(SemclearError, match="kinds: got"):
        view(views_with(), kinds=["crystals"])
    with pytest.raises(SemclearError, match="size: got 16"):
        view(views_with(), size=16)
