"""The closing words on a model that leaves micrographs as they are."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear.tool.own_data import held_out_report


def test_a_model_that_sharpens_nothing_is_told_of():
    (said,) = held_out_report.hardly_sharper([(11.7, 11.7), (12.2, 12.0), (None, 3.0)], [4.5, 4.6, 2.0])
    assert "edges of 11.9 and 11.8 pixels" in said
    assert held_out_report.hardly_sharper([(11.7, 5.2), (12.2, 4.7)], [4.5, 4.6]) == []
    assert (
        held_out_report.hardly_sharper([(2.0, 2.0)], [0.3]) == []
    )  # a veil alone: there is no blur to take away
    assert (
        held_out_report.hardly_sharper([(None, None)], [4.5])
        == held_out_report.hardly_sharper([(9.0, 9.0)], [])
        == []
    )


def test_widths_are_those_of_a_blurred_step():
    step = np.zeros((96, 128))
    step[:, 64:] = 1.0
    step[:48, 20:40] = 1.0
    noise = 0.002 * np.random.default_rng(1).standard_normal((2, *step.shape))
    before, after = (
        0.2 + 0.6 * gaussian_filter(step, sigma) + n for sigma, n in zip((3.0, 1.0), noise, strict=True)
    )
    got = held_out_report._edges(before, after)
    assert got == pytest.approx((3.0 * 2.563, 1.0 * 2.563), rel=0.15)  # 10 to 90 % of a Gaussian
