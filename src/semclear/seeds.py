"""All randomness comes from one number and a name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np


def seed_of(seed: int, *names: object) -> int:
    """Return a 63-bit seed for the stream called by `names`.

    Parameters
    ----------
    seed : int
        The study's seed, from params.yaml.
    *names : object
        What the stream is for, e.g. ``"degrade", "fog", 17``. Their text
        counts, so that adding a data set moves no other stream.

    Returns
    -------
    int
        In [0, 2**63).
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *names: object) -> np.random.Generator:
    """Return NumPy's generator for the stream called by `names` (see `seed_of`)."""
    return np.random.default_rng(seed_of(seed, *names))


def between(rng: np.random.Generator, ends: Sequence[float]) -> float:
    """Return a number drawn uniformly between two `ends`, low and high."""
    low, high = ends
    return float(rng.uniform(low, high))
