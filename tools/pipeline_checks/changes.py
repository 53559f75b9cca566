"""Checks of what runs again after a change of params.yaml."""

from __future__ import annotations

from typing import Any

from pipeline_checks.study import LAST, ONE_GPU, Study, chain, set_own, set_train


def check_3(study: Study) -> None:
    """train.edge_weight: the lines that do not set their own, and what follows; run with either, clean"""
    clone = study.built
    lines = clone.params["experiments"]
    changed = {model for model, line in lines.items() if "edge_weight" not in line}
    assert changed and changed != set(lines), lines
    for weight, command in (
        (2.5, ("snakemake", "--cores", "8", *ONE_GPU, "--", "all")),
        (1.0, ("dvc", "repro")),
    ):
        clone.edit(set_train("edge_weight", weight))
        before = clone.bundles()
        assert clone.changed() == {"settings"}, clone.changed()
        assert clone.planned() == {"settings", *chain(*changed)}, clone.planned()
        clone.run(*command)
        clone.assert_clean()
        after = clone.bundles()
        assert {model for model in lines if before[model] != after[model]} == changed


def check_4(study: Study) -> None:
    """one experiment's key: that model's jobs and the tables; its study: no training"""
    clone = study.built
    clone.edit(set_own("hybrid-paired", "learning_rate", 1.0e-4))
    assert clone.changed() == {"settings", *LAST}, clone.changed()
    assert clone.planned() == {"settings", *chain("hybrid-paired")}, clone.planned()
    clone.run("dvc", "repro")
    clone.assert_clean()
    with clone.edited(lambda params: params["experiments"]["hybrid-paired"].update(study="some")):
        assert clone.planned() == clone.changed() == {"settings", *LAST}, clone.planned()


def check_5(study: Study) -> None:
    """a data set's sigma: its family; classical.*: baseline, score, tables; a comment: nothing"""
    clone = study.built
    with clone.edited(lambda params: params["degradations"]["fog"]["noise"].update(sigma=[0.01, 0.03])):
        assert clone.changed() == {"degrade@fog"}, clone.changed()
        family = {"degrade@fog", "classical@fog", "score_classical@fog", *chain("fog-paired")}
        assert clone.planned() == clone.with_descendants(clone.changed()) == family, clone.planned()
    with clone.edited(lambda params: params["classical"]["clahe"].update(tiles=[4])):
        names = {"fog", "hybrid"}
        assert clone.changed() == {f"classical@{name}" for name in names}, clone.changed()
        followers = {f"{rule}@{name}" for rule in ("classical", "score_classical") for name in names} | LAST
        assert clone.planned() == clone.with_descendants(clone.changed()) == followers, clone.planned()
    with clone.edited(lambda params: None):
        with (clone.folder / "params.yaml").open("a") as stream:
            stream.write("# a comment\n")
        assert clone.changed() == clone.planned() == set()


def check_6(study: Study) -> None:
    """a line added to experiments and removed again: its jobs and the tables; the rows follow"""
    clone = study.built
    new = {"dataset": "fog", "method": "paired", "edge_weight": 7.0}
    clone.edit(lambda params: params["experiments"].update({"fog-more": new}))
    assert clone.with_descendants(clone.changed() - {"settings"}) == chain("fog-more"), clone.changed()
    assert clone.planned() == {"settings", *chain("fog-more")}, clone.planned()
    clone.snakemake("all")
    assert "fog-more" in clone.metrics()
    clone.assert_clean()
    clone.edit(lambda params: params["experiments"].pop("fog-more"))
    assert clone.planned() == {"settings", *LAST}, clone.planned()
    clone.run("dvc", "repro")
    assert "fog-more" not in clone.metrics()
    clone.assert_clean()


def check_7(study: Study) -> None:
    """two values swapped: both see it"""
    clone = study.built

    def swap(params: dict[str, Any]) -> None:
        own = params["experiments"]["hybrid-paired"]
        own["cycle_weight"], own["edge_weight"] = own["edge_weight"], own["cycle_weight"]

    with clone.edited(swap):
        assert clone.changed() == {"settings", *LAST}, clone.changed()
        assert clone.planned() == {"settings", *chain("hybrid-paired")}, clone.planned()


def check_8(study: Study) -> None:
    """a typo in params.yaml: both fail and name the key, nothing is touched"""
    clone = study.built
    before = {path: path.stat().st_mtime_ns for path in clone.outputs()}

    def misspell(params: dict[str, Any]) -> None:
        params["train"]["edge_wieght"] = params["train"].pop("edge_weight")

    with clone.edited(misspell):
        for said in (clone.snakemake("all", fails=True), clone.run("dvc", "repro", fails=True)):
            assert "train.edge_wieght" in said, said
            assert "Traceback" not in said, said
    assert before == {path: path.stat().st_mtime_ns for path in clone.outputs()}
