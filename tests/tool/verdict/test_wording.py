"""The verdict's words and levels: written out here and in one document, read from one module everywhere else."""

import re
from pathlib import Path

import pytest

from semclear.tool.verdict import wording

ROOT = Path(__file__).parents[3]
WORDS = (
    *("UNLIKE training data", "not judged", "gain doubtful"),
    *("partly judged: like training data", "like training data"),
)
LEVELS = {
    "unexplained": f"by more than {wording.UNEXPLAINED:g} times the micrograph's noise",
    "already-sharp": (
        f"less than {wording.SHARP_SIGMA:g} pixels of blur and more than {100 * wording.CLEAR_TRANSMISSION:g} % "
        f"transmission; without an encoder, edges are narrower than {wording.SHARP_EDGE:g} pixels"
    ),
    "contrast-lost": f"by less than {100 * wording.CONTRAST_LEFT:g} % of what",
    "grey-shift": f"by more than {100 * wording.GREY_SHIFT:g} % of the range",
    "psf-background": f"more than {100 * wording.BACKGROUND:g} % of it",
    "psf-pixel-size": f"by more than {100 * wording.SAME_PIXEL_SIZE:g} %",
}


def section(name):
    text = (ROOT / "docs" / "account.md").read_text(encoding="utf-8")
    return text.split(f"## {name}\n")[1].split("\n## ")[0]


def test_the_words_from_the_worst_on():
    assert tuple(wording.counted(reversed(WORDS))) == WORDS
    assert all(f'"{words}"' in wording.SENTENCE for words in (wording.UNLIKE, wording.LIKE))


def test_the_document_lists_every_verdict():
    assert tuple(re.findall(r"^\| `(.+?)` \|", section("Verdict"), re.MULTILINE)) == WORDS


@pytest.mark.parametrize("code", LEVELS)
def test_the_document_gives_the_levels(code):
    (row,) = re.findall(rf"^\| `{code}` \| (.+) \|$", section("Warnings"), re.MULTILINE)
    assert LEVELS[code] in row


def test_nobody_else_writes_the_words_out():
    """In program, tests and documents; `like training data` is also English."""
    written = re.compile("|".join(re.escape(words) for words in WORDS[:4] if words != "not judged"))
    places = [
        path.relative_to(ROOT).as_posix()
        for folder, ending in (("src", "*.*"), ("tests", "*.py"), ("docs", "*.md"), ("tools", "*.py"))
        for path in sorted((ROOT / folder).rglob(ending))
        if path.suffix in (".py", ".html", ".md", ".js") and written.search(path.read_text(encoding="utf-8"))
    ]
    assert places == [
        "src/semclear/tool/verdict/wording.py",
        "tests/tool/verdict/test_wording.py",
        "docs/account.md",
    ]


def test_a_gain_is_doubted_unless_something_worse_is_said():
    from semclear.restoration.checks.trust_flag import Verdict
    from semclear.tool.verdict import cautions

    for verdict, short in ((Verdict(True, 0.01, ""), wording.UNLIKE), (None, wording.UNJUDGED)):
        assert wording.words(verdict, {}, {}, doubtful=True).short == short
    said = wording.words(Verdict(False, 0.5, ""), {}, {}, doubtful=True)
    assert (said.kind, said.short) == ("doubtful", wording.DOUBTFUL) and "no better" in said.long
    (caution,) = cautions.of_gain({"read_sigma": 0.3, "expected_gain": 0.012}, False)
    assert caution.code == "gain-doubtful" and caution.is_warning and "0.012" in caution.text
    assert cautions.of_gain({}, True) == cautions.of_gain({}, None) == []
