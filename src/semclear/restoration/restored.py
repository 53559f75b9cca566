"""Restored micrographs on disk: one manifest, and beside it one image a method and micrograph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, FiniteFloat, ValidationError

from semclear.datasets.record import Hash, Text, read_png
from semclear.errors import SemclearError
from semclear.files import sha256, whole_file, whole_folder
from semclear.micrographs.writing import write_png
from semclear.params import Name, Settings

FORMAT = 1

#: Method, id, (H, W) in [0, 1], and measures known at restoration.
Image = tuple[str, str, np.ndarray] | tuple[str, str, np.ndarray, Mapping[str, float]]


class Entry(Settings):
    """A line of the manifest: which micrograph (`id` in its data set), by which method, which file.

    `checks` are measures of it that only whoever has the method's networks can take.
    """

    id: Text
    method: Name
    image: Text
    sha256: Hash
    checks: dict[str, FiniteFloat] = Field(default_factory=dict)


class _Manifest(Settings):
    format: Literal[1]
    dataset: Name
    model: Name
    data_sha256: Hash
    methods: dict[Name, dict[str, Any]]
    records: Annotated[list[Entry], Field(min_length=1)]


@dataclass(frozen=True)
class Restored:
    """Restored micrographs as loaded from their manifest.

    Attributes
    ----------
    path : Path
        The manifest.
    dataset, model : str
        What was restored, and by which trained model (or ``classical``).
    data_sha256 : str
        SHA-256 of the data set's manifest.
    methods : dict
        Method name to its ``parameters``, and for classical methods how they were chosen.
    records : tuple of Entry
        In the manifest's order.
    """

    path: Path
    dataset: str
    model: str
    data_sha256: str
    methods: Mapping[str, Mapping[str, Any]]
    records: tuple[Entry, ...]

    def file(self, entry: Entry) -> Path:
        """Return where an entry's image lies."""
        return self.path.parent / entry.image

    def image(self, entry: Entry) -> np.ndarray:
        """Return an entry's image as float32 (H, W) in [0, 1]; SemclearError if it cannot be read."""
        return read_png(self.file(entry))


def _rounded(checks: Mapping[str, float], name: str) -> dict[str, float]:
    wrong = [key for key, value in checks.items() if not np.isfinite(value)]
    if wrong:
        raise SemclearError(
            f"{name}: got {checks[wrong[0]]} as {wrong[0]}, expected a finite number; leave out what is undefined"
        )
    return {key: float(f"{value:.10g}") for key, value in checks.items()}


def write(
    path: str | Path,
    *,
    dataset: str,
    model: str,
    data_sha256: str,
    methods: Mapping[str, Mapping[str, Any]],
    images: Iterable[Image],
) -> None:
    """Write restored micrographs and their manifest, whole or not at all.

    Parameters
    ----------
    path : str or Path
        ``manifest.json`` to appear; ``images/`` beside it is replaced.
    dataset, model : str
        What was restored, and by which trained model (or ``classical``).
    data_sha256 : str
        SHA-256 of the data set's manifest.
    methods : mapping
        Method name to its ``parameters`` and whatever else JSON holds.
    images : iterable of (method, id, image) or (method, id, image, checks)
        Images are (H, W) in [0, 1]; they may be made as they are asked for.
        Checks are finite numbers by name.

    Raises
    ------
    SemclearError
        When an image or a check holds NaN or the disk refuses a write.
    """
    path = Path(path)
    records = []
    # The manifest is the outer block: it takes its place after the images took theirs.
    with whole_file(path) as scratch, whole_folder(path.parent / "images") as folder:
        for method, identity, image, *checks in images:
            file = folder / method / f"{identity}.png"
            write_png(file, image)
            name = f"images/{method}/{identity}.png"
            record = {"id": identity, "method": method, "image": name, "sha256": sha256(file)}
            if checks and checks[0]:
                record["checks"] = _rounded(checks[0], f"{method} of {identity}")
            records.append(record)
        values = {
            "format": FORMAT,
            "dataset": dataset,
            "model": model,
            "data_sha256": data_sha256,
            "methods": dict(methods),
            "records": records,
        }
        text = json.dumps(values, sort_keys=True, indent=1, allow_nan=False) + "\n"
        scratch.write_text(text, encoding="utf-8")


def load(path: str | Path, verify: bool = False) -> Restored:
    """Read the manifest of restored micrographs.

    Parameters
    ----------
    path : str or Path
        ``manifest.json`` of a restoration.
    verify : bool
        Also hash every image. Without it only their existence is checked.

    Raises
    ------
    SemclearError
        When the manifest is missing, damaged or of another format, or an
        image is missing or (with `verify`) has other contents.
    """
    path = Path(path)
    try:
        manifest = _Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SemclearError(
            f"{path}: cannot be read ({error.strerror}), expected the manifest of a restoration; run its step"
        ) from None
    except (ValidationError, json.JSONDecodeError, UnicodeDecodeError):
        raise SemclearError(
            f"{path}: got something else, expected the manifest of a restoration in format {FORMAT}; "
            "delete it and run its step again"
        ) from None
    restored = Restored(
        path,
        manifest.dataset,
        manifest.model,
        manifest.data_sha256,
        manifest.methods,
        tuple(manifest.records),
    )
    for entry in restored.records:
        file = restored.file(entry)
        if not file.is_file():
            raise SemclearError(f"{file}: is missing, expected because {path} names it; run its step again")
        if verify and sha256(file) != entry.sha256:
            raise SemclearError(
                f"{file}: got other contents than {path} says, expected the hash {entry.sha256[:12]}; run its step again"
            )
    return restored
