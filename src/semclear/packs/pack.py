"""A data set as one file, so that a machine without its folders or an image library can train on it.

A pack is an ``.npz`` archive of ``header`` (JSON: format, name, kind, hash of
the manifest, a line a micrograph) and one array a micrograph and truth, 8-bit
where the levels are whole. Equal data sets give equal bytes.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import SemclearError, one_line
from semclear.files import whole_file

FORMAT = 1
LEVELS = np.float32(255)
#: What a record of the manifest says that is no file.
KEPT = ("id", "split", "source", "kind", "parameters", "pixel_size_nm")


@dataclass(frozen=True)
class PackedRecord:
    """One micrograph of a packed data set, with what training reads of a `datasets.record.Record`.

    Attributes
    ----------
    id, split, source : str
        As in the manifest.
    levels, truth_levels : ndarray or None
        The image and its truth, (H, W), as stored: uint8, or float32 in [0, 1].
    kind, parameters, pixel_size_nm
        As in the manifest; None where it is silent.
    """

    id: str
    split: str
    source: str
    levels: np.ndarray
    truth_levels: np.ndarray | None = None
    kind: str | None = None
    parameters: Mapping[str, Any] | None = None
    pixel_size_nm: float | None = None

    def image(self) -> np.ndarray:
        """Return the image as float32 (H, W) in [0, 1]."""
        return _grey(self.levels)

    def truth(self) -> np.ndarray | None:
        """Return the clear counterpart as float32 (H, W) in [0, 1], or None where there is none."""
        return None if self.truth_levels is None else _grey(self.truth_levels)


@dataclass(frozen=True)
class PackedDataset:
    """A data set as loaded from its pack: it trains like a `datasets.manifest.Dataset`.

    Attributes
    ----------
    path : Path
        The pack.
    name, kind : str
        As in the manifest.
    digest : str
        SHA-256 of the manifest that was packed: the same as without packing.
    records : tuple of PackedRecord
        In the manifest's order.
    """

    path: Path
    name: str
    kind: str
    digest: str
    records: tuple[PackedRecord, ...] = field(repr=False)

    def split(self, name: str) -> list[PackedRecord]:
        """Return the records of one split (clear, degraded, validation or test), in order."""
        return [record for record in self.records if record.split == name]

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """The sizes (H, W) in pixels of the training micrographs, each once, sorted."""
        shapes = {record.levels.shape for record in self.records if record.split in ("clear", "degraded")}
        return sorted(shapes)


def _grey(levels: np.ndarray) -> np.ndarray:
    return levels.astype(np.float32) / LEVELS if levels.dtype == np.uint8 else levels


def _stored(image: np.ndarray) -> np.ndarray:
    """Return 8-bit levels if they give back `image` exactly, else `image` as float32."""
    image = np.asarray(image, np.float32)
    levels = np.clip(np.round(image * LEVELS), 0, 255).astype(np.uint8)
    return levels if np.array_equal(_grey(levels), image) else image


def pack(manifest_path: str | Path, pack_path: str | Path) -> None:
    """Pack all splits of a data set, with truths where there are any, into one file.

    Parameters
    ----------
    manifest_path : str or Path
        ``manifest.json`` of the data set; every file is checked against its hash.
    pack_path : str or Path
        Archive to appear, whole or not at all; its name must end with ``.npz``.

    Raises
    ------
    SemclearError
        When the name has another ending, the data set cannot be read or is
        not as its manifest says, or the disk refuses the write.
    """
    from semclear.datasets import manifest  # needs OpenCV, which loading a pack must not

    if Path(pack_path).suffix != ".npz":
        raise SemclearError(
            f"{pack_path}: got the ending {Path(pack_path).suffix!r}, expected .npz; rename it"
        )
    dataset = manifest.load(manifest_path, verify=True)
    arrays: dict[str, Any] = {}
    lines = []
    for index, record in enumerate(dataset.records):
        arrays[f"image{index:06d}"] = _stored(record.image())
        if (truth := record.truth()) is not None:
            arrays[f"truth{index:06d}"] = _stored(truth)
        lines.append({key: value for key in KEPT if (value := getattr(record, key)) is not None})
    header = {
        "format": FORMAT,
        "dataset": dataset.name,
        "kind": dataset.kind,
        "data_sha256": dataset.digest,
        "records": lines,
    }
    text = np.array(json.dumps(header, sort_keys=True, allow_nan=False))
    with whole_file(pack_path) as scratch, scratch.open("wb") as stream:
        # NumPy dates every member 1980-01-01.
        np.savez_compressed(stream, header=text, **arrays)


def load(path: str | Path) -> PackedDataset:
    """Read a pack into memory (one byte a pixel, as a rule).

    Parameters
    ----------
    path : str or Path
        Made by `pack`.

    Raises
    ------
    SemclearError
        When the file is missing, damaged, no pack or of another format.
    """
    path = Path(path)
    if not path.is_file():
        raise SemclearError(
            f"{path}: no such file, expected a packed data set; make it with `semclear pack MANIFEST -o {path}`"
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            header = json.loads(str(archive["header"]))
            if header["format"] != FORMAT:
                raise SemclearError(
                    f"{path}: got a pack of format {header['format']!r}, expected {FORMAT}; pack it again "
                    "with this version"
                )
            names = set(archive.files)
            records = tuple(
                PackedRecord(
                    **line,
                    levels=_checked(archive[f"image{index:06d}"]),
                    truth_levels=_checked(archive[key]) if (key := f"truth{index:06d}") in names else None,
                )
                for index, line in enumerate(header["records"])
            )
        return PackedDataset(path, header["dataset"], header["kind"], header["data_sha256"], records)
    except (
        OSError,
        EOFError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise SemclearError(
            f"{path}: got a damaged file or no packed data set ({one_line(error)}), expected one; "
            "make it again with `semclear pack`"
        ) from error


def _checked(levels: np.ndarray) -> np.ndarray:
    if levels.ndim != 2 or levels.dtype not in (np.uint8, np.float32):
        raise ValueError(
            f"array of {levels.dtype} and shape {levels.shape}, expected uint8 or float32 (H, W)"
        )
    return levels
