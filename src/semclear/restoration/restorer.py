"""A trained model as a microscopist should meet it: restoration, uncertainty and checks in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from semclear import row_noise
from semclear.errors import SemclearError
from semclear.networks.apply import lifted
from semclear.networks.bundle import Bundle
from semclear.params import Choosing
from semclear.restoration import ensemble
from semclear.restoration.checks import consistency, gain, inspection, residual, tiles
from semclear.restoration.checks.invention import Conditions, Invention
from semclear.restoration.ensemble import CHOSEN
from semclear.restoration.outcome import Outcome
from semclear.seeds import generator


def is_sharp(image: np.ndarray, noise: float, sigma: float, choosing: Choosing) -> bool:
    """Return whether a micrograph has nothing that a restoration could better.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    noise : float
        Its standard deviation, grey.
    sigma : float
        Of the blur that was read, pixels.
    choosing : params.Choosing
        Limits of both.
    """
    if sigma >= choosing.sharp_sigma:
        return False
    low, high = np.percentile(image[::2, ::2], [1, 99])
    return noise < choosing.sharp_noise * float(high - low)


class Restorer:
    """A network of a bundle, for micrographs of any size.

    Parameters
    ----------
    bundle : Bundle or OnnxNetwork
        A trained model, or its exported restorer, which has no degrader to check with.
    ensembling : bool
        Whether the product is the mean over the model's orientations.
    network : str
        "restorer" (the product) or "oracle".
    veil : {"auto", "keep", "lift"}
        Of a model that keeps the veil: whether the one that was read is taken off, "auto" where one was found. No
        other model asks.
    leave_sharp : bool
        Of such a model: whether what is sharp already (`is_sharp`), and has no veil to be taken off, is given back as
        it came.
    invention : Invention, optional
        Tells what a restoration may have invented; needs ensembling, and a model that keeps the veil: of a restoration
        without it, noise and similarity do not compare with the micrograph's.
    conservative : bool
        Whether that is left out of the restoration. Checks stay those of the whole restoration.
    choosing : params.Choosing, optional
        When a veil is found and a micrograph is sharp already; without it neither ever is.

    Raises
    ------
    SemclearError
        When it is to be left out and nothing tells it.
    """

    def __init__(
        self,
        bundle: Bundle,
        ensembling: bool = True,
        network: str = "restorer",
        veil: str = "auto",
        leave_sharp: bool = True,
        invention: Invention | None = None,
        conservative: bool = False,
        choosing: Choosing | None = None,
    ) -> None:
        self.orientations = CHOSEN[bundle.model.orientations]
        self.ensembling = ensembling and len(self.orientations) > 1
        #: Whether a veil is left to be taken off.
        self.chooses = bundle.model.veil == "kept" and "degrader" in bundle.networks
        self.veil = veil if self.chooses else "keep"
        self._leave_sharp = leave_sharp and self.chooses
        self._choosing = choosing
        self.invention = invention if self.ensembling and self.chooses else None
        self.conservative = conservative
        if conservative and self.invention is None:
            raise SemclearError(
                "conservative: got a model that does not tell what it invents, expected one that is calibrated for it, "
                "with its encoder and its orientations; leave it out, or take the model that comes along"
            )
        self._network, self._multiple = bundle.network(network), 2**bundle.size.levels
        self._bundle = bundle
        self._reader: consistency.Reader | None = None

    def _batch(self, images: np.ndarray) -> np.ndarray:
        """Restore (B, H, W), extended by reflection as `semclear.networks.apply` does with one."""
        height, width = images.shape[1:]
        margins = ((0, 0), (0, -height % self._multiple), (0, -width % self._multiple))
        padded = np.pad(images, margins, mode="symmetric")[..., None].astype(np.float32)
        outputs = np.asarray(self._network.predict_on_batch(padded), np.float32)
        return np.clip(outputs[:, :height, :width, 0], 0.0, 1.0)

    def _restore(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        if self.ensembling:
            made = ensemble.restore(self._batch, image, self.orientations)
            return made.mean, made.uncertainty, made.plain
        plain = self._batch(np.asarray(image, np.float32)[None])[0]
        return plain, None, plain

    def __call__(self, image: np.ndarray, known: Mapping[str, Any] | None = None) -> np.ndarray:
        """Return the restored micrograph: (H, W) in [0, 1] to the same; `known` is ignored."""
        if self.conservative:
            return self.inspect(image).image
        made = Outcome(self._restore(image)[0])
        reader = self._read_by() if self.chooses else None
        if reader is None:
            return made.image
        image = np.asarray(image, np.float32)
        return self._chosen(made, image, row_noise.strength(image), reader(image).parameters).image

    def _read_by(self) -> consistency.Reader | None:
        if self._reader is None:
            self._reader = consistency.reader_of(self._bundle)
        return self._reader

    def lifts(self, transmission: float) -> bool:
        """Return whether a veil of this mean transmission is taken off."""
        found = self._choosing is not None and transmission < self._choosing.veil_found
        return self.veil == "lift" or (self.veil == "auto" and found)

    def leaves(self, sharp: Callable[[Choosing], bool]) -> bool:
        """Return whether what `sharp`, given the limits, says to be sharp is left alone."""
        return self._leave_sharp and self._choosing is not None and sharp(self._choosing)

    def _chosen(
        self, made: Outcome, image: np.ndarray, noise: float, parameters: Mapping[str, Any]
    ) -> Outcome:
        """Return a restoration without the veil that was read, where it is to be lifted, or the image, if it is sharp.

        For a model that keeps no veil, as it is.
        """
        if not self.chooses:
            return made
        if not self.lifts(float(np.mean(parameters["transmission"]))):
            if self.leaves(lambda limits: is_sharp(image, noise, parameters["sigma"], limits)):
                nothing = None if made.uncertainty is None else np.zeros_like(image)
                return replace(
                    made,
                    image=image.copy(),
                    uncertainty=nothing,
                    invented=None if made.invented is None else np.zeros_like(image),
                    lifted=False,
                    left_alone=True,
                )
            return replace(made, lifted=False, left_alone=False)
        field = np.asarray(parameters["transmission"], np.float32)
        return replace(
            made,
            image=lifted(made.image, parameters),
            uncertainty=None if made.uncertainty is None else made.uncertainty / field,
            invented=None if made.invented is None else made.invented / field,
            lifted=True,
            left_alone=False,
        )

    def _supported(
        self,
        made: Outcome,
        image: np.ndarray,
        noise: tuple[float, float | None],
        parameters: Mapping[str, Any],
    ) -> Outcome:
        """Return a restoration with the map of what it may have invented, and without that where it is conservative.

        `noise` is strength and correlation along rows.
        """
        if self.invention is None or made.uncertainty is None or "sigma" not in parameters:
            return made
        conditions = Conditions(*noise, float(parameters["sigma"]))
        invented, left = self.invention.judged(made.image, made.uncertainty, conditions, self.conservative)
        checks = {**made.checks, **gain.checks_of(image, made.image, invented)}
        return replace(made, image=left, invented=invented, checks=checks)

    def shown(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, Conditions] | None:
        """Return what `checks.invention` is calibrated on: all that the network makes of a micrograph, veil and all.

        Parameters
        ----------
        image : ndarray, (H, W)
            In [0, 1].

        Returns
        -------
        tuple or None
            Restoration and standard deviation over orientations, both (H, W), and the micrograph's conditions; None
            without ensembling, or for a model that does not keep the veil.
        """
        image = np.asarray(image, np.float32)
        reader = self._read_by() if self.chooses else None
        restored, uncertainty, _ = self._restore(image)
        if reader is None or uncertainty is None:
            return None
        noise = row_noise.strength_and_correlation(image)
        return restored, uncertainty, Conditions(*noise, float(reader(image).parameters["sigma"]))

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
            (`consistency.errors_of`). With an `invention`, "invented", the
            root mean square of its map, and "similarity", the structural
            similarity of micrograph and restoration (`gain.similarity`).
        """
        image = np.asarray(image, np.float32)
        restored, uncertainty, plain = self._restore(image)
        noise, correlation = row_noise.strength_and_correlation(image)
        checks, left = inspection.measure(image, noise, side), None
        if uncertainty is not None:
            within = max(tiles.contrast(restored, side), residual.ROUNDING)
            checks["uncertainty"] = float(uncertainty.mean() / within)
        reader = self._read_by()
        if reader is None:
            return Outcome(restored, uncertainty, left, checks)
        reading = reader(image)
        again = reading.degrade(restored)
        left = image - again
        checks |= residual.measure(image, again, noise, side)
        checks["hiding_amplification"] = consistency.hiding_amplification(
            reading, plain, generator(0, "hiding noise")
        )
        checks |= consistency.summary_of(reading.parameters)
        checks |= consistency.errors_of(reading.parameters, known)
        made = Outcome(restored, uncertainty, left, checks)
        made = self._supported(made, image, (noise, correlation), reading.parameters)
        return self._chosen(made, image, noise, reading.parameters)
