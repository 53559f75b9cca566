"""Random crops of two domains, in an order that depends on seed, epoch and step alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semclear import params, seeds
from semclear.degradation.family import draw
from semclear.degradation.instrument import stacked
from semclear.networks.forward.instrument import packed


def crop_of(image: np.ndarray, edge: int, rng: np.random.Generator) -> tuple[slice, slice]:
    """Return a random square window of `edge` pixels inside `image` (H, W)."""
    top = int(rng.integers(image.shape[0] - edge + 1))
    left = int(rng.integers(image.shape[1] - edge + 1))
    return slice(top, top + edge), slice(left, left + edge)


def turned(image: np.ndarray, quarter_turns: int, flip: bool) -> np.ndarray:
    """Return the image after a mirroring and quarter turns: one of the square's eight symmetries."""
    return np.rot90(image[:, ::-1] if flip else image, quarter_turns)


@dataclass(frozen=True)
class Batches:
    """Endless batches (x, y) of crops (batch, crop, crop, 1) float32 in [0, 1].

    Parameters
    ----------
    degraded, clear : sequence of ndarray
        Micrographs (H, W) float32; values outside [0, 1] are clipped, as in
        the files of a data set. With `paired`, clear[i] is the truth of
        degraded[i] and both get the same crop, flip and turn; otherwise the
        two are drawn independently.
    crop, batch, steps_per_epoch : int
        Sizes.
    seed : int
        Names the stream together with epoch and step, so that a training
        that resumes at an epoch sees what an uninterrupted one would.
    paired : bool
        See above.
    rows : bool
        Whether rows of degraded crops stay rows: these are mirrored and turned by halves alone, so that what is read of
        noise along the scan is. Clear crops, and the order of both, are the same either way.
    family : params.Family, optional
        Each crop then comes with an instrument drawn from it: x is {"degraded": crops, "instrument": (batch, 19)}, see
        `semclear.networks.forward.instrument.packed`.
    """

    degraded: Sequence[np.ndarray]
    clear: Sequence[np.ndarray]
    crop: int
    batch: int
    steps_per_epoch: int
    seed: int
    paired: bool = False
    rows: bool = False
    family: params.Family | None = None

    def epoch(self, epoch: int) -> Iterator[tuple[Any, np.ndarray]]:
        """Yield the batches of one epoch (counted from 0)."""
        rng = seeds.generator(self.seed, "batches", epoch)
        count = self.batch * self.steps_per_epoch
        first = self._order(len(self.degraded), count, rng)
        second = first if self.paired else self._order(len(self.clear), count, rng)
        for step in range(self.steps_per_epoch):
            window = slice(step * self.batch, (step + 1) * self.batch)
            pairs = [self._pair(i, j, rng) for i, j in zip(first[window], second[window], strict=True)]
            x, y = (
                np.clip(np.stack(images)[..., None], 0.0, 1.0).astype(np.float32)
                for images in zip(*pairs, strict=True)
            )
            yield x if self.family is None else self._with_instruments(self.family, x, rng), y

    def endless(self, first_epoch: int = 0) -> Iterator[tuple[Any, np.ndarray]]:
        """Yield the batches of all epochs from `first_epoch` on."""
        epoch = first_epoch
        while True:
            yield from self.epoch(epoch)
            epoch += 1

    @staticmethod
    def _with_instruments(
        family: params.Family, degraded: np.ndarray, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        drawn = stacked([draw(family, rng) for _ in degraded])
        return {"degraded": degraded, "instrument": packed(drawn)}

    @staticmethod
    def _order(sources: int, count: int, rng: np.random.Generator) -> np.ndarray:
        """Every source once before any a second time."""
        rounds = [rng.permutation(sources) for _ in range(-(-count // sources))]
        return np.concatenate(rounds)[:count]

    def _pair(self, i: int, j: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        x, y = self.degraded[i], self.clear[j]
        window = crop_of(x, self.crop, rng)
        turn, flip = int(rng.integers(4)), bool(rng.integers(2))
        if self.paired:
            return turned(x[window], turn, flip), turned(y[window], turn, flip)
        other = crop_of(y, self.crop, rng)
        other_turn, other_flip = int(rng.integers(4)), bool(rng.integers(2))
        if self.rows:
            turn -= turn % 2
        return turned(x[window], turn, flip), turned(y[other], other_turn, other_flip)
