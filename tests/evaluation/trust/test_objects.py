"""The segmentation on drawn discs, and its objects against those drawn."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear.errors import SemclearError
from semclear.evaluation.trust import objects
from semclear.evaluation.trust.segmentation import segment

CENTRES = [(row, column) for row in (24, 64, 104) for column in (24, 64, 104)]


def discs(centres, radius, shape=(128, 128)):
    """Return labels of discs, numbered from 1."""
    rows, columns = np.indices(shape)
    labels = np.zeros(shape, dtype=np.uint16)
    radii = np.broadcast_to(radius, len(centres))
    for label, ((row, column), r) in enumerate(zip(centres, radii, strict=True), start=1):
        labels[np.hypot(rows - row, columns - column) <= r] = label
    return labels


def micrograph(labels, seed=0):
    clean = gaussian_filter(0.2 + 0.5 * (labels > 0), 0.7)
    return clean + np.random.default_rng(seed).normal(0, 0.02, labels.shape)


def test_discs_are_found_in_their_size():
    labels = discs(CENTRES, 11)
    found = objects.match(labels, segment(micrograph(labels)))
    assert (found.found, found.missed, found.invented) == (9, 0, 0)
    assert found.true == pytest.approx(22, abs=0.3)
    values = objects.measure(found)
    assert values["diameter_bias"] == pytest.approx(0, abs=0.4)
    assert values["objects_found"] == 1 and values["objects_missed"] == 0 and values["objects_invented"] == 0


def test_touching_discs_are_cut_apart():
    labels = discs([(64, 40), (64, 61), (64, 82)], 11)
    assert objects.match(labels, segment(micrograph(labels))).found == 3


@pytest.mark.parametrize(("gain", "offset"), [(0.2, 0.5), (3.0, -1.0)])
def test_grey_scale_does_not_matter(gain, offset):
    image = micrograph(discs(CENTRES, 11))
    assert np.mean(segment(image) != segment(gain * image + offset)) < 0.002


def test_enlarged_discs_show_their_bias():
    values = objects.measure(objects.match(discs(CENTRES, 11), segment(micrograph(discs(CENTRES, 13)))))
    assert values["diameter_bias"] == pytest.approx(4, abs=0.5)
    assert values["size_distance"] == pytest.approx(4, abs=0.5)


def test_missed_and_invented_are_counted_apart():
    values = objects.measure(
        objects.match(discs(CENTRES, 11), segment(micrograph(discs([*CENTRES[:6], (84, 44)], 11))))
    )
    assert values["objects_true"] == 9 and values["objects_segmented"] == 7
    assert values["objects_found"] == pytest.approx(6 / 9) and values["objects_missed"] == pytest.approx(
        3 / 9
    )
    assert values["objects_invented"] == pytest.approx(1 / 7)


def test_overlap_decides_at_one_half():
    truth = np.zeros((20, 40), int)
    truth[:, :10] = 1
    half, less = np.zeros_like(truth), np.zeros_like(truth)
    half[:, :20] = 5
    less[:, :21] = 5
    assert objects.match(truth, half).found == 1
    found = objects.match(truth, less)
    assert (found.found, found.missed, found.invented) == (0, 1, 1)


def test_small_true_objects_neither_count_nor_are_invented():
    truth = discs([(30, 30), (80, 80)], [2, 10])
    assert 0 < (truth == 1).sum() < 30
    found = objects.match(truth, truth.astype(int))
    assert (found.found, found.missed, found.invented) == (1, 0, 0)


def test_labels_that_cover_everything_and_labels_with_holes_in_their_numbers():
    truth = np.ones((20, 20), int)
    truth[:, 10:] = 70
    found = objects.match(truth, truth)
    assert (found.found, found.missed, found.invented) == (2, 0, 0)


def test_an_empty_side_leaves_out_what_is_not_defined():
    labels, nothing = discs(CENTRES, 11), np.zeros((128, 128), int)
    assert objects.measure(objects.match(labels, nothing)) == {
        "objects_true": 9.0,
        "objects_segmented": 0.0,
        "objects_invented": 0.0,
        "objects_found": 0.0,
        "objects_missed": 1.0,
    }
    assert objects.measure(objects.match(nothing, labels)) == {
        "objects_true": 0.0,
        "objects_segmented": 9.0,
        "objects_invented": 1.0,
    }
    assert not segment(np.full((32, 32), 0.5)).any()


def test_size_distance_is_the_mean_shift_of_sorted_sizes():
    true, other = np.array([10.0, 20.0, 30.0]), np.array([33.0, 12.0, 21.0])
    assert objects.size_distance(objects.Matches(true, other, np.empty((0, 2)))) == pytest.approx(
        (2 + 1 + 3) / 3
    )


def test_shapes_must_agree():
    with pytest.raises(SemclearError, match="expected equal shapes"):
        objects.match(np.zeros((3, 4), int), np.zeros((4, 3), int))
