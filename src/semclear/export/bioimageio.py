"""The restorer as a BioImage Model Zoo package: model description 0.5 with ONNX weights, in one zip file."""

from __future__ import annotations

import datetime
import logging
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from semclear.errors import SemclearError, one_line
from semclear.export import bioimageio_text, onnx_file
from semclear.export.sample import degraded
from semclear.extras import need
from semclear.files import whole_file
from semclear.models.onnx_restorer import OnnxNetwork
from semclear.networks.bundle import Bundle
from semclear.restoration.tiled.receptive_field import reach_of

EXTRA, WHAT = "bioimageio", "--format bioimageio"
#: Smallest micrograph, and largest "smallest tile" that a package asks of a viewer, in pixels.
SMALLEST, LARGEST = 64, 1024
#: A zip archive's first date: a bundle holds none, and equal bundles are to give equal packages.
EPOCH = (1980, 1, 1, 0, 0, 0)


def sizes_of(bundle: Bundle) -> tuple[int, int, int | None]:
    """Return smallest side, its step, and the halo of tiles, in pixels.

    Without instance normalisation tiles equal the whole micrograph if they
    start at multiples of ``2**levels`` and overlap by the network's reach.
    With it, or where such tiles would be larger than `LARGEST`, there is no
    halo: the micrograph is to be restored whole, at any size.
    """
    multiple = 2**bundle.size.levels
    halo = -(-reach_of(bundle.size, bundle.model) // multiple) * multiple
    smallest = 2 * halo + multiple
    if bundle.model.normalisation == "instance" or smallest > LARGEST:
        return SMALLEST, 1, None
    return smallest, multiple, halo


def write(
    bundle: Bundle,
    metadata: Mapping[str, str],
    path: str | Path,
    difference: float | None = None,
    test: bool = True,
) -> None:
    """Write the package; it appears whole or not at all, and equal bundles give equal bytes.

    It has the ONNX file, a test micrograph with its restoration, a cover
    picture of both, documentation, licence, citation and limits.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    metadata : mapping of str to str
        See `metadata.metadata_of`.
    path : str or Path
        Ends in ``.zip``.
    difference : float or None
        Of the ONNX file to Keras, for the documentation.
    test : bool
        Whether bioimageio.core has to pass it before it appears.

    Raises
    ------
    SemclearError
        When the extra is not installed, or bioimageio.core does not pass the package.
    """
    spec = needs()
    smallest, step, halo = sizes_of(bundle)
    with tempfile.TemporaryDirectory() as name, whole_file(path) as scratch:
        folder = Path(name)
        (folder / "restorer.onnx").write_bytes(onnx_file.content_of(bundle, metadata))
        # Large enough to show something, and of a size that the axes allow.
        side = smallest + max(0, -(-(256 - smallest) // step)) * step
        image = degraded(side, EXTRA)
        restored = OnnxNetwork(folder / "restorer.onnx", threads=1)(image[None])[0]
        for tensor, values in (("input", image), ("output", restored)):
            np.save(folder / f"test_{tensor}.npy", values[None, None])
            _picture(values, folder / f"sample_{tensor}.png")
        # Squares beside one another: the zoo wants an aspect of 2 to 1.
        _picture(np.hstack([image, restored]), folder / "cover.png")
        text = bioimageio_text.documentation_of(bundle, metadata, halo, difference)
        (folder / "README.md").write_text(text, encoding="utf-8")
        with _versions_named():
            described = _description(bundle, metadata, folder, (smallest, step, halo))
            spec.save_bioimageio_package_as_folder(described, output_path=folder / "package")
        _zip(folder / "package", scratch)
        if test:
            _test(scratch)


def needs() -> ModuleType:
    """Return `bioimageio.spec`, silent.

    Raises
    ------
    SemclearError
        When a package of the extra is not installed.
    """
    for package in ("onnx", "onnxruntime", "cv2", "bioimageio.core"):
        need(package, EXTRA, WHAT)
    need("loguru", EXTRA, WHAT).logger.disable("bioimageio")  # what it finds is raised, not logged
    return need("bioimageio.spec", EXTRA, WHAT)


@contextmanager
def _versions_named() -> Iterator[None]:
    """Say which versions are installed when bioimageio.spec refuses: 0.5.12 cannot write under pydantic 2.14."""
    from pydantic import ValidationError

    try:
        yield
    except (TypeError, ValidationError) as error:
        got = ", ".join(f"{name} {version(name)}" for name in ("bioimageio.spec", "pydantic"))
        raise SemclearError(
            f"{WHAT}: {got} cannot write the package ({one_line(error)[:200]}); "
            'install versions that fit: pip install "semclear[bioimageio]"'
        ) from error


def _description(
    bundle: Bundle, metadata: Mapping[str, str], folder: Path, sizes: tuple[int, int, int | None]
) -> Any:
    from bioimageio.spec.model import v0_5 as v

    smallest, step, halo = sizes
    grey = v.IntervalOrRatioDataDescr(type="float32", range=(0.0, 1.0))
    channel = v.ChannelAxis(channel_names=[v.Identifier("grey")])
    size = v.ParameterizedSize(min=smallest, step=step)
    source, result = v.TensorId(onnx_file.INPUT), v.TensorId(onnx_file.OUTPUT)

    def output_axis(axis: str) -> Any:
        reference = v.SizeReference(tensor_id=source, axis_id=v.AxisId(axis))
        if halo is None:
            return v.SpaceOutputAxis(id=v.AxisId(axis), size=reference)
        return v.SpaceOutputAxisWithHalo(id=v.AxisId(axis), size=reference, halo=halo)

    def file(name: str) -> Any:
        return v.FileDescr(source=folder / name)

    own: Any = {"semclear": dict(metadata)}
    return v.ModelDescr(
        name=f"semclear restorer {bundle.method} {metadata['bundle_sha256'][:8]}",
        description=bioimageio_text.description_of(bundle),
        authors=[v.Author(name=author) for author in bioimageio_text.AUTHORS],
        cite=[v.CiteEntry(text=bioimageio_text.PAPER, doi=v.Doi(bioimageio_text.PAPER_DOI))],
        license=v.LicenseId(bioimageio_text.LICENSE),
        version=v.Version(metadata["semclear_version"]),
        timestamp=v.Datetime(datetime.datetime(*EPOCH, tzinfo=datetime.UTC)),
        tags=list(bioimageio_text.TAGS),
        documentation=file("README.md"),
        covers=[file("cover.png")],
        inputs=[
            v.InputTensorDescr(
                id=source,
                description="degraded micrograph: grey over the data type's largest value, not rescaled",
                axes=[
                    v.BatchAxis(),
                    channel,
                    v.SpaceInputAxis(id=v.AxisId("y"), size=size),
                    v.SpaceInputAxis(id=v.AxisId("x"), size=size),
                ],
                data=grey,
                test_tensor=file("test_input.npy"),
                sample_tensor=file("sample_input.png"),
            )
        ],
        outputs=[
            v.OutputTensorDescr(
                id=result,
                description="restored micrograph, on the same grey scale",
                axes=[v.BatchAxis(), channel, output_axis("y"), output_axis("x")],
                data=grey,
                test_tensor=file("test_output.npy"),
                sample_tensor=file("sample_output.png"),
            )
        ],
        weights=v.WeightsDescr(
            onnx=v.OnnxWeightsDescr(source=folder / "restorer.onnx", opset_version=onnx_file.OPSET)
        ),
        config=v.Config(
            bioimageio=v.BioimageioConfig(
                architecture_type="2D U-Net",
                modality="scanning electron microscopy",
                task="image restoration",
                model_parameter_count=int(sum(np.size(w) for w in bundle.networks["restorer"])),
                out_of_scope_use=bioimageio_text.LIMITS[-1],
                bias_risks_limitations=v.BiasRisksLimitations(
                    known_biases=bioimageio_text.LIMITS[1],
                    risks=bioimageio_text.LIMITS[0],
                    limitations=bioimageio_text.LIMITS[2],
                ),
            ),
            **own,
        ),
    )


def _picture(image: np.ndarray, path: Path) -> None:
    import cv2

    _, content = cv2.imencode(".png", np.round(255 * image).astype(np.uint8))
    path.write_bytes(content.tobytes())


def _zip(folder: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(file.name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())


def _test(path: Path) -> None:
    from bioimageio.core import test_model

    logging.getLogger("httpx").setLevel(logging.WARNING)
    summary = test_model(path)
    if summary.status != "passed":
        errors = [f"{detail.name}: {error.msg}" for detail in summary.details for error in detail.errors]
        text = " ".join("; ".join(errors).split())
        raise SemclearError(
            f"{WHAT}: bioimageio.core does not pass the package ({text}); nothing was written. "
            "Install the versions of bioimageio.core and onnxruntime that the extra `bioimageio` names"
        )
