"""A plane restored block by block is the plane restored whole: pixels, checks and what was decided."""

from pathlib import Path

import numpy as np
import pytest
import tiny_model
from limits import CHOOSING
from volumes_on_disk import InMemory, picture

from semclear import row_noise
from semclear.io.volumes.stored import ScaledPlane
from semclear.restoration import classical_defaults, outcome
from semclear.restoration.checks.invention import Invention
from semclear.restoration.restorer import is_sharp
from semclear.restoration.tiled.tiled_network import Piece
from semclear.restoration.volumes import figures
from semclear.restoration.volumes.classical import REACH, ClassicalByBlocks

SHAPE = 240, 290
HALF = Invention((0.5,) * 4, (0.5,) * 4)


def plane_of(image, chunks=(64, 80)):
    stored = (65535 * image).round().astype(np.uint16)
    return ScaledPlane(Path("a.zarr"), InMemory(stored, chunks), (), (0.0, 65535.0))


def by_blocks(made, plane, side=96):
    """Return restoration and checks as the tool puts them together."""
    facts, whole = made.look(plane), np.empty(plane.shape, np.float32)
    maps, sums = {name: np.empty(plane.shape, np.float32) for name in made.maps}, {}
    height, width = plane.shape
    for first in range(0, height, side):
        for start in range(0, width, side):
            piece = Piece((first, min(first + side, height)), (start, min(start + side, width)))
            block = made.block(plane, facts, piece)
            whole[piece.place] = block.image
            for name, values in block.maps.items():
                maps[name][piece.place] = values
            for name, values in block.sums.items():
                sums[name] = sums.get(name, 0) + np.array(values)
    return whole, made.checked(plane, facts, maps, sums) | figures.changes_of(sums["changes"]), facts


@pytest.mark.parametrize("method", sorted(REACH))
def test_classical_methods_by_blocks_equal_the_whole(method):
    plane, parameters = plane_of(picture(*SHAPE, 1)), classical_defaults.parameters_of(method)
    whole = classical_defaults.ClassicalRestorer(method, parameters).inspect(plane[:, :])
    image, checks, _ = by_blocks(ClassicalByBlocks(method, parameters), plane)
    assert np.abs(image - whole.image).max() < 1e-5
    assert checks == pytest.approx({**whole.checks, **outcome.changes(plane[:, :], whole.image)}, rel=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"veil": "auto"},
        {"veil": "lift"},
        {"veil": "keep", "invention": HALF},
        {"veil": "lift", "invention": HALF, "conservative": True},
    ],
)
def test_a_network_by_blocks_equals_the_whole(options):
    from semclear.restoration.tiled.large import LargeRestorer
    from semclear.restoration.volumes.network import NetworkByBlocks

    bundle = tiny_model.bundle()
    model = bundle.model.model_copy(update={"normalisation": "none", "veil": "kept"})
    bundle = type(bundle)(
        bundle.method, bundle.size, model, bundle.data_sha256, weights_of(bundle.size, model), bundle.training
    )
    plane = plane_of(picture(*SHAPE, 2))
    whole = LargeRestorer(bundle, **options).inspect(plane[:, :], side=64)
    restorer = LargeRestorer(bundle, **options)
    assert restorer.divides
    image, checks, facts = by_blocks(NetworkByBlocks(restorer, 64), plane)
    assert np.abs(image - whole.image).max() < 1e-4
    assert (facts.lifted, facts.left_alone) == (whole.lifted, whole.left_alone)
    wanted = {**whole.checks, **outcome.changes(plane[:, :], whole.image)}
    assert checks.keys() == wanted.keys()
    assert ("similarity" in checks) == ("invention" in options)
    # The noise that probes D is drawn for each block.
    assert checks.pop("hiding_amplification") == pytest.approx(wanted.pop("hiding_amplification"), rel=0.05)
    assert checks == pytest.approx(wanted, rel=1e-3, abs=1e-5)


def weights_of(size, model):
    """Return fixed weights of networks of these settings."""
    from semclear.networks.forward import physics
    from semclear.networks.generator import generator_of

    rng = np.random.default_rng(0)
    networks = {
        "restorer": generator_of(size, model, "restorer"),
        "degrader": physics.build_encoder(size.width, name="degrader"),
    }
    return {
        name: [0.1 * rng.standard_normal(values.shape).astype(np.float32) for values in network.get_weights()]
        for name, network in networks.items()
    }


def test_instance_normalisation_does_not_divide():
    from semclear.restoration.tiled.large import LargeRestorer

    bundle = tiny_model.bundle()
    divides = LargeRestorer(bundle).divides
    assert divides == (bundle.model.normalisation == "none")


def test_noise_of_a_large_plane_is_that_of_the_whole():
    rng = np.random.default_rng(5)
    image = np.clip(0.5 + 0.1 * rng.standard_normal((1100, 1000)), 0, 1)
    plane = plane_of(image, (256, 256))
    assert plane.size > row_noise.PIXELS
    assert figures.noise_of(plane) == row_noise.strength_and_correlation(plane[:, :])


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.5])
def test_sharp_is_what_is_sharp_as_a_whole(noise):
    plane = plane_of(picture(101, 83, 4), (17, 19))
    for sigma in (0.5, 0.9):
        assert figures.is_sharp(plane, noise, sigma, CHOOSING) == is_sharp(
            plane[:, :], noise, sigma, CHOOSING
        )
