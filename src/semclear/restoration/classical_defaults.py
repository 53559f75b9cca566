"""Classical methods for a person's own micrographs: no model, parameters fixed or given."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError

if TYPE_CHECKING:
    import numpy as np

    from semclear.restoration.classical.methods import Restore
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


def _number(method: str, word: str) -> tuple[str, float | int]:
    key, sign, text = word.partition("=")
    known = DEFAULTS[method]
    if not sign or key not in known:
        raise SemclearError(f"--set: got {word!r}, expected one of {', '.join(f'{k}=NUMBER' for k in known)}")
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


def parameters_of(method: str, changes: Sequence[str] = ()) -> dict[str, Any]:
    """Return a classical method's parameters.

    Parameters
    ----------
    method : str
        A key of `DEFAULTS`.
    changes : sequence of str
        ``key=number``, each in place of a default.

    Raises
    ------
    SemclearError
        For an unknown method or key, or a number out of its range.
    """
    if method not in DEFAULTS:
        raise SemclearError(f"--method: got {method!r}, expected one of {', '.join(DEFAULTS)}")
    values = DEFAULTS[method] | dict(_number(method, word) for word in changes)
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
        A key of `DEFAULTS`.
    parameters : dict
        Of `parameters_of`.
    """

    def __init__(self, method: str, parameters: dict[str, Any]) -> None:
        from semclear.restoration.classical.methods import METHODS

        self._restore: Restore = METHODS[method].with_parameters(**parameters)

    def inspect(self, image: np.ndarray, progress: Any = None) -> Outcome:
        """Restore (H, W) in [0, 1]; checks are of the input alone (`inspection.measure`), there are no maps.

        `progress` is ignored: a classical method works on the whole micrograph at once.
        """
        from semclear.restoration.checks import inspection
        from semclear.restoration.classical.wiener import noise_of
        from semclear.restoration.outcome import Outcome

        return Outcome(self._restore(image), None, None, inspection.measure(image, noise_of(image)))
