"""What all settings are built of: strict models, and the kinds of numbers they hold."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from semclear.errors import SemclearError

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """Base: unknown keys are errors, nothing is coerced, nothing changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _ordered(pair: list[float]) -> list[float]:
    if pair[0] > pair[1]:
        raise ValueError(f"the low end {pair[0]} is above the high end {pair[1]}")
    return pair


class Ranges(Settings):
    """Settings whose two-number lists are [low, high]."""

    @field_validator("*")
    @classmethod
    def _low_before_high(cls, value: Any) -> Any:
        is_range = isinstance(value, list) and len(value) == 2 and all(isinstance(v, float) for v in value)
        return _ordered(value) if is_range else value


PositiveRange = Annotated[list[Positive], Field(min_length=2, max_length=2)]
NonNegativeRange = Annotated[list[NonNegative], Field(min_length=2, max_length=2)]
ShareRange = Annotated[list[Share], Field(min_length=2, max_length=2)]
TransmissionRange = Annotated[list[Annotated[float, Field(ge=0.05, le=1)]], Field(min_length=2, max_length=2)]


def sentences(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key; remove it or correct its spelling")
        elif item["type"] == "missing":
            lines.append(f"{where}: this key is missing; add it")
        elif item["type"] == "value_error":
            lines.append(f"{where}: {item['ctx']['error']}" if where else str(item["ctx"]["error"]))
        else:
            wanted = (
                item["msg"].replace("Input should be", "expected").replace("String should", "name should")
            )
            lines.append(f"{where}: got {item['input']!r}, {wanted}; change this value")
    return "; ".join(lines)


def validate(model: type[BaseModel], values: Any, name: str) -> Any:
    """Return `values` as an instance of `model`.

    Parameters
    ----------
    model : type of Settings
        The class to fill.
    values : mapping
        Plain values, as YAML or JSON gives them.
    name : str
        What to call their origin in an error.

    Raises
    ------
    SemclearError
        One line with every wrong key: where, what was got, what is expected.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise SemclearError(f"{name}: {sentences(error)}") from None
