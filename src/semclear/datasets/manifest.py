"""The manifest of a data set: the one checked file that stands for a folder of images."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from semclear.datasets import splitting
from semclear.datasets.record import Hash, Record, Split
from semclear.errors import SemclearError, one_line
from semclear.files import sha256
from semclear.params import Name, Settings, validate

FORMAT = 1

__all__ = ["FORMAT", "Dataset", "Record", "load", "text_of"]


class _Manifest(Settings):
    format: Literal[1]
    dataset: Name
    kind: Literal["scenes", "synthetic", "real"]
    records: Annotated[list[Record], Field(min_length=1)]
    files: dict[str, Hash] = Field(default_factory=dict)
    notes: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """A data set as loaded from its manifest.

    Attributes
    ----------
    path : Path
        The manifest.
    name : str
        Of the data set.
    kind : {"scenes", "synthetic", "real"}
        How it came about.
    records : tuple of Record
        In the manifest's order.
    digest : str
        SHA-256 of the manifest, and with it of every image it names.
    files : mapping of str to str
        Further files of the set, by name from the manifest's folder, and their hashes.
    notes : mapping
        What else the manifest says about the whole.
    """

    path: Path
    name: str
    kind: str
    records: tuple[Record, ...]
    digest: str
    files: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    def split(self, name: Split) -> list[Record]:
        """Return the records of one split (clear, degraded, validation or test), in order."""
        return [record for record in self.records if record.split == name]


def text_of(
    name: str, kind: str, records: Sequence[Record], files: Mapping[str, str], notes: Mapping[str, Any]
) -> str:
    """Return a manifest as the text that is stored: JSON, keys sorted, no date and no absolute path."""
    values = {
        "format": FORMAT,
        "dataset": name,
        "kind": kind,
        "records": [record.model_dump(mode="json", by_alias=True) for record in records],
        "files": dict(files),
        "notes": dict(notes),
    }
    return json.dumps(values, sort_keys=True, indent=1, allow_nan=False) + "\n"


def load(path: str | Path, verify: bool = False) -> Dataset:
    """Read a manifest and check it against the files it names.

    Parameters
    ----------
    path : str or Path
        ``manifest.json`` of a data set.
    verify : bool
        Also hash every file. Without it only their existence is checked.

    Returns
    -------
    Dataset
        Ready to read images from.

    Raises
    ------
    SemclearError
        When the manifest is missing, truncated, of another format, or names
        a file that is missing or (with `verify`) has other contents, or when
        a source or an image stands on two splits.
    """
    path = Path(path)
    values = _parsed(path)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        got = values.get("format") if isinstance(values, dict) else type(values).__name__
        raise SemclearError(
            f"{path}: got manifest format {got!r}, expected {FORMAT}; make the data set again with this version"
        )
    manifest: _Manifest = validate(_Manifest, values, str(path))
    records = tuple(record.in_folder(path.parent) for record in manifest.records)
    splitting.check(records, str(path))
    named = [pair for record in records for pair in record.files()]
    named += [(path.parent / file, digest) for file, digest in manifest.files.items()]
    for file, digest in named:
        _check_file(file, digest if verify else None, path)
    return Dataset(
        path, manifest.dataset, manifest.kind, records, sha256(path), manifest.files, manifest.notes
    )


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SemclearError(
            f"{path}: cannot be read ({error.strerror}), expected a data set's manifest; run the step that makes it"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SemclearError(
            f"{path}: is not whole JSON ({one_line(error)}), expected a data set's manifest; "
            "delete it and run the step that makes it"
        ) from None


def _check_file(file: Path, digest: str | None, manifest: Path) -> None:
    if not file.is_file():
        raise SemclearError(
            f"{file}: is missing, expected because {manifest} names it; run the step that makes it, or `dvc pull`"
        )
    if digest is not None and (got := sha256(file)) != digest:
        raise SemclearError(
            f"{file}: got contents with hash {got[:12]}, expected {digest[:12]} as in {manifest}; "
            "run the step that makes it, or `dvc checkout`"
        )
