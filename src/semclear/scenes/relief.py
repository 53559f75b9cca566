"""A height map into which objects are set one after another; the highest is seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


class Relief:
    """Height, label and brightness of what an observer from above sees.

    Parameters
    ----------
    height : ndarray of float32, shape (H, W)
        The ground, in pixels.

    Attributes
    ----------
    height : ndarray of float32, shape (H, W)
        In pixels, upwards.
    labels : ndarray of int32, shape (H, W)
        0 where the ground is seen.
    """

    def __init__(self, height: np.ndarray) -> None:
        self.height = np.array(height, dtype=np.float32)
        self.labels = np.zeros(height.shape, dtype=np.int32)

    def _window(self, x: float, y: float, reach: float) -> tuple[slice, slice] | None:
        rows, columns = self.height.shape
        top, bottom = max(0, int(np.floor(y - reach))), min(rows, int(np.ceil(y + reach)) + 1)
        left, right = max(0, int(np.floor(x - reach))), min(columns, int(np.ceil(x + reach)) + 1)
        return (slice(top, bottom), slice(left, right)) if top < bottom and left < right else None

    def _set(self, window: tuple[slice, slice], height: np.ndarray, label: int) -> None:
        seen = height > self.height[window]
        self.height[window][seen] = height[seen]
        self.labels[window][seen] = label

    def sphere(self, x: float, y: float, z: float, radius: float, label: int) -> None:
        """Set a sphere with centre (x, y, z): height z + sqrt(r^2 - d^2)."""
        window = self._window(x, y, radius)
        if window is None:
            return
        rows = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] - np.float32(y)
        columns = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None, :] - np.float32(x)
        rest = np.float32(radius**2) - rows**2 - columns**2
        self._set(window, np.where(rest > 0, z + np.sqrt(np.maximum(rest, 0)), -np.inf), label)

    def polyhedron(
        self, x: float, y: float, normals: np.ndarray, offsets: np.ndarray, sink: float, label: int
    ) -> float:
        """Set a convex polyhedron down onto what lies below it.

        Parameters
        ----------
        x, y : float
            Its centre.
        normals, offsets : ndarray, shapes (F, 3) and (F,)
            The body is all points p about the centre with ``normals @ p <= offsets``.
        sink : float
            Share in [0, 1]: quantile of the heights below it on which it comes to rest; 1 touches.
        label : int
            Its label.

        Returns
        -------
        float
            Area of its whole silhouette in square pixels, the part outside the image included.
        """
        reach = float(np.abs(offsets).max() * 2.2)
        rows = np.arange(np.floor(y - reach), np.ceil(y + reach) + 1, dtype=np.float32)
        columns = np.arange(np.floor(x - reach), np.ceil(x + reach) + 1, dtype=np.float32)
        upper = np.full((rows.size, columns.size), np.inf, dtype=np.float32)
        lower = -upper
        for (nx, ny, nz), offset in zip(normals.astype(np.float32), offsets.astype(np.float32), strict=True):
            nz = nz if abs(nz) > 1e-3 else np.float32(1e-3)
            plane = (
                offset - nx * (columns[None, :] - np.float32(x)) - ny * (rows[:, None] - np.float32(y))
            ) / nz
            if nz > 0:
                np.minimum(upper, plane, out=upper)
            else:
                np.maximum(lower, plane, out=lower)
        inside = upper > lower
        area = float(inside.sum())
        window = self._window(x, y, reach)
        if window is None or not area:
            return area
        part = (
            slice(window[0].start - int(rows[0]), window[0].stop - int(rows[0])),
            slice(window[1].start - int(columns[0]), window[1].stop - int(columns[0])),
        )
        upper, lower, inside = upper[part], lower[part], inside[part]
        if inside.any():
            rest = float(np.quantile((self.height[window] - lower)[inside], sink))
            self._set(window, np.where(inside, upper + rest, -np.inf), label)
        return area

    def strip(
        self,
        axis: np.ndarray,
        z: np.ndarray,
        radius: np.ndarray,
        profile: Callable[[np.ndarray], np.ndarray],
        label: int,
    ) -> None:
        """Set a long body along a curve.

        Parameters
        ----------
        axis : ndarray, shape (N, 2)
            Points (x, y) of the curve, about one pixel or less apart.
        z, radius : ndarray, shape (N,)
            Height and half thickness at these points, pixels.
        profile : callable
            Relative height of the surface at the relative distance -1 to 1 from the axis.
        label : int
            Its label.
        """
        tangent = np.gradient(axis, axis=0)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
        reach = radius.max()
        near = ((axis > -reach) & (axis < np.array(self.height.shape[::-1]) + reach)).all(axis=1)
        axis, z, radius, normal = axis[near], z[near], radius[near], normal[near]
        if not len(axis):
            return
        across = np.arange(-np.ceil(radius.max()), np.ceil(radius.max()) + 0.5, 0.6)
        points = axis[:, None, :] + across[None, :, None] * normal[:, None, :]
        column, row = np.rint(points[..., 0]).astype(int), np.rint(points[..., 1]).astype(int)
        rows, columns = self.height.shape
        # The pixel's own distance from the axis, not the sample's: no jagged flanks.
        distance = (column - axis[:, None, 0]) * normal[:, None, 0] + (row - axis[:, None, 1]) * normal[
            :, None, 1
        ]
        relative = distance / radius[:, None]
        valid = (np.abs(relative) < 1) & (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        surface = (z[:, None] + radius[:, None] * profile(np.clip(relative, -1, 1)))[valid].astype(np.float32)
        index = row[valid] * columns + column[valid]
        seen = surface > self.height.ravel()[index]
        self.height.ravel()[index[seen]] = surface[seen]
        self.labels.ravel()[index[seen]] = label
