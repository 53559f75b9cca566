"""The whole of params.yaml, read and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, model_validator

from semclear.errors import SemclearError
from semclear.params.base import Name, Settings, validate
from semclear.params.data import Degradation, OutOfFamily, Real, Scenes
from semclear.params.evaluation import Classical, Evaluation, Restoration
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
    out_of_family: OutOfFamily
    real: dict[Name, Real]
    model: Model
    train: Train
    experiments: Annotated[dict[Name, Experiment], Field(min_length=1)]
    classical: Classical
    restoration: Restoration
    evaluation: Evaluation

    @model_validator(mode="after")
    def _names_exist(self) -> Params:
        if self.scale not in self.scales:
            raise ValueError(f"scale is {self.scale!r}, expected one of {sorted(self.scales)}")
        both = set(self.degradations) & set(self.real)
        if both or "scenes" in {*self.degradations, *self.real}:
            raise ValueError(
                f"data set names must be unique and not 'scenes', got {sorted(both) or 'scenes'} twice"
            )
        known = {*self.degradations, *self.real}
        for name, experiment in self.experiments.items():
            if experiment.dataset not in known:
                raise ValueError(
                    f"experiments.{name}.dataset is {experiment.dataset!r}, expected one of {sorted(known)} "
                    "(add it to degradations or real)"
                )
            if experiment.method == "paired" and experiment.dataset in self.real:
                raise ValueError(
                    f"experiments.{name}: paired training needs truth, which real data lack; use cyclegan"
                )
            train_of(self.train, experiment, name)
            model_of(self.model, experiment, name)
        return self


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
        raise SemclearError(
            f"{path}: is not valid YAML ({' '.join(str(error).split())}); correct that line"
        ) from None
    return validate(Params, values, str(path))
