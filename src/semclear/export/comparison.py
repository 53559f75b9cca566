"""Whether an exported network computes what Keras computes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semclear.errors import SemclearError
from semclear.networks.bundle import Bundle
from semclear.seeds import generator

#: Largest difference in grey that an export may have: a fortieth of one of 255 levels.
TOLERANCE = 1e-4


def pictures(multiple: int) -> list[np.ndarray]:
    """Return two pictures in [0, 1] that look like nothing but use every weight: one small, one of several fields.

    Parameters
    ----------
    multiple : int
        Of pixels, that the network's sides are multiples of; neither picture has such sides.

    Returns
    -------
    list of ndarray, (H, W), float32
        Random fields of 8 pixels, with noise.
    """
    made = []
    for height, width in ((multiple - 1, 5), (2 * multiple + 1, multiple + multiple // 2 + 1)):
        rng = generator(0, "export check", height, width)
        fields = rng.random((-(-height // 8), -(-width // 8))).repeat(8, axis=0).repeat(8, axis=1)
        noise = 0.02 * rng.standard_normal((height, width))
        made.append(np.clip(fields[:height, :width] + noise, 0.0, 1.0).astype(np.float32))
    return made


def difference(run: Callable[[np.ndarray], np.ndarray], bundle: Bundle) -> float | None:
    """Return the largest difference in grey between an export and the bundle's Keras network.

    Parameters
    ----------
    run : callable
        The export: (B, H, W) float32 in [0, 1] to the same.
    bundle : Bundle
        What was exported.

    Returns
    -------
    float or None
        Over `pictures`; None where no backend of Keras is installed.
    """
    try:
        from semclear.networks.apply import apply

        network = bundle.network()
    except ImportError:
        return None
    multiple = 2**bundle.size.levels
    found = [
        np.abs(run(image[None])[0] - apply(network, image, multiple)).max() for image in pictures(multiple)
    ]
    return float(np.max(found))  # unlike Python's, NumPy's maximum keeps a NaN


def checked(run: Callable[[np.ndarray], np.ndarray], bundle: Bundle) -> float | None:
    """Return `difference`.

    Raises
    ------
    SemclearError
        When it is larger than `TOLERANCE`, or not a number.
    """
    found = difference(run, bundle)
    if found is not None and not found < TOLERANCE:
        raise SemclearError(
            f"export: differs from the Keras network by {found:.2g} grey, expected less than {TOLERANCE:g}; nothing "
            "was written. The weights are extreme (not finite, or of a training that diverged): train again"
        )
    return found
