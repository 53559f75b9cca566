"""Settings of trainings on a person's own micrographs by the method `instrument`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from semclear.params.base import Count, Name, Positive, Settings, Share


class Rates(Settings):
    """Learning rates of the restorer and of the encoder."""

    learning_rate: Positive
    encoder_learning_rate: Positive


class Adaptation(Rates):
    """Keys of `train` that a training on own micrographs has of its own."""

    decay_from: Share
    gradient_norm: Positive
    average: Annotated[float, Field(ge=0, lt=1)]
    read_share: Share


class Own(Settings):
    """How a person's own micrographs are trained on.

    Attributes
    ----------
    family : str
        Of the instruments that are drawn beside those that are read from the degraded micrographs.
    networks : str
        Line of `pretrained` whose networks a training has that starts from nothing.
    views : str
        Data set of views that clear micrographs are drawn by, where a person has none.
    count : int
        Of these.
    train : Adaptation
        What counts instead of the keys of `train`.
    scratch : Rates
        What counts of these instead, where a training starts from nothing.
    """

    family: Name
    networks: Name
    views: Name
    count: Count
    train: Adaptation
    scratch: Rates
