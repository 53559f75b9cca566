"""The classical methods by name: one signature, and the grid of parameters each may choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from semclear.degradation.blur import equivalent_sigma
from semclear.errors import SemclearError
from semclear.params import Classical
from semclear.restoration.classical import blur_estimation, contrast, dark_channel, richardson_lucy, wiener

Known = Mapping[str, Any] | None
Restore = Callable[..., np.ndarray]
Grid = dict[str, list[Any]]


@dataclass(frozen=True)
class Method:
    """A classical method.

    Attributes
    ----------
    name : str
        As in tables.
    function : callable
        ``function(image, known, **parameters)``: float32 (H, W) in [0, 1] to the same.
    grid : callable
        From the settings to the values that each parameter may take.
    needs_blur : bool
        Whether it must be told the true blur, and so only runs where `known` has one.
    prepare : callable, optional
        ``prepare(image, **parameters)`` gives what `function` then takes in
        the place of the image: the part that a search need not repeat.
    prepared_by : tuple of str
        The parameters that `prepare` takes, the first of the grid; the others go to `function`.
    """

    name: str
    function: Callable[..., np.ndarray]
    grid: Callable[[Classical], Grid]
    needs_blur: bool = False
    prepare: Callable[..., Any] | None = None
    prepared_by: tuple[str, ...] = ()

    def prepared(self, image: np.ndarray, **parameters: Any) -> Any:
        """Return the image as `function` takes it, by those of the parameters that decide this."""
        if self.prepare is None:
            return image
        return self.prepare(image, **{name: parameters[name] for name in self.prepared_by})

    def finish(self, prepared: Any, known: Known, **parameters: Any) -> np.ndarray:
        """Return the restored micrograph from what `prepared` gave, (H, W) float32 in [0, 1].

        Raises
        ------
        SemclearError
            When the method must be told the true blur and is not.
        """
        if not self.usable(known):
            raise SemclearError(
                f"{self.name}: got no true blur, expected known['blur']; use wiener-estimated"
            )
        rest = {name: value for name, value in parameters.items() if name not in self.prepared_by}
        return self.function(prepared, known, **rest)

    def usable(self, known: Known) -> bool:
        """Return whether the method can run on a micrograph of which `known` is known."""
        return not self.needs_blur or (known is not None and known.get("blur") is not None)

    def with_parameters(self, **parameters: Any) -> Restore:
        """Return ``restore(image, known=None)`` with the parameters set.

        The returned function raises SemclearError when it must be told the
        true blur and is not.
        """

        def restore(image: np.ndarray, known: Known = None) -> np.ndarray:
            return self.finish(self.prepared(image, **parameters), known, **parameters)

        return restore


def _identity(image: np.ndarray, known: Known) -> np.ndarray:
    return np.asarray(image, np.float32)


def _wiener_true(image: np.ndarray, known: Known, balance: float) -> np.ndarray:
    return wiener.deconvolve(image, equivalent_sigma(known["blur"]), balance)


def _with_sigma(image: np.ndarray) -> tuple[np.ndarray, float]:
    return image, blur_estimation.sigma(image)


def _without_veil(image: np.ndarray, window: int, omega: float) -> tuple[np.ndarray, float]:
    return _with_sigma(dark_channel.dehaze(image, window, omega))


def _wiener_estimated(prepared: tuple[np.ndarray, float], known: Known, balance: float) -> np.ndarray:
    return wiener.deconvolve(*prepared, balance)


def _blind(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Return a function of the image alone as one that is offered what is known and does not look."""

    def restore(image: np.ndarray, known: Known, **parameters: Any) -> np.ndarray:
        return function(image, **parameters)

    return restore


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("degraded", _identity, lambda c: {}),
        Method("wiener-true", _wiener_true, lambda c: c.wiener.model_dump(), needs_blur=True),
        Method("wiener-estimated", _wiener_estimated, lambda c: c.wiener.model_dump(), prepare=_with_sigma),
        Method(
            "wiener-unsupervised", _blind(wiener.unsupervised), lambda c: c.unsupervised_wiener.model_dump()
        ),
        Method(
            "richardson-lucy-blind",
            _blind(richardson_lucy.blind),
            lambda c: c.blind_richardson_lucy.model_dump(),
        ),
        Method(
            "percentile-stretch",
            _blind(contrast.percentile_stretch),
            lambda c: c.percentile_stretch.model_dump(),
        ),
        Method("clahe", _blind(contrast.clahe), lambda c: c.clahe.model_dump()),
        Method("dark-channel", _blind(dark_channel.dehaze), lambda c: c.dark_channel.model_dump()),
        Method(
            "dark-channel-wiener",
            _wiener_estimated,
            lambda c: {**c.dark_channel.model_dump(), **c.wiener.model_dump()},
            prepare=_without_veil,
            prepared_by=("window", "omega"),
        ),
    )
}
