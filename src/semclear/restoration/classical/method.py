"""What a classical method is, and what its parameters may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field, conlist, create_model, model_validator

from semclear.errors import SemclearError
from semclear.params import Settings
from semclear.restoration.classical.psf import gaussian

Known = Mapping[str, Any] | None
Restore = Callable[..., np.ndarray]
Values = dict[str, list[Any]]

#: Of the Gaussian that is assumed where no point spread function was measured: its standard deviation, pixels.
ASSUMED = "sigma"


@dataclass(frozen=True)
class Number:
    """What a parameter may be: from `low` to `high`, both included, and whether a whole number."""

    low: float
    high: float
    whole: bool = False


@dataclass(frozen=True)
class Grid:
    """Parameters that are searched together.

    Attributes
    ----------
    name : str
        Their block of `classical` in params.yaml; several methods may share one.
    parameters : mapping of str to Number
        By name, in the order of the search.
    rising : tuple of pairs of str
        Pairs of parameters of which the first is always below the second.
    """

    name: str
    parameters: Mapping[str, Number]
    rising: tuple[tuple[str, str], ...] = ()

    def settings(self) -> type[Settings]:
        """Return the class that validates this block: at least one value a parameter."""

        def rise(settings: Any) -> Any:
            for under, over in self.rising:
                if max(getattr(settings, under)) >= min(getattr(settings, over)):
                    raise ValueError(f"every value of {under} must be below every value of {over}")
            return settings

        fields: dict[str, Any] = {}
        for name, number in self.parameters.items():
            value: Any = Annotated[int if number.whole else float, Field(ge=number.low, le=number.high)]
            fields[name] = (conlist(value, min_length=1), ...)
        check: Any = model_validator(mode="after")(rise)
        return create_model(self.name, __base__=Settings, __validators__={"rise": check}, **fields)


@dataclass(frozen=True)
class Method:
    """A classical method.

    Attributes
    ----------
    name : str
        As in files, and for ``semclear restore --method``.
    title, label : str
        For readers of tables and of figures.
    place, figure_place : int
        Where it stands in tables and lists, and in figures: in the order of these numbers.
    function : callable
        ``function(image, **parameters)``: float32 (H, W) in [0, 1] to the
        same; ``function(image, known, **parameters)`` with `needs_blur`,
        ``function(image, psf, **parameters)`` with `takes_psf`.
    grids : tuple of Grid
        Its parameters.
    default : dict, optional
        Their values where there is no search, for ``semclear restore``. Without it the method is not offered there.
    needs_blur : bool
        Whether it must be told the true blur, and so only runs where `known` has one.
    takes_psf : bool
        Whether it deconvolves by a point spread function that may be measured. Where none is, it takes a Gaussian of
        the parameter `sigma`; a method without this parameter needs one, which the study has not.
    prepare : callable, optional
        ``prepare(image, **parameters)`` gives what `function` then takes in
        the place of the image: the part that a search need not repeat.
    prepared_by : tuple of str
        The parameters that `prepare` takes, the first of the grid; the others go to `function`.
    """

    name: str
    title: str
    label: str
    place: int
    figure_place: int
    function: Callable[..., np.ndarray]
    grids: tuple[Grid, ...] = ()
    default: Mapping[str, Any] | None = None
    needs_blur: bool = False
    takes_psf: bool = False
    prepare: Callable[..., Any] | None = None
    prepared_by: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, Number]:
        """What each parameter may be."""
        return {name: number for grid in self.grids for name, number in grid.parameters.items()}

    @property
    def needs_psf(self) -> bool:
        """Whether it cannot run without a measured point spread function."""
        return self.takes_psf and ASSUMED not in self.parameters

    def grid(self, settings: Mapping[str, Values]) -> Values:
        """Return the values that each parameter may take, from all grids (see `registry.grids_of`)."""
        return {name: values for grid in self.grids for name, values in settings[grid.name].items()}

    def prepared(self, image: np.ndarray, **parameters: Any) -> Any:
        """Return the image as `function` takes it, by those of the parameters that decide this."""
        if self.prepare is None:
            return image
        return self.prepare(image, **{name: parameters[name] for name in self.prepared_by})

    def finish(
        self, prepared: Any, known: Known, psf: np.ndarray | None = None, **parameters: Any
    ) -> np.ndarray:
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
        if self.takes_psf:
            return self.function(prepared, gaussian(rest.pop(ASSUMED)) if psf is None else psf, **rest)
        return self.function(prepared, *([known] if self.needs_blur else []), **rest)

    def usable(self, known: Known) -> bool:
        """Return whether the method can run on a micrograph of which `known` is known."""
        return not self.needs_blur or (known is not None and known.get("blur") is not None)

    def with_parameters(self, psf: np.ndarray | None = None, **parameters: Any) -> Restore:
        """Return ``restore(image, known=None)`` with the parameters, and a measured point spread function, set.

        The returned function raises SemclearError when it must be told the
        true blur and is not.
        """

        def restore(image: np.ndarray, known: Known = None) -> np.ndarray:
            return self.finish(self.prepared(image, **parameters), known, psf, **parameters)

        return restore
