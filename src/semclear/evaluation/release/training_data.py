"""What a model was trained on, said from the manifest of its data set."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from semclear.datasets.manifest import Dataset, Record
from semclear.datasets.record import Split
from semclear.degradation.transfer import Probe

#: As `semclear.datasets.observed` calls it, whose import would take along all that draws.
INSTRUMENTS = "instruments.json"
SPLITS: tuple[Split, ...] = ("clear", "degraded", "validation", "test")


def describe(dataset: Dataset) -> dict[str, Any]:
    """Return what a data set holds, as a release's card says it.

    Parameters
    ----------
    dataset : Dataset
        That a model was trained on.

    Returns
    -------
    dict
        "data_set", "kind" ("synthetic" or "real"), "micrographs" and
        "sources" (numbers by split), "shows" (kinds of scenes, sorted),
        "size" ([least, greatest] side of the degraded ones, pixels),
        "drawn_clear" (true, where the clear ones of a real data set were
        drawn; else not there),
        "pixel_size_nm" ([least, greatest] of what is not drawn beside real
        ones, or None where unknown) and
        "degradation": of the training micrographs that have known ones,
        `ranges_of`; None for real micrographs.
    """
    training = [*dataset.split("clear"), *dataset.split("degraded")]
    drawn = dataset.kind == "real" and any(record.kind for record in dataset.split("clear"))
    sized = dataset.split("degraded") if drawn else training
    pixels = [record.pixel_size_nm for record in sized if record.pixel_size_nm is not None]
    sides = [side for record in dataset.split("degraded") for side in record.image().shape]
    known = [r.parameters for r in dataset.split("degraded") if r.parameters is not None]
    known = known or instruments_of(dataset)
    return {
        **({"drawn_clear": True} if drawn else {}),
        "data_set": dataset.name,
        "kind": dataset.kind,
        "micrographs": {split: len(dataset.split(split)) for split in SPLITS},
        "sources": {split: _sources(dataset.split(split)) for split in SPLITS},
        "shows": sorted({record.kind for record in training if record.kind}),
        "size": _ends(sides),
        "pixel_size_nm": _ends(pixels),
        "degradation": ranges_of(known) if known else None,
    }


def instruments_of(dataset: Dataset) -> list[dict[str, Any]]:
    """Return the instruments that recorded the degraded training micrographs of a data set of views.

    Parameters
    ----------
    dataset : Dataset
        Any; only one of `semclear.datasets.observed` has instruments.

    Returns
    -------
    list of dict
        As `ranges_of` takes them: None for a part that leaves the picture as it is.
    """
    file = dataset.path.parent / "images" / INSTRUMENTS
    if not file.is_file():
        return []
    every = json.loads(file.read_text(encoding="utf-8"))
    return [_parts_of(every[record.id]) for record in dataset.split("degraded")]


def _parts_of(instrument: Mapping[str, Any]) -> dict[str, Any]:
    probe, veil = instrument["probe"], instrument["veil"]
    blurred = any(probe[name] > 0 for name in ("along", "across", "radius"))
    return {
        "probe": {"sigma": Probe(**probe).equivalent_sigma} if blurred else None,
        "veil": veil if veil["transmission"] < 1 else None,
        "noise": instrument["noise"],
        # Charging is left out: no training has it in its formula.
    }


def ranges_of(parameters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the degradations that occur, and how strong they are.

    Parameters
    ----------
    parameters : sequence of mapping
        Of each micrograph, as `forward.apply` takes them: part
        ("blur", "fog", "noise", ...) to its parameters, or None.

    Returns
    -------
    dict
        By part: "share" of the micrographs that have it and, by parameter,
        [least, greatest] over these.
    """
    found: dict[str, Any] = {}
    for part in sorted({name for values in parameters for name in values}):
        present = [values[part] for values in parameters if values.get(part)]
        if not present:
            continue
        numbers: dict[str, list[float]] = {}
        for values in present:
            for name, value in _numbers(values):
                numbers.setdefault(name, []).append(value)
        share = float(f"{len(present) / len(parameters):.4g}")
        found[part] = {"share": share, **{name: _ends(values) for name, values in sorted(numbers.items())}}
    return found


def _numbers(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{before}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and name != "seed":
            yield f"{before}{name}", float(value)


def _ends(values: Iterable[float]) -> list[float] | None:
    values = list(values)
    return [float(f"{end:.4g}") for end in (min(values), max(values))] if values else None


def _sources(records: Sequence[Record]) -> int:
    return len({record.source for record in records})
