"""Micrographs as napari's layers, with pixel size, data bar and what the microscope wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import ColourError

if TYPE_CHECKING:
    from semclear.io.read import Original

LayerData = tuple[np.ndarray, dict[str, Any], str]

KEY = "semclear"
"""Where `Layer.metadata` holds what is known of a micrograph."""


def layer_of(original: Original) -> LayerData:
    """Return a file as an image layer.

    Parameters
    ----------
    original : Original
        What `semclear.io.read.read` returned.

    Returns
    -------
    tuple
        (H, W), or (pages, H, W) for several pages, in the file's type and
        values; arguments of `napari.layers.Image`: name, scale and units (nm
        where the pixel size is known, else pixels), contrast limits (the
        range that restoring takes for black and white), and under
        ``metadata["semclear"]`` what `description.described` says, with
        ``path``, ``notes``, and page by page ``databar_rows`` and ``boxes``
        (x, y, width, height of the picture), and the accounts of ``earlier``
        restorations; and "image".
    """
    from semclear.io.metadata import provenance
    from semclear.tool.micrograph import description
    from semclear.tool.verdict import cautions

    pages = original.pages
    data = pages[0].values if len(pages) == 1 else np.stack([page.values for page in pages])
    described = description.described(original)
    history = [caution.text for caution in cautions.of_history(described["restored_before"])]
    known = {
        **described,
        "path": str(original.path),
        "earlier": provenance.chain(original.account),
        "notes": [*history, *original.notes],
        "databar_rows": [int(page.databar_rows) for page in pages],
        "boxes": [[page.box.x, page.box.y, page.box.width, page.box.height] for page in pages],
    }
    arguments: dict[str, Any] = {
        "name": original.path.stem,
        "contrast_limits": (original.low, original.high),
        "metadata": {KEY: known},
    }
    if original.pixel_size_nm is not None:
        height = original.pixel_height_nm or original.pixel_size_nm
        arguments["scale"] = (1.0,) * (data.ndim - 2) + (height, original.pixel_size_nm)
        arguments["units"] = ("pixel",) * (data.ndim - 2) + ("nm", "nm")
    return data, arguments, "image"


def read(path: str) -> list[LayerData]:
    """Return the layer of a file.

    Raises
    ------
    SemclearError
        When it is damaged, in colour, or else no micrograph; says what else to open it with.
    """
    from semclear.io import read

    try:
        return [layer_of(read.read(path))]
    except ColourError as error:
        raise ColourError(
            path, "got a picture in colour, expected gray; open it with napari's own reader, or convert it"
        ) from error


def get_reader(path: str | list[str]) -> Callable[[str], list[LayerData]] | None:
    """Return `read` for a file whose first bytes are those of a format that is known here; else None.

    None lets napari ask its other readers: for a list of files, folders and
    whatever is no image that is known here.
    """
    from semclear.io.formats import containers

    if not isinstance(path, (str, Path)) or not Path(path).is_file():
        return None
    try:
        with Path(path).open("rb") as stream:
            return None if containers.kind_of(stream.read(containers.FIRST_BYTES)) is None else read
    except OSError:
        return None
