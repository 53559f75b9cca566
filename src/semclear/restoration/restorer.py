"""A trained model as a microscopist should meet it: restoration, uncertainty and checks in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from semclear.networks.bundle import Bundle
from semclear.restoration import ensemble
from semclear.restoration.checks import consistency, inspection, residual, tiles
from semclear.restoration.outcome import Outcome
from semclear.seeds import generator


class Restorer:
    """A network of a bundle, for micrographs of any size.

    Parameters
    ----------
    bundle : Bundle or OnnxNetwork
        A trained model, or its exported restorer, which has no degrader to check with.
    ensembling : bool
        Whether the product is the mean over the eight orientations.
    network : str
        "restorer" (the product) or "oracle".
    """

    def __init__(self, bundle: Bundle, ensembling: bool = True, network: str = "restorer") -> None:
        self.ensembling = ensembling
        self._network, self._multiple = bundle.network(network), 2**bundle.size.levels
        self._bundle = bundle
        self._reader: Callable[[np.ndarray], consistency.Reading] | None = None

    def _batch(self, images: np.ndarray) -> np.ndarray:
        """Restore (B, H, W), extended by reflection as `semclear.networks.apply` does with one."""
        height, width = images.shape[1:]
        margins = ((0, 0), (0, -height % self._multiple), (0, -width % self._multiple))
        padded = np.pad(images, margins, mode="symmetric")[..., None].astype(np.float32)
        outputs = np.asarray(self._network.predict_on_batch(padded), np.float32)
        return np.clip(outputs[:, :height, :width, 0], 0.0, 1.0)

    def _restore(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        if self.ensembling:
            made = ensemble.restore(self._batch, image)
            return made.mean, made.uncertainty, made.plain
        plain = self._batch(np.asarray(image, np.float32)[None])[0]
        return plain, None, plain

    def __call__(self, image: np.ndarray, known: Mapping[str, Any] | None = None) -> np.ndarray:
        """Return the restored micrograph: (H, W) in [0, 1] to the same; `known` is ignored."""
        return self._restore(image)[0]

    def inspect(
        self, image: np.ndarray, known: Mapping[str, Any] | None = None, side: int = tiles.SIDE
    ) -> Outcome:
        """Restore a micrograph and check the restoration, without any truth.

        Parameters
        ----------
        image : ndarray, (H, W)
            In [0, 1].
        known : mapping, optional
            The degradation's true parameters: only to compare with what was
            read, never to restore.
        side : int
            Of the tiles that checks are averaged over, in pixels. To be
            judged by a family, use the one of its members.

        Returns
        -------
        Outcome
            Its checks are those of `inspection.measure`; "uncertainty", the
            map's mean over the restoration's grey standard deviation within
            tiles; and for a model that has D, of `residual.measure`,
            "hiding_amplification" (`consistency.hiding_amplification`), what
            was read (`consistency.summary_of`) and its biases
            (`consistency.errors_of`).
        """
        image = np.asarray(image, np.float32)
        restored, uncertainty, plain = self._restore(image)
        noise = consistency.noise_of(image)
        checks, left = inspection.measure(image, noise, side), None
        if uncertainty is not None:
            within = max(tiles.contrast(restored, side), residual.ROUNDING)
            checks["uncertainty"] = float(uncertainty.mean() / within)
        if self._reader is None:
            self._reader = consistency.reader_of(self._bundle)
        if self._reader is not None:
            reading = self._reader(image)
            again = reading.degrade(restored)
            left = image - again
            checks |= residual.measure(image, again, noise, side)
            checks["hiding_amplification"] = consistency.hiding_amplification(
                reading, plain, generator(0, "hiding noise")
            )
            checks |= consistency.summary_of(reading.parameters)
            checks |= consistency.errors_of(reading.parameters, known)
        return Outcome(restored, uncertainty, left, checks)
