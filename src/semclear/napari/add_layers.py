"""Restored numbers as layers in the place of the one they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import SemclearError
from semclear.napari.reader import KEY
from semclear.napari.restore_layer import Preview, Source

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

MADE_FROM = "made_from"
RESTORED, UNCERTAINTY, PREVIEW, BEFORE = "restored", "uncertainty", "preview", "before"


def source_of(layer: Image, bar: int | None) -> Source:
    """Return a layer as it is restored; of several resolutions the finest.

    Raises
    ------
    SemclearError
        For a picture in colour.
    """
    if layer.rgb:
        raise SemclearError(f"{layer.name}: got a picture in colour, expected gray; split or convert it")
    data = layer.data[0] if layer.multiscale else layer.data
    return Source(layer.name, data, layer.metadata.get(KEY), bar)


def seen_of(viewer: ViewerModel, layer: Image) -> tuple[tuple[int, ...], np.ndarray]:
    """Return the index of the picture that the viewer shows of a layer, and its corners (2, 2) on the canvas.

    Raises
    ------
    SemclearError
        When the viewer shows a volume, or a stack from the side.
    """
    shown = list(viewer.dims.displayed)
    if viewer.dims.ndisplay != 2 or shown != [viewer.dims.ndim - 2, viewer.dims.ndim - 1]:
        raise SemclearError(
            "preview: the viewer does not show rows and columns of the micrograph; switch to 2D and undo the rolling "
            "of axes"
        )
    point = np.asarray(layer.world_to_data(viewer.dims.point))[-layer.ndim :]
    data = layer.data[0] if layer.multiscale else layer.data
    index = tuple(
        int(np.clip(np.round(at), 0, size - 1)) for at, size in zip(point[:-2], data.shape[:-2], strict=True)
    )
    corners = np.asarray(layer.corner_pixels)[:, -2:]
    if layer.multiscale:
        corners = np.round(corners * layer.downsample_factors[layer.data_level][-2:]).astype(int)
    return index, corners


def _place(layer: Image, offset: Sequence[float]) -> dict[str, Any]:
    """Return the arguments that put numbers where the layer has them from `offset` (pixels) on."""
    from napari.utils.transforms import Affine

    linear = Affine(scale=layer.scale, rotate=layer.rotate, shear=layer.shear).linear_matrix
    return {
        "scale": layer.scale,
        "rotate": layer.rotate,
        "shear": layer.shear,
        "affine": layer.affine.affine_matrix,
        "translate": np.asarray(layer.translate) + linear @ np.asarray(offset, float),
        "units": layer.units,
        "axis_labels": layer.axis_labels,
    }


def _looks(layer: Image) -> dict[str, Any]:
    return {
        "contrast_limits": tuple(layer.contrast_limits),
        "gamma": layer.gamma,
        "colormap": layer.colormap,
        "interpolation2d": layer.interpolation2d,
    }


def remove(viewer: ViewerModel, layer: Image | None) -> None:
    """Take a layer out of the viewer if it is still there."""
    if layer is not None and layer in viewer.layers:
        viewer.layers.remove(layer)


def add_above(
    viewer: ViewerModel,
    below: Image,
    data: np.ndarray,
    kind: str,
    *,
    offset: Sequence[float] | None = None,
    metadata: dict[str, Any] | None = None,
    **more: Any,
) -> Image:
    """Add numbers as the layer "NAME kind" right above another, with its scale, units and looks.

    Parameters
    ----------
    viewer : ViewerModel
        Holds both.
    below : Image
        The layer they were made from.
    data : ndarray
        As many axes as the layer.
    kind : str
        Second part of the name.
    offset : sequence of float, optional
        Pixels of the layer at which the numbers begin.
    metadata : dict, optional
        Of the new layer.
    more
        Other arguments of `napari.layers.Image`, before those of `below`.
    """
    from napari.layers import Image

    arguments = {**_place(below, offset or (0,) * below.ndim), **_looks(below), **more}
    layer = Image(data, name=f"{below.name} {kind}", metadata=metadata or {}, **arguments)
    kept = set(viewer.layers.selection)
    viewer.layers.insert(viewer.layers.index(below) + 1, layer)
    viewer.layers.selection = kept  # what a person works on does not change because a result arrives
    return layer


def add_result(
    viewer: ViewerModel, below: Image, data: np.ndarray, kind: str, known: dict[str, Any], **more: Any
) -> Image:
    """Add numbers made from a whole layer, see `add_above`; earlier ones of the kind stay, but are hidden."""
    origin = {MADE_FROM: str(below.unique_id), "kind": kind}
    for layer in viewer.layers:
        if origin.items() <= layer.metadata.get(KEY, {}).items():
            layer.visible = False
    return add_above(viewer, below, data, kind, metadata={KEY: {**origin, **known}}, **more)


def add_preview(viewer: ViewerModel, below: Image, index: tuple[int, ...], made: Preview) -> Image:
    """Add a preview where it belongs: on its picture of a stack alone."""
    data = made.data.reshape((1,) * len(index) + made.data.shape)
    return add_above(
        viewer,
        below,
        data,
        PREVIEW,
        offset=(*index, made.place.y, made.place.x),
        metadata={KEY: {"preview_of": below.name, "exact": made.exact}},
    )
