"""Which options go with volumes, and where their results go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from semclear.errors import SemclearError
from semclear.io.volumes.zarr_folder import SUFFIX, is_volume, need

if TYPE_CHECKING:
    from semclear.tool.restore.request import Request


def own_place(output: Path, sources: Sequence[Path]) -> bool:
    """Return whether an output is the result of the one volume that is restored, and no folder for results."""
    return output.suffix.lower() == SUFFIX and len(sources) == 1 and is_volume(sources[0])


def by_blocks(method: str | None) -> bool:
    """Return whether a method restores planes of any size in bounded memory; so does None, a model."""
    from semclear.restoration.volumes.classical import REACH

    return method is None or method in REACH


def check(request: Request, sources: Sequence[Path]) -> None:
    """Refuse options that do not go with what is restored.

    Parameters
    ----------
    request : Request
        What was asked for.
    sources : sequence of Path
        All inputs.

    Raises
    ------
    SemclearError
        For options that volumes have not, and --cluster with other files.
    """
    volumes = [source for source in sources if is_volume(source)]
    others = len(volumes) < len(sources)
    if (
        request.method is not None
        and request.memory is not None
        and (others or not by_blocks(request.method))
    ):
        raise SemclearError(
            "--memory: got it with --method, which works on the whole picture, expected it with a model, or for "
            "volumes with nlm-rows or percentile-stretch; leave it out"
        )
    if request.cluster is not None and (others or not volumes):
        raise SemclearError(
            "--cluster: got it with files that are no OME-Zarr volumes, expected volumes alone; leave it out, or "
            "restore the others by themselves"
        )
    if request.output.suffix.lower() == SUFFIX and volumes and len(sources) > 1:
        raise SemclearError(
            f"{request.output}: got the name of one volume for {len(sources)} inputs, expected a folder; choose another"
        )
    if not volumes:
        return
    wrong = {
        "--region": request.region is not None,
        "--mask": request.mask is not None,
        "--uncertainty": request.uncertainty,
        "--databar": bool(request.databar),
        "--crop-databar": request.crop_databar,
        "--report": request.report is not None and not others,
    }
    if any(wrong.values()):
        named = ", ".join(name for name, given in wrong.items() if given)
        raise SemclearError(
            f"{named}: got it with the volume {volumes[0]}, expected images; leave it out, or save the planes as TIFF"
        )
    for package in ("zarr", "ome_zarr", "dask.array"):
        need(package)
