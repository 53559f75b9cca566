"""docs/cli.md is what the commands say."""

import cli_reference


def test_the_committed_reference_is_up_to_date():
    assert cli_reference.FILE.read_text(encoding="utf-8") == cli_reference.reference(), (
        "run python tools/cli_reference.py"
    )


def test_every_command_and_option_is_in_it():
    text = cli_reference.reference()
    for word in (
        "## semclear restore",
        "`--databar` `ROWS`",
        "## semclear inspect",
        "## semclear models",
        "`-o`, `--output`",
    ):
        assert word in text
    assert "## semclear step" not in text
