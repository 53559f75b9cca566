"""The benchmark's folder: pictures to restore, truths aside, and a manifest that says which bytes they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from semclear.datasets.record import read_png
from semclear.errors import FileError, SemclearError, one_line
from semclear.evaluation.benchmark import pictures, real_pictures
from semclear.evaluation.benchmark.pictures import Picture
from semclear.evaluation.trust.known_objects import read_labels
from semclear.files import sha256, whole_file, whole_folder
from semclear.io.png import write_png_integers
from semclear.params import Params, Settings, validate

FORMAT: Literal[1] = 1
MANIFEST, INPUT, TRUTH, LABELS = "manifest.json", "input", "truth", "truth/labels"
PARAMETERS = "truth/parameters.json"
#: A picture's grey means are taken over so many blocks each way.
BLOCKS = 4

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
File = Annotated[str, Field(pattern=r"^(input|truth|truth/labels)/[A-Za-z0-9_+-][A-Za-z0-9_.+-]*$")]


class StoredFile(Settings):
    """A file of the benchmark.

    Attributes
    ----------
    file : str
        From the manifest's folder.
    sha256 : str
        Of the file.
    pixels : str
        SHA-256 of height, width and grey levels: the same whatever library wrote the PNG.
    blocks : list of float
        Mean grey, 0 to 255, of each of 4 x 4 blocks, row by row: how far apart two pictures are of which only the
        hashes are told to differ. Empty for labels, which are no greys.
    """

    file: File
    sha256: Hash
    pixels: Hash
    blocks: list[float]


class Entry(Settings):
    """A picture of the benchmark, see `pictures.Picture`."""

    name: str
    set: str
    kind: str
    variant: str
    input: StoredFile
    truth: StoredFile
    labels: StoredFile | None


class _Manifest(Settings):
    format: Literal[1]
    version: int
    semclear: str
    settings_sha256: Hash
    parameters_sha256: Hash
    pictures: Annotated[list[Entry], Field(min_length=1)]


@dataclass(frozen=True)
class BenchmarkFolder:
    """A benchmark on disk.

    Attributes
    ----------
    folder : Path
        Of the manifest.
    version : int
        `benchmark.version` of the settings that it was made by.
    entries : tuple of Entry
        In the manifest's order.
    """

    folder: Path
    version: int
    entries: tuple[Entry, ...]

    @property
    def sets(self) -> list[str]:
        """Names of the test sets, in order."""
        return list(dict.fromkeys(entry.set for entry in self.entries))

    def of(self, sets: Iterable[str]) -> list[Entry]:
        """Return the entries of some sets.

        Raises
        ------
        SemclearError
            When there is no such set.
        """
        wanted = list(sets)
        if unknown := sorted(set(wanted) - set(self.sets)):
            raise SemclearError(f"--set: got {unknown[0]!r}, expected one of {', '.join(self.sets)}")
        return [entry for entry in self.entries if entry.set in wanted]

    def digest(self, name: str) -> str:
        """Return one hash of all pixels of a set: inputs, truths and labels, by name."""
        lines = sorted(
            " ".join([entry.name, *(file.pixels for file in files_of(entry))])
            for entry in self.entries
            if entry.set == name
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def image(self, entry: Entry) -> np.ndarray:
        """Return what was to be restored, float32 (H, W) in [0, 1]."""
        return read_png(self.folder / entry.input.file)

    def truth(self, entry: Entry) -> np.ndarray:
        """Return the truth, float32 (H, W) in [0, 1]."""
        return read_png(self.folder / entry.truth.file)

    def labels(self, entry: Entry) -> np.ndarray | None:
        """Return the label mask, uint16 (H, W), where there is one."""
        if entry.labels is None:
            return None
        return read_labels(self.folder / entry.labels.file, entry.labels.sha256)


def files_of(entry: Entry) -> list[StoredFile]:
    """Return the files of an entry: input, truth, and labels where there are some."""
    return [file for file in (entry.input, entry.truth, entry.labels) if file is not None]


def block_means(image: np.ndarray) -> list[float]:
    """Return the mean grey of each of `BLOCKS` x `BLOCKS` blocks of a picture, uint8 (H, W), three decimals."""
    rows = np.array_split(image, BLOCKS, axis=0)
    return [round(float(part.mean()), 3) for row in rows for part in np.array_split(row, BLOCKS, axis=1)]


def pixels_of(image: np.ndarray) -> str:
    """Return the SHA-256 of a picture's height, width and levels, big-endian."""
    head = f"{image.shape[0]} {image.shape[1]} {image.dtype.itemsize}\n".encode()
    return hashlib.sha256(head + image.astype(image.dtype.newbyteorder(">")).tobytes()).hexdigest()


def _stored(folder: Path, file: str, image: np.ndarray) -> StoredFile:
    if not (folder / file).is_file():
        write_png_integers(folder / file, image)
    blocks = block_means(image) if image.dtype == np.uint8 else []
    return StoredFile(file=file, sha256=sha256(folder / file), pixels=pixels_of(image), blocks=blocks)


def _entry(folder: Path, one: Picture) -> Entry:
    labels = None
    if one.labels is not None:
        labels = _stored(folder, f"{LABELS}/{one.truth_name}.png", one.labels)
    return Entry(
        name=one.name,
        set=one.set,
        kind=one.kind,
        variant=one.variant,
        input=_stored(folder, f"{INPUT}/{one.name}.png", one.image),
        truth=_stored(folder, f"{TRUTH}/{one.truth_name}.png", one.truth),
        labels=labels,
    )


def _settings_hash(settings: Params) -> str:
    chosen = pictures.settings_of(settings)
    values = {
        "seed": settings.seed,
        "scenes": settings.scenes.model_dump(mode="json"),
        "degradations": {
            name: settings.degradations[name].model_dump(mode="json")
            for name in sorted({*chosen.sets, chosen.out_of_family.of})
        },
        "out_of_family": settings.out_of_family.model_dump(mode="json"),
        "benchmark": chosen.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _all(settings: Params, real: Path | None, table: Path | None) -> Iterator[Picture]:
    yield from pictures.drawn(settings)
    if real is not None:
        yield from real_pictures.degraded(settings, real, table)


def make(
    settings: Params,
    folder: Path,
    semclear: str,
    real: Path | None = None,
    table: Path | None = None,
    overwrite: bool = False,
) -> BenchmarkFolder:
    """Make the benchmark's folder, whole or not at all.

    It holds ``input/NAME.png``, which are to be restored, and aside ``truth/``: the clear pictures, labels of objects
    (``truth/labels/``, 16-bit) and the degradations' parameters (``truth/parameters.json``). ``manifest.json`` names
    all files with their hashes.

    Parameters
    ----------
    settings : Params
        The whole of params.yaml.
    folder : Path
        To appear.
    semclear : str
        Version of the program, for the manifest.
    real, table : Path, optional
        See `real_pictures.degraded`.
    overwrite : bool
        Replace a benchmark that stands there; nothing else ever is.

    Returns
    -------
    BenchmarkFolder

    Raises
    ------
    FileError
        When something stands there, or the disk refuses a write.
    SemclearError
        When settings or micrographs are wrong.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not (folder / MANIFEST).is_file():
            raise FileError(folder, "is there and no benchmark, expected a new folder; choose another name")
        if not overwrite:
            raise FileError(folder, "has a benchmark already; choose another folder, or add --overwrite")
    settings_sha256 = _settings_hash(settings)
    with whole_folder(folder) as scratch:
        entries: list[Entry] = []
        parameters: dict[str, Any] = {}
        for one in _all(settings, real, table):
            entries.append(_entry(scratch, one))
            parameters[one.name] = one.parameters
        with whole_file(scratch / PARAMETERS) as file:
            text = json.dumps(parameters, sort_keys=True, indent=1, allow_nan=False)
            file.write_text(text + "\n", encoding="utf-8")
        assert settings.benchmark is not None
        manifest = _Manifest(
            format=FORMAT,
            version=settings.benchmark.version,
            semclear=semclear,
            settings_sha256=settings_sha256,
            parameters_sha256=sha256(scratch / PARAMETERS),
            pictures=entries,
        )
        with whole_file(scratch / MANIFEST) as file:
            values = manifest.model_dump(mode="json")
            file.write_text(json.dumps(values, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    return BenchmarkFolder(folder, manifest.version, tuple(entries))


def _values(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(
            path, f"cannot be read ({error.strerror}), expected a benchmark; run `semclear benchmark make`"
        ) from None
    except ValueError as error:
        raise FileError(
            path, f"is no whole JSON ({one_line(error)}); run `semclear benchmark make` again"
        ) from None


def load(folder: Path) -> BenchmarkFolder:
    """Read a benchmark and check every file against its manifest.

    Raises
    ------
    FileError
        When the manifest is missing or damaged, or a file is missing or another.
    """
    path = folder / MANIFEST
    values = _values(path)
    if not isinstance(values, dict) or values.get("format") != FORMAT or "pictures" not in values:
        raise FileError(
            path, f"is no benchmark of format {FORMAT}; run `semclear benchmark make` with this version"
        )
    manifest: _Manifest = validate(_Manifest, values, str(path))
    hashes = {file.file: file.sha256 for entry in manifest.pictures for file in files_of(entry)}
    for name, digest in hashes.items():
        if not (folder / name).is_file() or sha256(folder / name) != digest:
            raise FileError(
                folder / name, f"is missing or not what {MANIFEST} names; run `semclear benchmark make` again"
            )
    return BenchmarkFolder(folder, manifest.version, tuple(manifest.pictures))
