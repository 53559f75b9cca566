"""Two hundred files drawn by Hypothesis: each is written as it was read, or refused in one line."""

import tempfile
from pathlib import Path

import pytest

from benchmarks.files.recipes import RANGES, Recipe, available, tried

hypothesis = pytest.importorskip(
    "hypothesis", reason="hypothesis is not installed; make environment brings it"
)
strategies = hypothesis.strategies

EXAMPLES = 200
VALUES = {
    name: tuple(dict.fromkeys(values)) for name, values in (RANGES | {"container": available()}).items()
}
RECIPES = strategies.builds(
    Recipe, **{name: strategies.sampled_from(values) for name, values in VALUES.items()}
)


@hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # of a busy machine
)
@hypothesis.given(RECIPES.map(Recipe.settled))
def test_what_is_read_is_written_or_refused(recipe):
    with tempfile.TemporaryDirectory() as folder:
        tried(Path(folder), recipe)
