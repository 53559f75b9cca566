import subprocess
import sys

from semclear.evaluation.figures.names import figure_names

EXPERIMENTS = {
    "hybrid": {"dataset": "hybrid", "method": "cyclegan"},
    "hybrid-paired": {"dataset": "hybrid", "method": "paired"},
    "fog": {"dataset": "fog", "method": "cyclegan"},
    "edge-0": {"dataset": "hybrid", "method": "cyclegan", "study": "edge", "edge_weight": 0.0},
}


def test_every_experiment_and_study_has_its_figures():
    assert figure_names({"experiments": EXPERIMENTS}) == [
        "ablation_edge.png",
        "gap_closure.png",
        "losses_fog.png",
        "losses_hybrid-paired.png",
        "losses_hybrid.png",
        "metrics_fog.png",
        "metrics_hybrid.png",
        "reliability_fog.png",
        "reliability_hybrid.png",
        "side_by_side_fog.png",
        "side_by_side_hybrid.png",
        "trust_hybrid.png",
    ]


def test_without_a_paired_line_there_is_no_gap_to_close():
    experiments = {name: EXPERIMENTS[name] for name in ("hybrid", "fog")}
    assert "gap_closure.png" not in figure_names({"experiments": experiments})


def test_only_unpaired_models_have_maps_and_only_physics_reads_the_degradation():
    physics = {"hybrid": {**EXPERIMENTS["hybrid"], "method": "cyclegan-physics"}}
    names = figure_names({"experiments": {**physics, "hybrid-paired": EXPERIMENTS["hybrid-paired"]}})
    assert {"reliability_hybrid.png", "degradation_read.png"} <= set(names)
    alone = figure_names({"experiments": {"hybrid-paired": EXPERIMENTS["hybrid-paired"]}})
    assert not [name for name in alone if name.startswith(("reliability", "degradation"))]
    in_study = {"edge": {**physics["hybrid"], "study": "edge"}}
    assert figure_names({"experiments": in_study}) == ["ablation_edge.png"]


def test_names_do_not_import_anything_heavy():
    heavy = "{'numpy', 'pandas', 'matplotlib'}"
    code = f"import sys, semclear.evaluation.figures.names; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
