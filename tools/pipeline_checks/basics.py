"""Checks of a plain run: linters, a full run, the report."""

from __future__ import annotations

from pipeline_checks.study import Study, chain, every_model


def check_1(study: Study) -> None:
    """linters are clean; `snakemake -n all` builds"""
    clone = study.plain
    clone.run("snakefmt", "--check", "Snakefile", "workflow")
    clone.run("snakemake", "--lint")
    clone.run("ruff", "check", ".")
    assert {"synthesize", "degrade@fog", "classical@hybrid", *chain(*every_model(clone))} <= clone.planned()


def check_2(study: Study) -> None:
    """snakemake all; then neither snakemake nor DVC has anything to do"""
    study.built.assert_clean()


def check_19(study: Study) -> None:
    """snakemake --report: one HTML file with every figure"""
    clone = study.built
    clone.snakemake("--report", "report.html", "all")
    page = clone.read("report.html").decode()
    figures = [path.name for path in (clone.folder / "results/figures").glob("*.png")]
    assert figures and all(name in page for name in figures), figures
    (clone.folder / "report.html").unlink()
