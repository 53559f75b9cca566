"""The site of `make docs`: its links stay inside, and it is built without a warning."""

import importlib

import build_docs
import pytest


def test_documents_and_modules_of_the_site_exist():
    for name in build_docs.DOCUMENTS:
        assert (build_docs.PROJECT / "docs" / f"{name}.md").is_file()
    for modules in build_docs.MODULES.values():
        for module in modules:
            assert importlib.import_module(module).__doc__


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("[a](guide.md#part)", "[a](guide.md#part)"),
        ("[a](../README.md#results)", "[a](readme.md#results)"),
        ("[`a`](../params.yaml)", "`a`"),
        ("[a](#part)", "[a](#part)"),
        ("[a](https://example.org/b.md)", "[a](https://example.org/b.md)"),
        ("![a](figures/b.png)", "![a](figures/b.png)"),
    ],
)
def test_links_stay_inside_the_site(written, wanted):
    assert build_docs.linked(written, build_docs.PROJECT / "docs") == wanted


def test_the_site_is_built_without_a_warning(tmp_path, monkeypatch):
    for package in ("sphinx", "numpydoc", "myst_parser"):
        pytest.importorskip(package, reason="needs the extra docs")
    monkeypatch.setattr(build_docs, "PAGES", tmp_path / "pages")
    monkeypatch.setattr(build_docs, "SITE", tmp_path / "site")
    assert build_docs.main() == 0
    assert "semclear.api.load" in (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
    monkeypatch.setattr(build_docs, "MODULES", {"None": ("semclear.no_such_module",)})
    assert build_docs.main() != 0
