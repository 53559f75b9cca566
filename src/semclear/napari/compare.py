"""Before and after: fading the restored layer, or drawing the original over it like a curtain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from semclear.napari import add_layers

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

FADE, CURTAIN = "fade", "curtain"


def columns_before(width: int, share: float) -> int:
    """Return how many of `width` columns show the original at a share of 0 to 1 after; at least one."""
    return max(1, round(width * (1.0 - share)))


class Comparison:
    """An original and the layer made from it, of which a share is shown.

    Napari cuts planes from volumes alone: in two dimensions the curtain is a
    layer on top that shows the original's columns left of an edge. It is a
    view of the same numbers and takes no memory.

    Parameters
    ----------
    viewer : ViewerModel
        Holds both layers.
    before, after : Image
        `after` may be a part of `before` (a preview).
    columns : (int, int)
        First column of `before` that `after` shows, and the one behind the last.
    """

    def __init__(self, viewer: ViewerModel, before: Image, after: Image, columns: tuple[int, int]) -> None:
        self._viewer, self._before, self._after, self._columns = viewer, before, after, columns
        self._curtain: Image | None = None

    @property
    def alive(self) -> bool:
        """Whether both layers are still in the viewer."""
        return self._before in self._viewer.layers and self._after in self._viewer.layers

    def show(self, mode: str, share: float) -> None:
        """Show a share of the restored layer.

        Parameters
        ----------
        mode : {"fade", "curtain"}
            Opacity of the restored layer, or the part of its columns, from
            the right, that is uncovered.
        share : float
            0 shows the original, 1 the restored layer.
        """
        if not self.alive:
            self.end()
            return
        if mode == FADE:
            self.end()
            self._after.opacity = share
            return
        self._after.opacity = 1.0
        first, last = self._columns
        if share >= 1.0:
            self.end()
            return
        data = self._before.data[0] if self._before.multiscale else self._before.data
        part = data[..., first : first + columns_before(last - first, share)]
        if self._curtain is None or self._curtain not in self._viewer.layers:
            offset = (*np.zeros(self._before.ndim - 1, int).tolist(), first)
            self._curtain = add_layers.add_above(
                self._viewer, self._before, part, add_layers.BEFORE, offset=offset
            )
            here = self._viewer.layers.index(self._curtain)
            self._viewer.layers.move(here, self._viewer.layers.index(self._after) + 1)
        else:
            self._curtain.data = part

    def end(self) -> None:
        """Take the curtain away."""
        add_layers.remove(self._viewer, self._curtain)
        self._curtain = None
