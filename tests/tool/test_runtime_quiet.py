"""Remarks of libraries are shown when something went wrong, and only then."""

import os

import pytest

from semclear.tool.runtime import STDERR, quiet


@pytest.mark.parametrize(
    ("error", "shown"), [(ValueError, True), (KeyboardInterrupt, False), (None, False)], ids=str
)
def test_remarks_are_shown_with_a_failure_alone(capfd, error, shown):
    try:
        with quiet():
            os.write(STDERR, b"oneDNN is on\n")  # as compiled code does, past sys.stderr
            if error is not None:
                raise error
    except (ValueError, KeyboardInterrupt) as got:
        assert type(got) is error
    assert ("oneDNN is on" in capfd.readouterr().err) is shown
