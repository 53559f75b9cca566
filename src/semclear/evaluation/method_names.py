"""Every method by name, as tables and figures call and order it: the classical ones, then the trained ones."""

from __future__ import annotations

from semclear.restoration.classical.registry import methods

CLASSICAL = "classical"
"""What stands for the model of a classical method in scores and tables."""

TRAINED = {
    "cyclegan": ("CycleGAN", "CycleGAN"),
    "cyclegan-oracle": ("CycleGAN, oracle selection", "CycleGAN, oracle"),
    "cyclegan-physics": ("CycleGAN, physics", "CycleGAN, physics"),
    "cyclegan-physics-oracle": ("CycleGAN, physics, oracle selection", "CycleGAN, physics, oracle"),
    "instrument": ("Own pairs by the instrument", "own pairs"),
    "instrument-oracle": ("Own pairs by the instrument, oracle selection", "own pairs, oracle"),
    "paired": ("Paired (supervised)", "paired"),
}
"""Name to what tables and what figures call it."""

IN_TABLES = {method.name: method.title for method in methods().values()} | {
    name: title for name, (title, _) in TRAINED.items()
}
IN_FIGURES = {
    method.name: method.label for method in sorted(methods().values(), key=lambda method: method.figure_place)
} | {name: label for name, (_, label) in TRAINED.items()}
