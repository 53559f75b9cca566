"""Examples in docstrings print what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "module", ["semclear.api", "semclear.io.intensity", "semclear.io.read", "semclear.io.read_single"]
)
def test_examples_print_what_they_say(module):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted > 2 and not found.failed
