"""Who calls whom is counted by pairs of modules, through libraries too, and imports are no calls."""

import sys

from benchmarks.cost.hops import Hops, table

MODULES = {
    "first.py": "def run():\n    from made_up import second\n"
    "    return sorted([2, 1], key=second.key) + [*second.ends()]\n",
    "second.py": "from made_up import third\nthird.called_by_an_import()\n"
    "def key(value):\n    return -value\n"
    "def ends():\n    yield third.zero()\n    yield third.zero()\n",
    "third.py": "def zero():\n    return 0\ndef called_by_an_import():\n    return fourth_called()\n"
    "def fourth_called():\n    from made_up import fourth\n    return fourth.one()\n",
    "fourth.py": "def one():\n    return 1\n",
}


def test_pairs_of_modules(tmp_path, monkeypatch):
    package = tmp_path / "made_up"
    package.mkdir()
    for name, text in {"__init__.py": "", **MODULES}.items():
        (package / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    from made_up import first

    hops = Hops(package)
    sys.setprofile(hops)
    try:
        assert first.run() == [2, 1, 0, 0]
    finally:
        sys.setprofile(None)
    assert hops.pairs == {("first", "second"), ("second", "third")}
    hops.audit("open", ("there/default.semclear", "r", 0))
    hops.audit("import", ("there/default.semclear",))
    said = table(hops, "default.semclear")
    assert "2 hops in 3 modules; the model's file is opened 1 times." in said
    assert "| `first` | `second` |" in said
