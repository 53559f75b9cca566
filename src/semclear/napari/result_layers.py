"""What was restored, as layers of the viewer beside what it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError
from semclear.napari import add_layers, notices
from semclear.napari.compare import Comparison
from semclear.napari.reader import KEY

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

    from semclear.napari.model_choice import Loaded
    from semclear.napari.restore_layer import Preview, Restored


class Results:
    """Adds restored layers, of which the last one is compared with its original.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.

    Attributes
    ----------
    comparison : Comparison or None
        Of the last result with its original.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._preview: Image | None = None
        self.comparison: Comparison | None = None

    def add_preview(self, layer: Image, index: tuple[int, ...], made: Preview, loaded: Loaded) -> str:
        """Put a preview in the place of the last one, and return what is to be told.

        Raises
        ------
        SemclearError
            When the layer is not there any more.
        """
        self._begin(layer)
        place = made.place
        self._preview = add_layers.add_preview(self._viewer, layer, index, made)
        self._compare(layer, self._preview, (place.x, place.x + place.width))
        return notices.of_preview(made, loaded.engine)

    def add_restored(self, layer: Image, made: Restored, loaded: Loaded, uncertainty: bool) -> str:
        """Add a restored layer and, if wanted, its uncertainty (hidden); return what is to be told.

        Raises
        ------
        SemclearError
            When the layer is not there any more.
        """
        self._begin(layer)
        known = layer.metadata.get(KEY)
        if made.uncertainty is not None and uncertainty:
            looks: dict[str, Any] = {
                "visible": False,
                "contrast_limits": (0.0, float(made.uncertainty.max()) or 1.0),
                "colormap": "magma",
                "gamma": 1.0,
            }
            add_layers.add_result(self._viewer, layer, made.uncertainty, add_layers.UNCERTAINTY, {}, **looks)
        account = {"account": notices.account_of(made.judged, loaded.engine, known)}
        after = add_layers.add_result(self._viewer, layer, made.data, add_layers.RESTORED, account)
        self._compare(layer, after, (0, made.data.shape[-1]))
        notes = (*(known or {}).get("notes", ()), *made.notes)
        return notices.of_restored(made.judged, loaded.engine, notes)

    def _begin(self, layer: Image) -> None:
        if layer not in self._viewer.layers:
            raise SemclearError(f"{layer.name}: the layer was removed while it was restored; add it again")
        if self.comparison is not None:
            self.comparison.end()
        self.comparison = None
        add_layers.remove(self._viewer, self._preview)
        self._preview = None

    def _compare(self, before: Image, after: Image, columns: tuple[int, int]) -> None:
        self.comparison = Comparison(self._viewer, before, after, columns)
