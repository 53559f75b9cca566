"""Checks of what DVC puts on disk: clones, older versions, partial runs."""

from __future__ import annotations

from pipeline_checks.study import LAST, Study, chain, set_bootstrap, set_own


def check_9(study: Study) -> None:
    """clone, dvc pull, semclear sync: nothing to do; then one experiment's key there"""
    clone = study.pulled("clone-9")
    clone.run("semclear", "sync")
    clone.assert_clean()
    clone.edit(set_own("fog-paired", "edge_weight", 3.0))
    assert clone.changed() == {"settings", *LAST}, clone.changed()
    assert clone.planned() == {"settings", *chain("fog-paired")}, clone.planned()
    clone.snakemake("all")
    clone.assert_clean()
    clone.remove()


def check_10(study: Study) -> None:
    """git checkout HEAD~1, dvc checkout, semclear sync: nothing to do"""
    clone = study.built
    branch = clone.run("git", "branch", "--show-current").strip()
    clone.commit("Before")
    before = clone.metrics()
    clone.edit(set_bootstrap(150))
    clone.edit(lambda params: params["classical"]["clahe"].update(tiles=[4]))
    clone.snakemake("all")
    clone.commit("After")
    assert clone.metrics() != before
    clone.run("git", "checkout", "--quiet", "HEAD~1")
    clone.run("dvc", "checkout", "--quiet")
    clone.run("semclear", "sync")
    assert clone.metrics() == before
    clone.assert_clean()
    clone.run("git", "checkout", "--quiet", branch)
    clone.run("dvc", "checkout", "--quiet")
    clone.run("semclear", "sync")
    clone.assert_clean()


def check_16(study: Study) -> None:
    """a partial target or --config leaves dvc.lock alone"""
    clone = study.built
    before = clone.read("dvc.lock")
    clone.edit(set_bootstrap(120))
    said = clone.snakemake("results/metrics.json")
    assert "dvc.lock not touched" in said and clone.read("dvc.lock") == before, said
    said = clone.snakemake("--config", "seed=7", "--", "all", fails=True)
    assert "edit params.yaml instead" in said and clone.read("dvc.lock") == before, said
    clone.snakemake("all")
    assert clone.read("dvc.lock") != before
    clone.assert_clean()


def check_17(study: Study) -> None:
    """clone and pull without sync, classical.* changed, snakemake all: the message names what it cannot vouch for"""
    clone = study.pulled("clone-17")
    before = clone.read("dvc.lock")
    # The worst case: by their age all files fit together, and nothing was made here that could tell otherwise.
    clone.make_coeval()
    (clone.folder / "results/metrics.json").unlink()
    clone.edit(lambda params: params["classical"]["clahe"].update(tiles=[8]))
    said = clone.snakemake("all")
    assert "run `semclear sync`" in said, said
    assert "cannot vouch for" in said and "classical@fog" in said and "classical@hybrid" in said, said
    assert clone.read("dvc.lock") == before
    clone.run("dvc", "repro")
    clone.run("semclear", "sync")
    clone.assert_clean()
    (clone.folder / "results/models/fog-paired.semclear").unlink()
    assert clone.planned() == chain("fog-paired"), clone.planned()
    clone.snakemake("all")
    clone.assert_clean()
    clone.remove()
