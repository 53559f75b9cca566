"""Holm's adjustment on worked examples."""

import numpy as np
import pytest

from semclear.errors import SemclearError
from semclear.evaluation.multiple_testing import holm


def test_worked_example():
    # By hand: 0.005 * 4 = 0.02, 0.01 * 3 = 0.03, 0.03 * 2 = 0.06, then max(0.06, 0.04 * 1) = 0.06.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_one_test_is_left_alone_and_none_gives_none():
    assert holm([0.2]).tolist() == [0.2]
    assert holm([]).tolist() == []


def test_never_above_one_and_ties_stay_equal():
    assert holm([0.6, 0.5, 0.5]).tolist() == [1.0, 1.0, 1.0]


def test_rejections_are_those_of_the_step_down_procedure():
    rng = np.random.default_rng(2)
    for _ in range(50):
        values, alpha = rng.uniform(0, 0.05, 7), 0.03
        rejected = np.zeros(7, bool)
        for step, index in enumerate(np.argsort(values)):
            if values[index] > alpha / (7 - step):
                break
            rejected[index] = True
        assert np.array_equal(holm(values) <= alpha, rejected)


@pytest.mark.parametrize("values", [[0.1, 1.2], [-0.1], [float("nan")], [[0.1]]])
def test_what_is_no_p_value_is_refused(values):
    with pytest.raises(SemclearError, match="expected a list of numbers in"):
        holm(values)
