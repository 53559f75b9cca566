"""The benchmark's pictures: always the same, apart from the study's, and of every set and operator."""

import numpy as np
import pytest
from micrograph_files import picture
from own_folders import save
from small_benchmark import settings

from semclear.datasets.scenes import plan
from semclear.errors import FileError, SemclearError
from semclear.evaluation.benchmark import pictures, real_pictures
from semclear.evaluation.benchmark.pictures import OUT_OF_FAMILY, grey


@pytest.fixture(scope="module")
def made():
    return list(pictures.drawn(settings()))


def test_every_set_and_every_operator_has_its_pictures(made):
    count = {name: sum(one.set == name for one in made) for name in {one.set for one in made}}
    operators = pictures.operators(settings())
    assert count == {"gaussian": 3, "fog": 3, "hybrid": 3, OUT_OF_FAMILY: len(operators)}
    assert [one.variant for one in made if one.set == OUT_OF_FAMILY] == operators
    assert len({one.name for one in made}) == len(made)


def test_the_sets_of_the_study_share_scenes_and_operators_do_not(made):
    truths = {}
    for one in made:
        truths.setdefault(one.set, []).append(one.truth_name)
    assert truths["gaussian"] == truths["fog"] == truths["hybrid"]
    assert not set(truths[OUT_OF_FAMILY]) & set(truths["hybrid"])
    assert len(set(truths[OUT_OF_FAMILY])) == len(truths[OUT_OF_FAMILY])


def test_no_scene_is_one_of_the_study_s(made):
    of_study = {name for name, _, _ in plan(settings().scenes, settings().scales["paper"].data)}
    assert not of_study & {f"benchmark-{one.truth_name}" for one in made}


def test_a_picture_is_its_truth_degraded_as_its_parameters_say(made):
    from semclear.degradation import forward
    from semclear.io.png import to_uint8

    for one in made[::4]:
        again = to_uint8(forward.apply(grey(one.truth), one.parameters))
        np.testing.assert_array_equal(again, one.image)
        assert not np.array_equal(one.image, one.truth)


def test_the_same_settings_give_the_same_pixels(made):
    again = next(iter(pictures.drawn(settings())))
    np.testing.assert_array_equal(again.image, made[0].image)
    other = settings().model_copy(update={"seed": settings().seed + 1})
    assert not np.array_equal(next(iter(pictures.drawn(other))).image, made[0].image)


def test_an_unknown_set_is_named():
    wrong = settings().benchmark.model_copy(update={"sets": ["mist"]})
    with pytest.raises(SemclearError, match="benchmark: got 'mist', expected one of"):
        list(pictures.drawn(settings().model_copy(update={"benchmark": wrong})))
    with pytest.raises(SemclearError, match="benchmark is missing"):
        list(pictures.drawn(settings().model_copy(update={"benchmark": None})))


def test_real_micrographs_become_five_sets_without_their_data_bar(tmp_path):
    for number in range(2):
        save(tmp_path / f"a b{number}.png", picture((96, 120), number))
    made = list(real_pictures.degraded(settings(), tmp_path))
    assert [one.set for one in made[:5]] == [f"real-{name}" for name in real_pictures.SETS]
    assert len(made) == 10 and len({one.truth_name for one in made}) == 2
    assert all(" " not in one.name and one.image.shape == (96, 120) for one in made)


def test_of_micrographs_of_one_source_the_first_is_taken(tmp_path):
    for name in ("a", "b", "c"):
        save(tmp_path / "sharp" / f"{name}.png", picture((64, 64), ord(name)))
    table = tmp_path / "table.csv"
    table.write_text("file,original_path\nsharp/a.png,x\nsharp/b.png,x\nsharp/c.png,y\n", encoding="utf-8")
    made = real_pictures.degraded(settings(), tmp_path / "sharp", table)
    assert {one.truth_name for one in made} == {"real-a", "real-c"}


def test_a_micrograph_that_is_too_small_is_named(tmp_path):
    save(tmp_path / "small.png", picture((20, 64), 1))
    with pytest.raises(FileError, match=r"small\.png: got a picture of 64 x 20 pixels, expected 32 at least"):
        list(real_pictures.degraded(settings(), tmp_path))
