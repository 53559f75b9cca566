"""One image of a data set: where it lies, what it was made of, which split it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from semclear.errors import SemclearError
from semclear.params import Positive, Settings

Split = Literal["clear", "degraded", "validation", "test"]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(min_length=1)]


def read_png(path: Path) -> np.ndarray:
    """Return an 8-bit gray PNG of a data set.

    Parameters
    ----------
    path : Path
        As a manifest names it.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1]: the stored level over 255.

    Raises
    ------
    SemclearError
        When the file is missing, damaged, or not 8-bit gray.
    """
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if image is None:
        raise SemclearError(
            f"{path}: got no readable image, expected an 8-bit gray PNG; make the data set again"
        )
    if image.ndim != 2 or image.dtype != np.uint8:
        raise SemclearError(
            f"{path}: got {image.dtype} of shape {image.shape}, expected 8-bit gray (H, W); make the data set again"
        )
    return image.astype(np.float32) / np.float32(255)


class Record(Settings):
    """A line of a manifest. File names are relative to the manifest's folder.

    Attributes
    ----------
    id : str
        Unique in the data set.
    split : {"clear", "degraded", "validation", "test"}
        Training domain Y, training domain X, and the two paired sets.
    source : str
        The micrograph that this image comes from; never on two splits.
    image_file, sha256 : str
        The image and its hash (``image`` in the file).
    truth_file, truth_sha256 : str or None
        Its clear counterpart, where there is one (``truth`` in the file).
    labels_file, labels_sha256 : str or None
        16-bit mask of the objects, 0 for background (``labels`` in the file).
    kind : str or None
        What is shown, for synthetic scenes.
    parameters : dict or None
        Of the degradation, as `forward.apply` takes them.
    pixel_size_nm : float or None
        Edge of a pixel in nanometres.
    origin : dict or None
        Where in its source a real image was cut out.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)

    id: Text
    split: Split
    source: Text
    image_file: Annotated[Text, Field(alias="image")]
    sha256: Hash
    truth_file: Annotated[Text | None, Field(alias="truth")] = None
    truth_sha256: Hash | None = None
    labels_file: Annotated[Text | None, Field(alias="labels")] = None
    labels_sha256: Hash | None = None
    kind: str | None = None
    parameters: dict[str, Any] | None = None
    pixel_size_nm: Positive | None = None
    origin: dict[str, Any] | None = None
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _hashes_stand_with_files(self) -> Record:
        for name in ("truth", "labels"):
            if (getattr(self, f"{name}_file") is None) != (getattr(self, f"{name}_sha256") is None):
                raise ValueError(f"{self.id}: give both {name} and {name}_sha256, or neither")
        return self

    def in_folder(self, folder: Path) -> Record:
        """Return this record with its file names resolved against `folder`."""
        placed = self.model_copy()
        placed._folder = folder
        return placed

    @property
    def image_path(self) -> Path:
        """The image's file."""
        return self._folder / self.image_file

    @property
    def truth_path(self) -> Path | None:
        """The clear counterpart's file, or None."""
        return None if self.truth_file is None else self._folder / self.truth_file

    @property
    def labels_path(self) -> Path | None:
        """The label mask's file, or None."""
        return None if self.labels_file is None else self._folder / self.labels_file

    def files(self) -> list[tuple[Path, str]]:
        """Return every file of this record with the hash it must have."""
        pairs = [(self.image_path, self.sha256), (self.truth_path, self.truth_sha256)]
        pairs.append((self.labels_path, self.labels_sha256))
        return [(path, digest) for path, digest in pairs if path is not None and digest is not None]

    def image(self) -> np.ndarray:
        """Return the image as float32 (H, W) in [0, 1]; SemclearError if it cannot be read."""
        return read_png(self.image_path)

    def truth(self) -> np.ndarray | None:
        """Return the clear counterpart as float32 (H, W) in [0, 1], or None where there is none."""
        return None if self.truth_path is None else read_png(self.truth_path)
