"""Classical methods for a person's own micrographs: no model, parameters fixed or given."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semclear import row_noise
from semclear.errors import SemclearError
from semclear.restoration.classical.method import ASSUMED, Number
from semclear.restoration.classical.registry import every, methods
from semclear.restoration.outcome import Outcome

ORIGIN = "chosen on the synthetic validation micrographs of the study's hybrid set"
GIVEN = "given by --set"
OF_PSF = "not chosen by the study, which has no measured point spread function"


def defaults() -> dict[str, Mapping[str, Any]]:
    """Return the parameters of every method that is offered, by name.

    They are what the search over params.yaml's grids chose on the validation
    micrographs of the study's set `hybrid` (12 synthetic micrographs with
    blur, veil and noise): the one set that has all three. `degraded`, which
    does nothing, and `wiener-true`, which must be told the blur, are not
    offered.
    """
    return {name: method.default for name, method in methods().items() if method.default is not None}


def with_psf() -> list[str]:
    """Return the names of the methods that take a measured point spread function."""
    return [name for name, method in every().items() if method.takes_psf]


def _number(word: str, known: Mapping[str, Number]) -> tuple[str, float | int]:
    key, sign, text = word.partition("=")
    if not sign or key not in known:
        usable = f"one of {', '.join(f'{k}=NUMBER' for k in known)}" if known else "none for this method"
        raise SemclearError(f"--set: got {word!r}, expected {usable}")
    wanted = known[key]
    try:
        value = ast.literal_eval(text)
        wrong = isinstance(value, bool) or not isinstance(value, int if wanted.whole else (int, float))
    except (ValueError, SyntaxError):
        wrong = True
    if wrong or not wanted.low <= value <= wanted.high:
        kind = "a whole number" if wanted.whole else "a number"
        raise SemclearError(
            f"--set {key}: got {text!r}, expected {kind} from {wanted.low:g} to {wanted.high:g}"
        )
    return key, value if wanted.whole else float(value)


def _check(method: str, psf: bool) -> None:
    """Refuse an unknown method, and a point spread function that a method lacks or cannot take."""
    offered, of_psf = defaults(), with_psf()
    if method not in {*offered, *of_psf}:
        known = ", ".join([*offered, *(f"{name} (with --psf)" for name in of_psf if name not in offered)])
        raise SemclearError(f"--method: got {method!r}, expected one of {known}")
    if psf and method not in of_psf:
        raise SemclearError(
            f"--psf: got it with --method {method}, expected one of {', '.join(of_psf)}; change it"
        )
    if not psf and method not in offered:
        raise SemclearError(
            f"--method: got {method!r} without --psf, expected the picture of a measured point spread function; give "
            "one, or take wiener-estimated or richardson-lucy-blind"
        )


def parameters_of(method: str, changes: Sequence[str] = (), psf: bool = False) -> dict[str, Any]:
    """Return a classical method's parameters.

    Parameters
    ----------
    method : str
        A key of `defaults`, or with a point spread function one of `with_psf`.
    changes : sequence of str
        ``key=number``, each in place of a default.
    psf : bool
        Whether a measured point spread function is given.

    Raises
    ------
    SemclearError
        For an unknown method or key, a number out of its range, and a point spread function that the method lacks or
        cannot take.
    """
    _check(method, psf)
    chosen = every()[method]
    known = {name: number for name, number in chosen.parameters.items() if not (psf and name == ASSUMED)}
    usual = {name: value for name, value in (chosen.default or {}).items() if name in known}
    values = {**usual, **dict(_number(word, known) for word in changes)}
    for under, over in (pair for grid in chosen.grids for pair in grid.rising):
        if values[under] >= values[over]:
            raise SemclearError(
                f"--set: got {under}={values[under]} and {over}={values[over]}, expected {under} below {over}"
            )
    return values


class ClassicalRestorer:
    """A classical method that is met as a trained model is.

    Parameters
    ----------
    method : str
        See `parameters_of`.
    parameters : dict
        Of `parameters_of`.
    psf : ndarray, optional
        The values of a measured point spread function, see `measured_psf.read`.
    """

    def __init__(self, method: str, parameters: Mapping[str, Any], psf: np.ndarray | None = None) -> None:
        self._restore = every()[method].with_parameters(psf, **parameters)

    def inspect(self, image: np.ndarray, progress: Any = None) -> Outcome:
        """Restore (H, W) in [0, 1]; checks are of the input alone (`inspection.measure`), there are no maps.

        `progress` is ignored: a classical method works on the whole micrograph at once.
        """
        from semclear.restoration.checks import inspection

        return Outcome(self._restore(image), None, None, inspection.measure(image, row_noise.strength(image)))
