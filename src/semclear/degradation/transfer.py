"""The transfer function of an SEM's probe: Gaussian core, defocus, astigmatism and skirt in one formula.

``H(f) = exp(-2 pi^2 (a^2 f_u^2 + b^2 f_v^2)) * 2 J1(2 pi R f) / (2 pi R f) * (1 - w + w (1 + (2 pi l f)^2)^(-3/2))``:
a Gaussian of standard deviations a and b along and across a direction [1]_,
a disc of radius R [2]_, and a share w of the beam that is scattered into an
exponential skirt ``exp(-r / l) / (2 pi l^2)`` by gas, film or specimen [3]_.
A convolution with several of them is the product of their transforms.

Outside the image its mirror image is taken. That is what a cosine transform
is made of, so that blur is a product there. A point spread function that is
turned by an angle mixes cosines with sines:
``cos a cos b -> E cos a cos b - O sin a sin b`` with E and O the even and odd
part of H under a change of one frequency's sign.

References
----------
.. [1] Erasmus, Smith, "An automatic focusing and astigmatism correction system for the SEM and CTEM",
   Journal of Microscopy 127 (1982), doi:10.1111/j.1365-2818.1982.tb00412.x (elongated probe)
.. [2] Banham, Katsaggelos, "Digital image restoration", IEEE Signal Processing Magazine 14 (1997),
   doi:10.1109/79.581363 (uniform disc)
.. [3] Danilatos, "Foundations of environmental scanning electron microscopy", Advances in Electronics and Electron
   Physics 71 (1988), doi:10.1016/S0065-2539(08)60902-6 (skirt)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import dctn, idctn, idstn
from scipy.special import j1


@dataclass(frozen=True)
class Probe:
    """The point spread function of one picture, lengths in pixels.

    Attributes
    ----------
    along, across : float
        Standard deviations a and b of the Gaussian, >= 0.
    angle : float
        Direction of a in radians, from the columns' direction (right) towards the rows' (down).
    radius : float
        R of the disc, >= 0.
    skirt : float
        w, share of the beam in the skirt, in [0, 1].
    skirt_length : float
        Its decay length l, >= 0.
    """

    along: float = 0.0
    across: float = 0.0
    angle: float = 0.0
    radius: float = 0.0
    skirt: float = 0.0
    skirt_length: float = 0.0

    @property
    def equivalent_sigma(self) -> float:
        """Standard deviation of the Gaussian that has the same variance, mean of both axes: the disc's is R^2 / 4, the
        skirt's 3 l^2.
        """
        core = (self.along**2 + self.across**2) / 2 + self.radius**2 / 4
        return float(np.sqrt(core + 3.0 * self.skirt * self.skirt_length**2))


def widened(probe: Probe, along_rows: float) -> Probe:
    """Return the probe blurred further by a Gaussian along rows, as a detector of limited bandwidth records it.

    The covariances of Gaussians add: the result is a Gaussian with other axes.

    Parameters
    ----------
    probe : Probe
        Its disc and its skirt stay.
    along_rows : float
        Standard deviation in pixels, >= 0.

    Returns
    -------
    Probe
    """
    direction = np.array(
        [[np.cos(probe.angle), np.sin(probe.angle)], [-np.sin(probe.angle), np.cos(probe.angle)]]
    )
    covariance = direction.T @ np.diag([probe.along**2, probe.across**2]) @ direction
    covariance[0, 0] += along_rows**2
    variances, axes = np.linalg.eigh(covariance)
    across, along = np.sqrt(np.maximum(variances, 0.0))
    angle = np.arctan2(axes[1, 1], axes[0, 1]) % np.pi
    return replace(probe, along=float(along), across=float(across), angle=float(angle))


def transfer(probe: Probe, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return H at frequencies along rows and columns.

    Parameters
    ----------
    probe : Probe
        The point spread function.
    down, right : ndarray, float
        Cycles a pixel, shapes that broadcast.

    Returns
    -------
    ndarray, float64
        1 at frequency 0, in [-0.14, 1].
    """
    return _core(probe, down, right) * _round(probe, down**2 + right**2)


def _core(probe: Probe, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the Gaussian's part."""
    u = np.cos(probe.angle) * right + np.sin(probe.angle) * down
    v = np.cos(probe.angle) * down - np.sin(probe.angle) * right
    return np.exp(-2.0 * np.pi**2 * ((probe.along * u) ** 2 + (probe.across * v) ** 2))


def _round(probe: Probe, squared: np.ndarray) -> np.ndarray:
    """Return the part of disc and skirt, which have no direction, at squared frequencies."""
    response = np.ones_like(squared)
    if probe.radius > 0:
        x = np.maximum(2.0 * np.pi * probe.radius * np.sqrt(squared), 1e-6)
        response = 2.0 * j1(x) / x
    if probe.skirt > 0:
        wider = 1.0 + (2.0 * np.pi * probe.skirt_length) ** 2 * squared
        response = response * (1.0 - probe.skirt + probe.skirt / (wider * np.sqrt(wider)))
    return response


def spread(image: np.ndarray, probe: Probe) -> np.ndarray:
    """Return the image as the probe sees it, ``k * x``, mirrored outside (edge pixel repeated).

    Parameters
    ----------
    image : ndarray, (H, W), float
        Any range.
    probe : Probe
        The point spread function. Detail beyond half a cycle a pixel does not exist: a narrow disc alone overshoots
        at an edge by less than a per cent of its height.

    Returns
    -------
    ndarray, (H, W), float64
        A constant stays. So does the mean, unless an astigmatic probe is turned: its mirror image is another.
    """
    image = np.asarray(image, np.float64)
    if probe.equivalent_sigma == 0:
        return image.copy()
    # Single precision: greys are known to a 255th, and the transforms take half the time.
    down, right = (np.arange(side, dtype=np.float32) / np.float32(2 * side) for side in image.shape)
    down, right = down[:, None], right[None, :]
    spectrum = dctn(image.astype(np.float32), norm="ortho") * _round(probe, down**2 + right**2)
    plus = _core(probe, down, right)
    if probe.along == probe.across or np.sin(2.0 * probe.angle) == 0.0:
        return idctn(plus * spectrum, norm="ortho").astype(np.float64)
    minus = _core(probe, down, -right)
    # Sine k stands at place k - 1; cosine 0 has no sine beside it.
    turned = np.zeros_like(spectrum)
    turned[:-1, :-1] = ((plus - minus) / 2 * spectrum)[1:, 1:]
    even = idctn((plus + minus) / 2 * spectrum, norm="ortho")
    return (even - idstn(turned, norm="ortho")).astype(np.float64)
