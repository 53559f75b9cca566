"""A data set in the making: images and manifest appear together or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from semclear.datasets import splitting
from semclear.datasets.manifest import text_of
from semclear.datasets.record import Record
from semclear.errors import FileError
from semclear.files import sha256, whole_file, whole_folder
from semclear.io.png import write_png, write_png_integers


@dataclass
class Draft:
    """What is collected before the data set appears.

    Attributes
    ----------
    home : Path
        Folder of the manifest to be.
    images : Path
        Scratch folder that becomes ``images/``.
    records : list of Record
        To be filled, in the order of the manifest.
    files : dict of str to str
        Further files and their hashes, see `add_text`.
    notes : dict
        Whatever else the manifest says about the whole.
    """

    home: Path
    images: Path
    records: list[Record] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    def add_image(self, name: str, image: np.ndarray) -> dict[str, Any]:
        """Write an image, float (H, W) in [0, 1], to ``images/name`` as 8-bit PNG.

        Returns
        -------
        dict
            ``{"image_file": ..., "sha256": ...}``, as `Record` takes them.
        """
        write_png(self.images / name, image)
        return {"image_file": f"images/{name}", "sha256": sha256(self.images / name)}

    def add_truth(self, name: str, image: np.ndarray) -> dict[str, Any]:
        """Write an image like `add_image`, but return it as `Record`'s truth."""
        added = self.add_image(name, image)
        return {"truth_file": added["image_file"], "truth_sha256": added["sha256"]}

    def add_labels(self, name: str, labels: np.ndarray) -> dict[str, Any]:
        """Write a label mask, uint16 (H, W), to ``images/name`` as 16-bit PNG, and return it as `Record`'s labels."""
        write_png_integers(self.images / name, labels)
        return {"labels_file": f"images/{name}", "labels_sha256": sha256(self.images / name)}

    def add_text(self, name: str, text: str) -> None:
        """Write a further file, UTF-8, to ``images/name`` and enter it in the manifest."""
        with whole_file(self.images / name) as scratch:
            scratch.write_text(text, encoding="utf-8")
        self.files[f"images/{name}"] = sha256(self.images / name)

    def relative(self, path: Path) -> str:
        """Return a file elsewhere as its name from the manifest's folder."""
        return Path(os.path.relpath(path, self.home)).as_posix()


@contextmanager
def draft(manifest_path: str | Path, name: str, kind: str) -> Iterator[Draft]:
    """Yield a draft; when the block succeeds, its images and its manifest take their places.

    Parameters
    ----------
    manifest_path : str or Path
        ``manifest.json`` to appear; ``images/`` beside it is replaced.
    name : str
        Of the data set.
    kind : {"scenes", "synthetic", "real"}
        How it came about.

    Yields
    ------
    Draft
        To be filled. On any exception nothing changes on disk.

    Raises
    ------
    SemclearError
        When a source or an image stands on two splits, or the disk refuses a write.
    """
    manifest_path = Path(manifest_path)
    images = manifest_path.parent / "images"
    # The manifest is the outer block: written to its scratch file before the images move, renamed after.
    with whole_file(manifest_path) as scratch, whole_folder(images) as folder:
        made = Draft(manifest_path.parent, folder)
        try:
            yield made
            splitting.check(made.records, str(manifest_path))
        except FileError as error:  # of an image that a person knows by the place it would have got
            if folder not in error.path.parents:
                raise
            raise FileError(images / error.path.relative_to(folder), error.said) from error
        scratch.write_text(text_of(name, kind, made.records, made.files, made.notes), encoding="utf-8")
