"""Numeric variants that stand for other processors, and which training meets which of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: Draws of a training (`train.seed`) that the rounds go through.
SEEDS = 10


@dataclass(frozen=True)
class Variant:
    """How a training computes: variables set before the first import, threads and Keras backend."""

    environment: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1
    backend: str = "tensorflow"


#: oneDNN's instruction sets are those of processors of other years; without oneDNN, with other threads and on JAX,
#: sums are taken in still other orders.
VARIANTS = {
    "best": Variant(),
    "avx2": Variant({"ONEDNN_MAX_CPU_ISA": "AVX2"}),
    "sse41": Variant({"ONEDNN_MAX_CPU_ISA": "SSE41"}),
    "no-onednn": Variant({"TF_ENABLE_ONEDNN_OPTS": "0"}),
    "threads-2": Variant(threads=2),
    "jax": Variant(backend="jax"),
}

#: Twelve rounds of a kind: every variant; those that take three times as long (without oneDNN, SSE4.1, JAX) once. No
#: two places that are two apart are equal, so that a seed that comes back after ten rounds meets another variant.
ROUND = (
    *("best", "avx2", "no-onednn", "sse41", "best", "avx2"),
    *("threads-2", "jax", "best", "avx2", "avx2", "threads-2"),
)
ROUNDS = len(ROUND)


class Piece(NamedTuple):
    """One training: its kind, its draw and how it computes."""

    kind: str
    seed: int
    variant: str


def plan(kinds: Sequence[str], rounds: int = ROUNDS) -> list[Piece]:
    """Return every kind's trainings, all of the first round before any of the second.

    The assignment is fixed: within a round the kinds meet different variants,
    and over the rounds each kind meets each, so that a table that ends
    anywhere is balanced to within one round.

    Parameters
    ----------
    kinds : sequence of str
        All kinds, in the order that is part of the assignment.
    rounds : int
        Trainings a kind; the first ten have different seeds.
    """
    return [
        Piece(kind, turn % SEEDS, ROUND[(turn + place) % len(ROUND)])
        for turn in range(rounds)
        for place, kind in enumerate(kinds)
    ]
