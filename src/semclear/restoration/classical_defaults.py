"""Classical methods for a person's own micrographs: no model, parameters fixed or given."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError
from semclear.restoration import measured_psf

if TYPE_CHECKING:
    import numpy as np

    from semclear.restoration.classical.methods import Restore
    from semclear.restoration.measured_psf import MeasuredPsf
    from semclear.restoration.outcome import Outcome

DEFAULTS: dict[str, dict[str, Any]] = {
    "wiener-estimated": {"balance": 0.3},
    "wiener-unsupervised": {"sigma": 2.5},
    "richardson-lucy-blind": {"rounds": 8, "sigma": 3.5},
    "percentile-stretch": {"low": 0.0, "high": 98.0, "darkest": 0.0, "brightest": 0.7},
    "clahe": {"clip_limit": 3.0, "tiles": 4},
    "dark-channel": {"window": 31, "omega": 0.95},
    "dark-channel-wiener": {"window": 31, "omega": 1.0, "balance": 1.0},
}
"""What the search over params.yaml's grids chose on the validation micrographs of the study's set `hybrid` (12
synthetic micrographs with blur, veil and noise): the one set that has all three. `degraded`, which does nothing, and
`wiener-true`, which must be told the blur, are not offered."""

ORIGIN = "chosen on the synthetic validation micrographs of the study's hybrid set"
GIVEN = "given by --set"
NOT_CHOSEN = "not chosen by the study: see the documents"

_INTEGERS = ("rounds", "tiles", "window")
_RANGES: dict[str, tuple[float, float]] = {
    "balance": (1e-6, 1e6),
    "sigma": (0.1, 20.0),
    "rounds": (1, 1000),
    "low": (0.0, 100.0),
    "high": (0.0, 100.0),
    "darkest": (0.0, 1.0),
    "brightest": (0.0, 1.0),
    "clip_limit": (0.01, 1000.0),
    "tiles": (1, 256),
    "window": (3, 4095),
    "omega": (0.0, 1.0),
}


def _number(known: Mapping[str, Any], word: str) -> tuple[str, float | int]:
    key, sign, text = word.partition("=")
    if not sign or key not in known:
        usable = f"one of {', '.join(f'{k}=NUMBER' for k in known)}" if known else "none for this method"
        raise SemclearError(f"--set: got {word!r}, expected {usable}")
    try:
        value = ast.literal_eval(text)
        wrong = isinstance(value, bool) or not isinstance(value, int if key in _INTEGERS else (int, float))
    except (ValueError, SyntaxError):
        wrong = True
    low, high = _RANGES[key]
    if wrong or not low <= value <= high:
        kind = "a whole number" if key in _INTEGERS else "a number"
        raise SemclearError(f"--set {key}: got {text!r}, expected {kind} from {low:g} to {high:g}")
    return key, value if key in _INTEGERS else float(value)


def _defaults_of(method: str, with_psf: bool) -> dict[str, Any]:
    of_psf = measured_psf.DEFAULTS
    if method not in DEFAULTS and method not in of_psf:
        known = ", ".join([*DEFAULTS, *(f"{name} (with --psf)" for name in of_psf if name not in DEFAULTS)])
        raise SemclearError(f"--method: got {method!r}, expected one of {known}")
    if with_psf and method not in of_psf:
        raise SemclearError(
            f"--psf: got it with --method {method}, expected one of {', '.join(of_psf)}; change it"
        )
    if not with_psf and method not in DEFAULTS:
        raise SemclearError(
            f"--method: got {method!r} without --psf, expected the picture of a measured point spread function; give "
            "one, or take wiener-estimated or richardson-lucy-blind"
        )
    return of_psf[method] if with_psf else DEFAULTS[method]


def parameters_of(method: str, changes: Sequence[str] = (), with_psf: bool = False) -> dict[str, Any]:
    """Return a classical method's parameters.

    Parameters
    ----------
    method : str
        A key of `DEFAULTS`, or with a point spread function of `measured_psf.DEFAULTS`.
    changes : sequence of str
        ``key=number``, each in place of a default.
    with_psf : bool
        Whether a measured point spread function is given.

    Raises
    ------
    SemclearError
        For an unknown method or key, a number out of its range, and a point spread function that the method lacks or
        cannot take.
    """
    known = _defaults_of(method, with_psf)
    values = known | dict(_number(known, word) for word in changes)
    for under, over in (("low", "high"), ("darkest", "brightest")):
        if under in values and values[under] >= values[over]:
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
    psf : MeasuredPsf, optional
        See `measured_psf.read`.
    """

    def __init__(self, method: str, parameters: dict[str, Any], psf: MeasuredPsf | None = None) -> None:
        from semclear.restoration.classical.methods import METHODS

        self._restore: Restore
        if psf is None:
            self._restore = METHODS[method].with_parameters(**parameters)
        else:
            self._restore = partial(measured_psf.METHODS[method], psf=psf.values, **parameters)

    def inspect(self, image: np.ndarray, progress: Any = None) -> Outcome:
        """Restore (H, W) in [0, 1]; checks are of the input alone (`inspection.measure`), there are no maps.

        `progress` is ignored: a classical method works on the whole micrograph at once.
        """
        from semclear.restoration.checks import inspection
        from semclear.restoration.classical.wiener import noise_of
        from semclear.restoration.outcome import Outcome

        return Outcome(self._restore(image), None, None, inspection.measure(image, noise_of(image)))
