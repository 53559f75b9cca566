"""What fits into memory, and what is said where nothing does."""

import pytest

pytest.importorskip("keras")
import random_generator as made

from semclear import params
from semclear.errors import SemclearError
from semclear.restoration.tiled import memory
from semclear.restoration.tiled.planning import Planner
from semclear.restoration.tiled.tiled_network import TiledNetwork

LAPTOP = params.ModelScale(levels=5, width=16, max_width=64, discriminator_width=16)
PAPER = params.ModelScale(levels=8, width=64, max_width=512, discriminator_width=64)


def planner(allowed, size=LAPTOP, model=made.NONE, **options):
    return Planner(TiledNetwork(None, size, model), memory.Needs(size, True), allowed, **options)


@pytest.mark.parametrize("model", [made.NONE, made.INSTANCE])
@pytest.mark.parametrize("shape", [(64, 64), (1023, 771), (4096, 6144), (8192, 8192)])
def test_the_plan_keeps_to_the_memory(model, shape):
    for allowed in (2**30, 2**31, 2**33):
        try:
            plan = planner(allowed, model=model).plan(shape, maps=True)
        except SemclearError:
            assert shape[0] * shape[1] * memory.INSPECTED > 0.7 * allowed
            continue
        assert plan.bytes <= allowed and plan.tile % 32 == 0
        assert plan.exact == (model is made.NONE or plan.tiles == 1)
        assert (plan.overlap > 0) == (plan.tiles > 1)


def test_the_default_memory_takes_the_largest_micrograph():
    plan = planner(None).plan((8192, 8192), maps=True)
    assert plan.bytes <= memory.DEFAULT and plan.exact


def test_a_usual_micrograph_is_restored_whole():
    assert planner(None, model=made.INSTANCE).plan((1024, 1280), maps=True).tiles == 1


def test_the_least_that_works_is_said_and_works():
    for shape in ((1024, 1024), (8192, 8192)):
        with pytest.raises(SemclearError, match=r"memory: got 50 MiB, expected at least .+ for") as refused:
            planner(50 * 2**20).plan(shape)
        number, unit = str(refused.value).split("at least ")[1].split()[:2]
        least = int(float(number) * {"MiB": 2**20, "GiB": 2**30}[unit])
        assert planner(least).plan(shape).bytes <= least
        with pytest.raises(SemclearError):
            planner(int(0.85 * least)).plan(shape)


def test_the_papers_generator_is_restored_whole_or_blended():
    plan = planner(2**31, PAPER, made.INSTANCE).plan((8192, 8192))
    assert not plan.exact and plan.tile >= 512 and plan.tile % 256 == 0
    assert planner(2**31, PAPER, made.INSTANCE).plan((1024, 1024)).exact


def test_tiles_are_no_larger_than_their_number_needs():
    made_tiles = TiledNetwork(None, LAPTOP, made.NONE)
    plan = planner(2**30).plan((3000, 3000))
    assert plan.tiles > 1
    whole = made_tiles.all_of((3000, 3000))
    assert len(made_tiles.pieces(whole, (3000, 3000), plan.tile)) == plan.tiles
    assert len(made_tiles.pieces(whole, (3000, 3000), plan.tile - 32)) > plan.tiles


def test_a_given_tile_is_taken_on_the_grid():
    plan = planner(None, tile=600).plan((1024, 1024))
    assert (plan.tile, plan.overlap) == (608, 224)


def test_bytes_as_a_person_writes_them():
    assert memory.text_of(300 * 2**20) == "300 MiB"
    assert memory.text_of(2.45 * 2**30) == "2.5 GiB"
