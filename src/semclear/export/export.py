"""One export, whatever the format: checked before anything heavy is imported, compared with Keras after."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import SemclearError
from semclear.files import whole_file, whole_folder
from semclear.models import release as releases
from semclear.networks import bundle as bundles

#: What a file of each format is called after the bundle's name.
ENDINGS = {"onnx": ".onnx", "savedmodel": ".savedmodel", "bioimageio": ".bioimageio.zip"}
FORMATS = tuple(ENDINGS)


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes
    ----------
    path : Path
    format : str
    size : int
        Of the file, or of the folder's files together, in bytes.
    difference : float or None
        Largest difference to the Keras network in grey; None where it was not compared.
    metadata : dict
        See `metadata.metadata_of`.
    """

    path: Path
    format: str
    size: int
    difference: float | None
    metadata: dict[str, str]


def export(
    path: str | Path,
    format: str,
    output: str | Path | None = None,
    *,
    overwrite: bool = False,
    check: bool = True,
) -> Export:
    """Export a bundle's restorer.

    Parameters
    ----------
    path : str or Path
        The bundle.
    format : {"onnx", "savedmodel", "bioimageio"}
        An ONNX file, a TensorFlow SavedModel (a folder), or a BioImage Model Zoo package (zip).
    output : str or Path, optional
        What to write; by default the bundle's name with the format's ending, in the current folder.
    overwrite : bool
        Whether it may replace what stands there.
    check : bool
        Whether to compare it with Keras before it appears, and to have a package tested by bioimageio.core.

    Returns
    -------
    Export

    Raises
    ------
    SemclearError
        When the format is unknown, the output exists or has another ending,
        the bundle is missing or damaged, an extra is not installed, the
        export differs from Keras by 1e-4 or more, or the disk refuses the write.
    """
    if format not in ENDINGS:
        raise SemclearError(f"--format: got {format!r}, expected one of {', '.join(FORMATS)}")
    output = Path(output) if output is not None else Path(Path(path).stem + ENDINGS[format])
    check_output(Path(path), output, format, overwrite)
    bundle = releases.read(path).bundle
    from semclear.export import metadata as provenance

    metadata = provenance.metadata_of(bundle, path)
    # Of use to `semclear restore` alone, and long: not for the tables of other formats.
    inside = metadata | provenance.release_of(bundle, path) if format == "onnx" else metadata
    difference = _WRITERS[format](bundle, inside, output, check)
    files = [output] if output.is_file() else [file for file in output.rglob("*") if file.is_file()]
    return Export(output, format, sum(file.stat().st_size for file in files), difference, metadata)


def check_output(bundle: Path, output: Path, format: str, overwrite: bool) -> None:
    """Refuse an output that exists, is the bundle, or has an ending by which other programs would not know it.

    A folder is replaced only if it is a SavedModel: `--overwrite` must not cost a person anything else.

    Raises
    ------
    SemclearError
    """
    ending = Path(f"model{ENDINGS[format]}").suffix
    if format != "savedmodel" and output.suffix != ending:
        raise SemclearError(f"{output}: got the ending {output.suffix!r}, expected {ending!r} for {format}")
    if output.exists() and bundle.exists() and output.samefile(bundle):
        raise SemclearError(f"{output}: is the bundle itself; choose another output with -o")
    if not output.exists():
        return
    if not overwrite:
        raise SemclearError(
            f"{output}: exists already; say --overwrite to replace it, or choose another with -o"
        )
    fitting = (output / "saved_model.pb").is_file() if format == "savedmodel" else output.is_file()
    if not fitting:
        kind = "a SavedModel" if format == "savedmodel" else "a file"
        raise SemclearError(
            f"{output}: exists and is not {kind}, so it is not replaced; choose another with -o"
        )


def _onnx(bundle: bundles.Bundle, metadata: dict[str, str], output: Path, check: bool) -> float | None:
    from semclear.export import onnx_file

    content = onnx_file.content_of(bundle, metadata)
    with whole_file(output) as scratch:
        scratch.write_bytes(content)
        return _compared(scratch, bundle) if check else None


def _package(bundle: bundles.Bundle, metadata: dict[str, str], output: Path, check: bool) -> float | None:
    from semclear.export import bioimageio, onnx_file

    difference = None
    if check:
        bioimageio.needs()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "restorer.onnx"
            path.write_bytes(onnx_file.content_of(bundle, metadata))
            difference = _compared(path, bundle)
    bioimageio.write(bundle, metadata, output, difference, test=check)
    return difference


def _compared(path: Path, bundle: bundles.Bundle) -> float | None:
    from semclear.export import comparison
    from semclear.models.onnx_restorer import OnnxNetwork

    return comparison.checked(OnnxNetwork(path), bundle)


def _saved_model(bundle: bundles.Bundle, metadata: dict[str, str], output: Path, check: bool) -> float | None:
    from semclear.export import comparison, saved_model

    with whole_folder(output) as scratch:
        saved_model.write(bundle, metadata, scratch)
        if not check:
            return None
        import tensorflow as tf

        loaded: Any = tf.saved_model.load(str(scratch))
        return comparison.checked(
            lambda images: np.asarray(loaded(images[..., None])[saved_model.OUTPUT])[..., 0], bundle
        )


_WRITERS = {"onnx": _onnx, "savedmodel": _saved_model, "bioimageio": _package}
