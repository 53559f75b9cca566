"""The plugin's tests share the tool's tiny model and picture files."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tool"))


class Smoothing:
    """A stand-in for a network: a mean over 3 x 3 pixels, as an engine; its reach is 1 pixel, or endless."""

    def __init__(self):
        self.shapes = []

    def inspect(self, image, progress=None):
        from scipy.ndimage import uniform_filter

        from semclear.restoration import inspection
        from semclear.tool.outcome import Outcome

        self.shapes.append(image.shape)
        for step in (1, 2):
            if progress is not None:
                progress(step, 2)
        made = uniform_filter(image.astype(np.float64), 3, mode="reflect").astype(np.float32)
        return Outcome(made, np.full(image.shape, 0.5, np.float32), None, inspection.measure(image, 0.01))


@pytest.fixture
def smoothing():
    """Return an engine that smooths, with what it was called for as `Smoothing.shapes`."""
    from semclear.napari.choosing import Loaded
    from semclear.napari.region import Grid
    from semclear.tool import honesty
    from semclear.tool.engine import Engine

    made = Smoothing()
    engine = Engine("smoothing", made.inspect, honesty.SENTENCE, {"method": "smoothing"}, is_network=True)
    loaded = Loaded(engine, Grid(1, 1))
    return made, loaded
