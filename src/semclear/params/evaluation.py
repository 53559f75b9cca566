"""Settings of classical methods, restoration and evaluation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from semclear.params.base import Count, Settings

Block = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


Classical = dict[Block, dict[Block, Annotated[list[int | float], Field(min_length=1)]]]
"""Grids of the classical methods' parameters; the methods know which these are, and their ranges."""


class Restoration(Settings):
    """Self-ensembling, the family that a model's checks are calibrated on, and what the calibration promises.

    `family` is how many micrographs of the model's own kind set the limits of the trust flag; `flag_level` the share
    of such that may be flagged; `coverage` that of the pixels whose interval is to hold the truth.
    """

    ensemble: bool
    family: Count
    flag_level: Annotated[float, Field(gt=0, lt=1)]
    coverage: Annotated[float, Field(gt=0, lt=1)]


class Evaluation(Settings):
    bootstrap: Count
    confidence: Annotated[float, Field(gt=0, lt=1)]
