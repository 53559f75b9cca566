"""The drawn pictures of the benchmark: clear scenes degraded as in the study, and in ways that no training saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from semclear.degradation import forward
from semclear.degradation.out_of_family import IN_FAMILY, variants
from semclear.errors import SemclearError
from semclear.io.png import to_uint8
from semclear.params import Benchmark, Degradation, Params
from semclear.scenes import Scene, render
from semclear.seeds import generator

OUT_OF_FAMILY = "out-of-family"


@dataclass(frozen=True, eq=False)
class Picture:
    """What is to be restored, and what the restoration is held against.

    Attributes
    ----------
    name : str
        Of the file, without its ending; unique in the benchmark.
    set : str
        The test set that it belongs to.
    image, truth : ndarray, (H, W), uint8
        Degraded and clear, as stored.
    truth_name : str
        Of the truth's file; pictures of several sets may share one.
    kind : str
        What is shown, of drawn scenes; empty for real micrographs.
    variant : str
        The operator, of pictures out of family.
    labels : ndarray or None
        uint16 (H, W), the object at every pixel, 0 for background.
    parameters : dict
        Of the degradation, as JSON holds them.
    """

    name: str
    set: str
    image: np.ndarray
    truth: np.ndarray
    truth_name: str
    kind: str = ""
    variant: str = ""
    labels: np.ndarray | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


def grey(image: np.ndarray) -> np.ndarray:
    """Return an 8-bit picture, (H, W), as float32 in [0, 1]."""
    return image.astype(np.float32) / np.float32(255)


def settings_of(settings: Params) -> Benchmark:
    """Return the block `benchmark` of params.yaml.

    Raises
    ------
    SemclearError
        When there is none, or it names a degradation that there is not.
    """
    if settings.benchmark is None:
        raise SemclearError("params.yaml: benchmark is missing; add it, as the project's own has it")
    wanted = [*settings.benchmark.sets, settings.benchmark.out_of_family.of]
    unknown = sorted(set(wanted) - set(settings.degradations))
    if unknown:
        raise SemclearError(
            f"params.yaml: benchmark: got {unknown[0]!r}, expected one of {sorted(settings.degradations)} "
            "(degradations)"
        )
    return settings.benchmark


def _scene(settings: Params, index: int, size: int) -> tuple[str, Scene]:
    kinds = settings.scenes.kinds
    name = f"{index:03d}-{kinds[index % len(kinds)]}"
    # The study's streams are named after splits, none of which is called `benchmark`.
    rng = generator(settings.seed, "scene", f"benchmark-{name}")
    return name, render(kinds[index % len(kinds)], size, rng, settings.scenes)


def _drawn(settings: Params, degradation: str, name: str) -> dict[str, Any]:
    chosen: Degradation = settings.degradations[degradation]
    return forward.draw(chosen, generator(settings.seed, "degrade", degradation, f"benchmark-{name}"))


def _picture(
    name: str, of_set: str, variant: str, number: str, scene: Scene, parameters: dict[str, Any]
) -> Picture:
    truth = to_uint8(scene.image)
    return Picture(
        name=name,
        set=of_set,
        image=to_uint8(forward.apply(grey(truth), parameters)),
        truth=truth,
        truth_name=number,
        kind=scene.kind,
        variant=variant,
        labels=scene.labels,
        parameters=parameters,
    )


def operators(settings: Params) -> list[str]:
    """Return the names of the operators out of family, in order."""
    own = _drawn(settings, settings_of(settings).out_of_family.of, "names")
    return [
        name for name in variants(own, settings.out_of_family, settings.seed, "names") if name != IN_FAMILY
    ]


def drawn(settings: Params) -> Iterator[Picture]:
    """Yield the drawn pictures: the sets of the study on shared scenes, then each operator on scenes of its own.

    Parameters
    ----------
    settings : Params
        Seed, scenes, degradations, operators out of family, and `benchmark`.

    Yields
    ------
    Picture
        The same ones each time; of a scene all sets in turn.

    Raises
    ------
    SemclearError
        See `settings_of`.
    """
    chosen = settings_of(settings)
    for index in range(chosen.scenes):
        number, scene = _scene(settings, index, chosen.size)
        for name in chosen.sets:
            parameters = _drawn(settings, name, number)
            yield _picture(f"{name}-{number}", name, "", number, scene, parameters)
    index, family = chosen.scenes, chosen.out_of_family
    for operator in operators(settings):
        for _ in range(family.scenes):
            number, scene = _scene(settings, index, chosen.size)
            own = _drawn(settings, family.of, number)
            made = variants(own, settings.out_of_family, settings.seed, f"benchmark-{number}")[operator]
            plain = operator.replace(" x ", "-x").replace(" ", "-").replace(".", "_")
            yield _picture(f"{plain}-{number}", OUT_OF_FAMILY, operator, number, scene, made)
            index += 1
