"""Classical methods for a person's own micrographs: no model, parameters fixed or given."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semclear.errors import SemclearError
from semclear.restoration.classical.method import Number
from semclear.restoration.classical.registry import methods
from semclear.restoration.outcome import Outcome

ORIGIN = "chosen on the synthetic validation micrographs of the study's hybrid set"
GIVEN = "given by --set"


def defaults() -> dict[str, Mapping[str, Any]]:
    """Return the parameters of every method that is offered, by name.

    They are what the search over params.yaml's grids chose on the validation
    micrographs of the study's set `hybrid` (12 synthetic micrographs with
    blur, veil and noise): the one set that has all three. `degraded`, which
    does nothing, and `wiener-true`, which must be told the blur, are not
    offered.
    """
    return {name: method.default for name, method in methods().items() if method.default is not None}


def _number(word: str, known: Mapping[str, Number]) -> tuple[str, float | int]:
    key, sign, text = word.partition("=")
    if not sign or key not in known:
        raise SemclearError(f"--set: got {word!r}, expected one of {', '.join(f'{k}=NUMBER' for k in known)}")
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


def parameters_of(method: str, changes: Sequence[str] = ()) -> dict[str, Any]:
    """Return a classical method's parameters.

    Parameters
    ----------
    method : str
        A key of `defaults`.
    changes : sequence of str
        ``key=number``, each in place of a default.

    Raises
    ------
    SemclearError
        For an unknown method or key, or a number out of its range.
    """
    offered = defaults()
    if method not in offered:
        raise SemclearError(f"--method: got {method!r}, expected one of {', '.join(offered)}")
    chosen = methods()[method]
    values = {**offered[method], **dict(_number(word, chosen.parameters) for word in changes)}
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
        A key of `defaults`.
    parameters : dict
        Of `parameters_of`.
    """

    def __init__(self, method: str, parameters: Mapping[str, Any]) -> None:
        self._restore = methods()[method].with_parameters(**parameters)

    def inspect(self, image: np.ndarray, progress: Any = None) -> Outcome:
        """Restore (H, W) in [0, 1]; checks are of the input alone (`inspection.measure`), there are no maps.

        `progress` is ignored: a classical method works on the whole micrograph at once.
        """
        from semclear.restoration.checks import inspection
        from semclear.restoration.classical.wiener import noise_of

        return Outcome(self._restore(image), None, None, inspection.measure(image, noise_of(image)))
