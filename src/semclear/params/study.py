"""The whole of params.yaml, read and checked."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, model_validator

from semclear.errors import SemclearError, one_line
from semclear.params.base import Name, Settings, validate
from semclear.params.benchmark import Benchmark
from semclear.params.data import Degradation, OutOfFamily, Real, Scenes
from semclear.params.evaluation import Classical, Evaluation, Restoration
from semclear.params.instrument import Family, Observed
from semclear.params.own import Own
from semclear.params.scales import Compute, Scale
from semclear.params.training import Experiment, Model, Train, model_of, train_of


class Params(Settings):
    """The whole of params.yaml."""

    scale: Name
    seed: Annotated[int, Field(ge=0)]
    compute: Compute
    scales: dict[Name, Scale]
    scenes: Scenes
    degradations: Annotated[dict[Name, Degradation], Field(min_length=1)]
    families: dict[Name, Family] = Field(default_factory=dict)
    views: dict[Name, Observed] = Field(default_factory=dict)
    out_of_family: OutOfFamily
    real: dict[Name, Real]
    model: Model
    train: Train
    experiments: Annotated[dict[Name, Experiment], Field(min_length=1)]
    pretrained: dict[Name, Experiment] = Field(default_factory=dict)
    own: Own | None = None
    classical: Classical
    restoration: Restoration
    evaluation: Evaluation
    benchmark: Benchmark | None = None

    @model_validator(mode="after")
    def _names_exist(self) -> Params:
        if self.scale not in self.scales:
            raise ValueError(f"scale is {self.scale!r}, expected one of {sorted(self.scales)}")
        names = [*self.degradations, *self.real, *self.views, "scenes"]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"data set names must be unique and not 'scenes', got {twice} twice")
        for name, view in self.views.items():
            _exists(f"views.{name}.family", view.family, self.families, "families")
            _exists(f"views.{name}.scale", view.scale, self.scales, "scales")
        for name, experiment in self.experiments.items():
            self._check(f"experiments.{name}", name, experiment)
        for name, experiment in self.pretrained.items():
            self._check(f"pretrained.{name}", name, experiment)
            _exists(f"pretrained.{name}.dataset", experiment.dataset, self.views, "views")
            if name in self.experiments:
                raise ValueError(
                    f"pretrained.{name}: got a name of experiments, expected another; rename one"
                )
        if self.own is not None:
            _exists("own.family", self.own.family, self.families, "families")
            _exists("own.networks", self.own.networks, self.pretrained, "pretrained")
            _exists("own.views", self.own.views, self.views, "views")
        return self

    def _check(self, key: str, name: str, experiment: Experiment) -> None:
        known = {**self.degradations, **self.real, **self.views}
        _exists(f"{key}.dataset", experiment.dataset, known, "degradations, real or views")
        if experiment.method == "paired" and experiment.dataset in self.real:
            raise ValueError(f"{key}: paired training needs truth, which real data lack; use cyclegan")
        if (experiment.method == "instrument") != (experiment.family is not None):
            raise ValueError(
                f"{key}: got method {experiment.method} {'with' if experiment.family else 'without'} a family, "
                "which `instrument` alone draws from; correct the line"
            )
        if experiment.family is not None:
            _exists(f"{key}.family", experiment.family, self.families, "families")
        train_of(self.train, experiment, name)
        model_of(self.model, experiment, name)


def _exists(key: str, value: str, known: Collection[str], where: str) -> None:
    if value not in known:
        raise ValueError(f"{key} is {value!r}, expected one of {sorted(known)} (add it to {where})")


def load(path: str | Path = "params.yaml") -> Params:
    """Read and validate params.yaml.

    Raises
    ------
    SemclearError
        When the file is missing, is not YAML, or a key or value is wrong.
    """
    path = Path(path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SemclearError(
            f"{path}: cannot be read ({error.strerror}); run in the project's folder"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SemclearError(f"{path}: is not valid YAML ({one_line(error)}); correct that line") from None
    return validate(Params, values, str(path))
