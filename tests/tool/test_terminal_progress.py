"""Progress counts bytes, never goes back, and ends where it should."""

import pytest

from semclear.tool.terminal import Progress


@pytest.fixture
def files(tmp_path):
    for name, size in (("a", 100), ("b", 300)):
        (tmp_path / name).write_bytes(b"x" * size)
    return [tmp_path / "a", tmp_path / "b", tmp_path / "missing"]


def test_shares_of_files_by_their_size(files):
    with Progress(files, shown=False) as progress:
        progress.start()
        progress.within(1, 2)
        assert progress.done == 50
        progress.within(1, 5)
        assert progress.done == 50
        progress.start()  # the first one failed half way
        assert progress.done == 100
        progress.within(2, 1)
        assert progress.done == 400
        progress.start()
        progress.within(1, 1)
        assert progress.done == 401


def test_a_bar_shows_file_and_time_left(files, capsys):
    with Progress(files, shown=True) as progress:
        progress.start()
        progress.within(1, 2)
        progress.say("error: something")
    shown = capsys.readouterr().err
    assert "1/3 a" in shown and "left" in shown and "error: something" in shown
