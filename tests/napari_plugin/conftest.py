"""The plugin's tests share the tool's tiny model and picture files."""

import os
import sys
import time

import numpy as np
import pytest


class Smoothing:
    """A stand-in for a network: a mean over 3 x 3 pixels, as an engine; its reach is 1 pixel, or endless."""

    def __init__(self):
        self.shapes = []

    def inspect(self, image, progress=None):
        from scipy.ndimage import uniform_filter

        from semclear.restoration.checks import inspection
        from semclear.restoration.outcome import Outcome

        self.shapes.append(image.shape)
        for step in (1, 2):
            if progress is not None:
                progress(step, 2)
        made = uniform_filter(image.astype(np.float64), 3, mode="reflect").astype(np.float32)
        return Outcome(made, np.full(image.shape, 0.5, np.float32), None, inspection.measure(image, 0.01))


class Misbehaving:
    """Begins processes that run other code; in it `serve(f)` answers requests by f(request, reply)."""

    opening = (
        "import os, sys, time\n"
        "from semclear.napari.worker import child\n"
        "from semclear.napari.worker.messages import *\n"
        "def serve(f):\n"
        "    child.answer = lambda request, load, reply: f(request, reply)\n"
        "    child.main()\n"
    )
    #: Loads at once, then works for an hour.
    slow = (
        "engine = child.Loader()\n"
        "def f(request, reply):\n"
        "    loaded = engine(request.choice)\n"
        "    if request.image is None:\n"
        "        return child.ready(loaded)\n"
        "    reply(PartsDone(1, 2))\n"
        "    time.sleep(3600)\n"
        "serve(f)\n"
    )

    def __init__(self):
        self._begun = []

    def command(self, code):
        return [sys.executable, "-c", self.opening + code]

    def __call__(self, code):
        from semclear.napari.worker.process import RestoringProcess

        self._begun.append(RestoringProcess(self.command(code)))
        return self._begun[-1]

    def end(self):
        for process in self._begun:
            process.end()


@pytest.fixture
def misbehaving():
    """Return what begins processes that do as their code says; they end with the test."""
    made = Misbehaving()
    yield made
    made.end()


def _gone(pid, seconds=120):
    for _ in range(seconds * 10):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def gone():
    """Return what says whether a process (not a child of this one) ends within two minutes; POSIX alone."""
    return _gone


@pytest.fixture
def smoothing():
    """Return an engine that smooths, with what it was called for as `Smoothing.shapes`."""
    from semclear.napari.model_choice import Loaded
    from semclear.napari.region import Grid
    from semclear.tool.restore.engine import Engine
    from semclear.tool.verdict import wording

    made = Smoothing()
    engine = Engine("smoothing", made.inspect, wording.SENTENCE, {"method": "smoothing"}, is_network=True)
    loaded = Loaded(engine, Grid(1, 1))
    return made, loaded
