"""The restorer as a TensorFlow SavedModel: `tf.saved_model.load` alone runs it, without semclear."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semclear.errors import SemclearError
from semclear.extras import need
from semclear.files import sha256
from semclear.networks.bundle import Bundle

INPUT, OUTPUT = "micrograph", "restored"
#: Where TensorFlow keeps files that it does not read itself.
METADATA = "assets.extra/semclear.json"
FINGERPRINT = "fingerprint.pb"


def mirrored(images: Any, axis: int, multiple: int) -> Any:
    """Extend an axis behind its end to a multiple, as `numpy.pad` with "symmetric" does, however short it is.

    Parameters
    ----------
    images : tensor
        Any number of axes.
    axis, multiple : int
        Which axis, and of what its length is to be a multiple.

    Returns
    -------
    tensor
        `tf.pad` has "SYMMETRIC" too, but extends by no more than the length.
    """
    import tensorflow as tf

    length = tf.shape(images)[axis]
    index = tf.range(length + tf.math.floormod(-length, multiple))
    rising = tf.math.floormod(index, 2 * length)
    return tf.gather(images, tf.minimum(rising, 2 * length - 1 - rising), axis=axis)


def _fix_identity(folder: Path) -> None:
    """Put a number made of the files in place of the random one by which TensorFlow tells SavedModels apart."""
    from tensorflow.core.protobuf import fingerprint_pb2

    place = folder / FINGERPRINT
    if not place.is_file():  # older versions of TensorFlow write none
        return
    fingerprint = fingerprint_pb2.FingerprintDef.FromString(place.read_bytes())
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file != place)
    digests = "".join(sha256(file) for file in files)
    fingerprint.uuid = str(int(hashlib.sha256(digests.encode()).hexdigest()[:32], 16))
    place.write_bytes(fingerprint.SerializeToString(deterministic=True))


def write(bundle: Bundle, metadata: Mapping[str, str], folder: str | Path) -> None:
    """Write a SavedModel into an empty folder.

    Its signature "serving_default" leads from "micrograph" to "restored",
    both (batch, height, width, 1) float32 in [0, 1] of any size; the loaded
    object itself is called likewise. Equal bundles give equal bytes from
    process to process (as `semclear export` runs); a second export within one
    process differs by the numbers that TensorFlow gives to its functions.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    metadata : mapping of str to str
        Kept in ``assets.extra/semclear.json``.
    folder : str or Path
        Empty; `semclear.files.whole_folder` makes one that appears whole or not at all.

    Raises
    ------
    SemclearError
        When TensorFlow is not installed or Keras runs on another backend.
    """
    what = "--format savedmodel"
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    tf: Any = need("tensorflow", "study", what)
    keras = need("keras", "study", what)
    if keras.backend.backend() != "tensorflow":
        raise SemclearError(
            f"{what}: got Keras on {keras.backend.backend()!r}, expected 'tensorflow'; "
            "start a new process with KERAS_BACKEND=tensorflow"
        )
    network, multiple = bundle.network(), 2**bundle.size.levels

    class Restorer(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="restorer")
            self.variables_of_network = [variable.value for variable in network.variables]

        @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name=INPUT)])
        def __call__(self, micrograph: Any) -> dict[str, Any]:
            shape = tf.shape(micrograph)
            padded = mirrored(mirrored(micrograph, 1, multiple), 2, multiple)
            image = network(padded, training=False)[:, : shape[1], : shape[2]]
            return {OUTPUT: tf.ensure_shape(tf.clip_by_value(image, 0.0, 1.0), (None, None, None, 1))}

    module = Restorer()
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.__call__})
    path = Path(folder) / METADATA
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dict(metadata), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _fix_identity(Path(folder))
