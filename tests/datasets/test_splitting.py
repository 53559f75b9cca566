"""Splits by source: draws are disjoint, and the check finds what is not."""

import hashlib

import pytest

from semclear.datasets import splitting
from semclear.datasets.record import Record
from semclear.errors import SemclearError

WANTED = {"degraded": 5, "validation": 2, "test": 3}


def _record(name, split, source=None, digest=None, truth=None):
    digest = digest or hashlib.sha256(name.encode()).hexdigest()
    extra = {} if truth is None else {"truth_file": f"images/{name}-truth.png", "truth_sha256": truth}
    return Record(
        id=name, split=split, source=source or name, image_file=f"images/{name}.png", sha256=digest, **extra
    )


def test_draws_are_disjoint_complete_and_of_the_right_size():
    drawn = splitting.assign([f"m{i}" for i in range(12)], WANTED, 1, "ingest", "silica")
    assert {split: len(names) for split, names in drawn.items()} == WANTED
    names = [name for split in drawn.values() for name in split]
    assert len(set(names)) == 10


def test_draws_hang_on_seed_and_names_and_not_on_the_order():
    sources = [f"m{i}" for i in range(30)]
    drawn = splitting.assign(sources, WANTED, 1, "a")
    assert drawn == splitting.assign(sources[::-1] + sources, WANTED, 1, "a")
    assert drawn != splitting.assign(sources, WANTED, 2, "a")
    assert drawn != splitting.assign(sources, WANTED, 1, "b")


def test_too_few_sources_are_refused_with_the_sum():
    with pytest.raises(
        SemclearError, match=r"silica: got 4 source .* at least 10 \(5 degraded \+ 2 validation \+ 3 test\)"
    ):
        splitting.assign(["a", "b", "c", "d", "d", "d", "d", "d", "d", "d", "d"], WANTED, 1, "silica")


def test_disjoint_records_pass():
    splitting.check([_record("a", "clear"), _record("b", "degraded"), _record("c", "test")], "set")


@pytest.mark.parametrize("others", [("degraded", "clear"), ("degraded", "test"), ("validation", "test")])
def test_one_source_on_two_splits_is_refused(others):
    records = [_record("a", others[0], source="plate-7"), _record("b", others[1], source="plate-7")]
    with pytest.raises(
        SemclearError, match=rf"source plate-7 stands in both {others[0]} and {others[1]}.*remove"
    ):
        splitting.check(records, "set")


def test_several_images_of_a_source_may_share_a_split():
    splitting.check([_record("a", "clear", source="s"), _record("b", "clear", source="s")], "set")


def test_a_copy_under_another_name_is_found():
    records = [_record("a", "clear", digest="a" * 64), _record("b", "degraded", digest="a" * 64)]
    with pytest.raises(
        SemclearError, match=r"images/a.png \(a, clear\) and images/b.png \(b, degraded\) are the same"
    ):
        splitting.check(records, "set")


def test_a_test_truth_that_is_a_training_image_is_found():
    records = [_record("a", "clear", digest="a" * 64), _record("b", "test", truth="a" * 64)]
    with pytest.raises(SemclearError, match="are the same image"):
        splitting.check(records, "set")


def test_an_id_given_twice_is_refused():
    with pytest.raises(SemclearError, match="got the id a twice"):
        splitting.check([_record("a", "clear"), _record("a", "clear")], "set")
