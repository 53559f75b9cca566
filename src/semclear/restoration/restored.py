"""Restored micrographs on disk: one manifest, and beside it one image a method and micrograph, and its maps."""

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
from semclear.io.png import write_png
from semclear.params import Name, Settings

FORMAT = 1

#: Grey values at the levels 0 and 255 of a stored map; what lies beyond is cut. Level 128 of a residual is exactly 0,
#: and 255 its 0.25.
SCALES = {"uncertainty": (0.0, 0.25), "residual": (-0.25 * 128 / 127, 0.25)}

#: Method, id, (H, W) in [0, 1], then what is known at restoration: measures, and maps by a name of `SCALES`.
Image = (
    tuple[str, str, np.ndarray]
    | tuple[str, str, np.ndarray, Mapping[str, float]]
    | tuple[str, str, np.ndarray, Mapping[str, float], Mapping[str, np.ndarray]]
)


#: Method, test, id, what came of it, and what was given where that is no micrograph of the set; (H, W) in [0, 1].
NullImage = tuple[str, str, str, np.ndarray, np.ndarray | None]


class Map(Settings):
    """An 8-bit map of a restoration: its file, and the grey values that levels 0 and 255 stand for."""

    image: Text
    sha256: Hash
    black: FiniteFloat
    white: FiniteFloat


class Entry(Settings):
    """A line of the manifest: which micrograph (`id` in its data set), by which method, which file.

    `checks` are measures of it that only whoever has the method's networks can take; `maps` are its "uncertainty"
    and "residual" (see `restorer.Restoration`), where there are such.
    """

    id: Text
    method: Name
    image: Text
    sha256: Hash
    checks: dict[str, FiniteFloat] = Field(default_factory=dict)
    maps: dict[str, Map] = Field(default_factory=dict)

    def files(self) -> list[tuple[str, str]]:
        """Return the image and the maps, each with the hash it must have."""
        return [(self.image, self.sha256), *((stored.image, stored.sha256) for stored in self.maps.values())]


class Null(Settings):
    """A null test of a method: what it made of a micrograph in which there is nothing to restore.

    `test` and `id` are those of `null_tests.Trial`. What was given is stored (`before`) where it is a field; a clear
    micrograph is the truth of the test micrograph `id`.
    """

    test: Name
    id: Text
    method: Name
    image: Text
    sha256: Hash
    before: Text | None = None
    before_sha256: Hash | None = None

    def files(self) -> list[tuple[str, str]]:
        """Return the restoration and, where it is stored, what was restored, each with the hash it must have."""
        given = [] if self.before is None else [(self.before, str(self.before_sha256))]
        return [(self.image, self.sha256), *given]


class _Manifest(Settings):
    format: Literal[1]
    dataset: Name
    model: Name
    data_sha256: Hash
    methods: dict[Name, dict[str, Any]]
    records: Annotated[list[Entry], Field(min_length=1)]
    nulls: list[Null] = Field(default_factory=list)


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
    nulls : tuple of Null
        Null tests, which are restorations of no test micrograph.
    """

    path: Path
    dataset: str
    model: str
    data_sha256: str
    methods: Mapping[str, Mapping[str, Any]]
    records: tuple[Entry, ...]
    nulls: tuple[Null, ...] = ()

    def file(self, entry: Entry) -> Path:
        """Return where an entry's image lies."""
        return self.path.parent / entry.image

    def image(self, entry: Entry | Null) -> np.ndarray:
        """Return an entry's image as float32 (H, W) in [0, 1]; SemclearError if it cannot be read."""
        return read_png(self.path.parent / entry.image)

    def before(self, null: Null) -> np.ndarray | None:
        """Return the field that a null test was given, float32 (H, W) in [0, 1], or None where it is no stored one."""
        return None if null.before is None else read_png(self.path.parent / null.before)

    def map(self, entry: Entry, name: str) -> np.ndarray | None:
        """Return a map of an entry as float32 (H, W) in grey units, as stored in 8 bits; None where there is none."""
        if name not in entry.maps:
            return None
        stored = entry.maps[name]
        return (
            stored.black + (stored.white - stored.black) * read_png(self.path.parent / stored.image)
        ).astype(np.float32)


def _rounded(checks: Mapping[str, float], name: str) -> dict[str, float]:
    wrong = [key for key, value in checks.items() if not np.isfinite(value)]
    if wrong:
        raise SemclearError(
            f"{name}: got {checks[wrong[0]]} as {wrong[0]}, expected a finite number; leave out what is undefined"
        )
    return {key: float(f"{value:.10g}") for key, value in checks.items()}


def _write_maps(folder: Path, method: str, identity: str, maps: Mapping[str, np.ndarray]) -> dict[str, Any]:
    written = {}
    for name, values in maps.items():
        black, white = SCALES[name]
        file = folder / f"{method}-{name}" / f"{identity}.png"
        write_png(file, (np.asarray(values, np.float64) - black) / (white - black))
        written[name] = {
            "image": f"images/{method}-{name}/{identity}.png",
            "sha256": sha256(file),
            "black": black,
            "white": white,
        }
    return written


def _write_null(folder: Path, null: NullImage) -> dict[str, Any]:
    method, test, identity, after, before = null
    name = test if identity == test else f"{test}-{identity}"
    entry = {"test": test, "id": identity, "method": method}
    for key, ending, image in (("image", "", after), ("before", "-before", before)):
        if image is not None:
            file = folder / f"{method}-null" / f"{name}{ending}.png"
            write_png(file, image)
            digest = "sha256" if key == "image" else f"{key}_sha256"
            entry |= {key: f"images/{method}-null/{file.name}", digest: sha256(file)}
    return entry


def write(
    path: str | Path,
    *,
    dataset: str,
    model: str,
    data_sha256: str,
    methods: Mapping[str, Mapping[str, Any]],
    images: Iterable[Image],
    nulls: Iterable[NullImage] = (),
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
    images : iterable of (method, id, image[, checks[, maps]])
        Images are (H, W) in [0, 1]; they may be made as they are asked for.
        Checks are finite numbers by name, maps (H, W) in grey units by a name
        of `SCALES`; these go to ``images/METHOD-NAME/``.
    nulls : iterable of (method, test, id, after, before), optional
        Null tests (see `Null`); they go to ``images/METHOD-null/``.

    Raises
    ------
    SemclearError
        When an image, a map or a check holds NaN or the disk refuses a write.
    """
    path = Path(path)
    records = []
    known: list[Any]
    # The manifest is the outer block: it takes its place after the images took theirs.
    with whole_file(path) as scratch, whole_folder(path.parent / "images") as folder:
        for method, identity, image, *known in images:
            file = folder / method / f"{identity}.png"
            write_png(file, image)
            name = f"images/{method}/{identity}.png"
            record: dict[str, Any] = {"id": identity, "method": method, "image": name, "sha256": sha256(file)}
            if known and known[0]:
                record["checks"] = _rounded(known[0], f"{method} of {identity}")
            if len(known) > 1 and known[1]:
                record["maps"] = _write_maps(folder, method, identity, known[1])
            records.append(record)
        values = {
            "format": FORMAT,
            "dataset": dataset,
            "model": model,
            "data_sha256": data_sha256,
            "methods": dict(methods),
            "records": records,
            "nulls": [_write_null(folder, null) for null in nulls],
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
        Also hash every image and map. Without it only their existence is checked.

    Raises
    ------
    SemclearError
        When the manifest is missing, damaged or of another format, or an
        image or a map is missing or (with `verify`) has other contents.
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
        tuple(manifest.nulls),
    )
    entries: tuple[Entry | Null, ...] = (*restored.records, *restored.nulls)
    for name, digest in (pair for entry in entries for pair in entry.files()):
        file = path.parent / name
        if not file.is_file():
            raise SemclearError(f"{file}: is missing, expected because {path} names it; run its step again")
        if verify and sha256(file) != digest:
            raise SemclearError(
                f"{file}: got other contents than {path} says, expected the hash {digest[:12]}; run its step again"
            )
    return restored
