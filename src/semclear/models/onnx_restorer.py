"""An exported restorer under ONNX Runtime or OpenVINO: the file alone, without TensorFlow or Keras."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from semclear import params
from semclear.errors import SemclearError, one_line
from semclear.files import sha256
from semclear.models import onnx_runtimes
from semclear.restoration.tiled.out_of_memory import is_exhaustion

if TYPE_CHECKING:
    from semclear.models.release import Release

#: Of the names in the file's metadata: written by `semclear.export.metadata`.
FORMAT = "1"
#: Under which the metadata hold the release's member `release.json`, where the bundle was a release.
RELEASE = "release"


class OnnxNetwork:
    """A restorer that was exported by ``semclear export --format onnx``.

    It takes micrographs of any size: the file extends them by symmetric
    reflection, cuts them back and clips to [0, 1] by itself. Where code
    expects a bundle or its Keras network, it serves as either (`network`,
    `predict_on_batch`, and the attributes `method`, `size`, `model` and
    `data_sha256` of `semclear.networks.bundle.Bundle`), except that it has no
    degrader.

    Parameters
    ----------
    path : str or Path
        The file.
    threads : int, optional
        Of one restoration; by default the runtime takes all cores.
    runtime : str
        What runs it, of `semclear.models.onnx_runtimes.RUNTIMES`.

    Attributes
    ----------
    path : Path
    runtime : str
    metadata : mapping of str to str
        All that the file says of itself, see `metadata.metadata_of`.
    method, data_sha256, bundle_sha256 : str
    size, model : params.ModelScale, params.Model
        What the network was built from.
    networks : mapping
        The names of its networks: "restorer" alone, without weights.
    has_encoder : bool
        Never: see `Bundle.has_encoder`.

    Raises
    ------
    SemclearError
        When the runtime is not installed, or the file is missing, damaged,
        or no export of this version's form.
    MemoryError
        When there is no memory for its weights.
    """

    has_encoder = False

    def __init__(
        self, path: str | Path, threads: int | None = None, runtime: str = onnx_runtimes.ONNX_RUNTIME
    ) -> None:
        self.path, self.runtime = Path(path), runtime
        self._loaded = onnx_runtimes.load(runtime, self.path, threads)
        self.metadata = self._loaded.metadata
        if self.metadata.get("semclear_format") != FORMAT:
            raise SemclearError(
                f"{path}: got an ONNX file with semclear_format {self.metadata.get('semclear_format')!r}, expected "
                f"{FORMAT!r}; make it with `semclear export BUNDLE --format onnx` of this version"
            )
        try:
            self.method = self.metadata["method"]
            self.data_sha256, self.bundle_sha256 = (
                self.metadata["data_sha256"],
                self.metadata["bundle_sha256"],
            )
            self.size = params.ModelScale.model_validate(json.loads(self.metadata["size"]))
            self.model = params.Model.model_validate(json.loads(self.metadata["model"]))
        except (KeyError, ValueError) as error:
            raise SemclearError(
                f"{path}: damaged metadata ({one_line(error)}); export the bundle again"
            ) from error
        self.networks: Mapping[str, Any] = {"restorer": ()}

    def __enter__(self) -> OnnxNetwork:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left open."""

    @property
    def header(self) -> Mapping[str, str]:
        """The metadata, as `semclear.models.archive.Archive` has the header of a bundle."""
        return self.metadata

    @property
    def about(self) -> dict[str, Any]:
        """What the release that it was exported from said of itself; empty where that is not known or damaged."""
        try:
            values = json.loads(self.metadata.get(RELEASE, "{}"))
        except ValueError:
            return {}
        return values if isinstance(values, dict) else {}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return sha256(self.path)

    def release(self) -> Release:
        """Return itself as the release it was exported from, as far as a model without degrader can use it.

        Its card, interval factor and tile side are those of the release; its
        family judges by the checks that need no degrader. An export of a
        bundle that was no release has none of them, and the file's name.

        Raises
        ------
        SemclearError
            When what the file says of its release is damaged or of another version.
        """
        from semclear.models import release

        text = self.metadata.get(RELEASE)
        if text is None:
            return release.Release(cast(Any, self), self.path.stem)
        return release.of_text(text, self, self.path)

    def network(self, name: str = "restorer") -> OnnxNetwork:
        """Return itself, as `Bundle.network` returns a Keras model.

        Raises
        ------
        SemclearError
            For any network but the restorer: an export has no other.
        """
        if name != "restorer":
            raise SemclearError(
                f"{self.path}: got a request for the network {name!r}, but an ONNX file holds the restorer alone; "
                "use the bundle it was exported from"
            )
        return self

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Restore micrographs.

        Parameters
        ----------
        images : ndarray, (B, H, W)
            In [0, 1], any size.

        Returns
        -------
        ndarray, (B, H, W), float32
            In [0, 1].

        Raises
        ------
        SemclearError
            When the array has another form or is empty.
        MemoryError
            When the runtime has not enough memory; smaller tiles may fit.
        """
        images = np.asarray(images)
        if images.ndim != 3 or 0 in images.shape:
            raise SemclearError(
                f"{self.path}: got an array of shape {images.shape}, expected (batch, height, width), none of them 0"
            )
        batch = np.ascontiguousarray(images[:, None], dtype=np.float32)
        try:
            return self._loaded.run(batch)[:, 0]
        except Exception as error:
            if is_exhaustion(error):
                raise MemoryError(f"{self.path}: {one_line(error)}") from error
            raise

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        """Restore (B, H, W, 1) float32 in [0, 1] to the same, as a Keras model is called."""
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[3] != 1:
            raise SemclearError(
                f"{self.path}: got an array of shape {images.shape}, expected (batch, height, width, 1)"
            )
        return self(images[..., 0])[..., None]
