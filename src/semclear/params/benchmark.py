"""Settings of the open benchmark, `semclear benchmark`: which pictures its test sets hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from semclear.params.base import Count, Name, NonNegativeRange, Positive, PositiveRange, Ranges, Settings


class BenchmarkVariants(Settings):
    """Pictures out of every trained family: the line of `degradations` that is varied, and scenes an operator."""

    of: Name
    scenes: Count


class BenchmarkReal(Ranges):
    """Real micrographs degraded in known ways.

    Attributes
    ----------
    side : int
        Largest side of a picture, pixels.
    blur, radius : float
        Standard deviation of the set `blur`, radius of the set `disc`, pixels.
    strength, smear : list of float
        Noise of the set `rows`: strength as a share of the picture's grey range p1 to p99, smear along rows in pixels.
    """

    side: Annotated[int, Field(ge=32)]
    blur: Positive
    radius: Positive
    strength: PositiveRange
    smear: NonNegativeRange


class Benchmark(Settings):
    """The open benchmark.

    Attributes
    ----------
    version : int
        Goes up with any change of what the sets are made by.
    size : int
        Edge of the drawn pictures, pixels.
    scenes : int
        Clear scenes that each of `sets` degrades.
    sets : list of str
        Lines of `degradations`. That they exist is checked where the sets are made: the study does not depend on it.
    out_of_family : BenchmarkVariants
        Scenes of their own for each operator of `out_of_family`.
    real : BenchmarkReal
        What is made of micrographs that a person points to.
    """

    version: Count
    size: Annotated[int, Field(ge=32)]
    scenes: Count
    sets: Annotated[list[Name], Field(min_length=1)]
    out_of_family: BenchmarkVariants
    real: BenchmarkReal
