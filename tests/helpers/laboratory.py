"""The families of instruments and the views of params.yaml, with changes."""

from pathlib import Path

from semclear import params

_PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")
KINDS = _PARAMS.scenes.kinds


def family_with(**changes):
    """Return the family "laboratory", validated with these values changed."""
    return params.Family.model_validate({**_PARAMS.families["laboratory"].model_dump(), **changes})


def views_with(**changes):
    """Return the views "laboratory", validated with these values changed."""
    return params.Observed.model_validate({**_PARAMS.views["laboratory"].model_dump(), **changes})
