"""How far a generator looks: the pixels of the micrograph that one restored pixel depends on."""

from __future__ import annotations

from semclear import params

#: Pixels to each side that a multi-block sees: two 3 x 3 convolutions, one after the other.
MULTIBLOCK = 2

#: The same of a level's residual blocks: two, of two 3 x 3 convolutions each.
BLOCKS = 4

Interval = tuple[int, int]


def _joined(first: Interval, second: Interval) -> Interval:
    return min(first[0], second[0]), max(first[1], second[1])


def _before_multiblock(seen: Interval) -> Interval:
    return seen[0] - MULTIBLOCK, seen[1] + MULTIBLOCK


def _before_convolution(seen: Interval) -> Interval:
    """Return what a 4 x 4 convolution of stride 2 reads: of output i, the inputs 2 i - 1 to 2 i + 2."""
    return 2 * seen[0] - 1, 2 * seen[1] + 2


def _before_deconvolution(seen: Interval) -> Interval:
    """Return what a 4 x 4 deconvolution of stride 2 reads: every input i with 2 i - 1 <= output <= 2 i + 2."""
    return (seen[0] - 1) // 2, (seen[1] + 1) // 2


def field_of(pixel: int, levels: int, extremes: bool) -> Interval:
    """Return the first and last pixel along one axis that a restored pixel depends on.

    Followed backward through the U-Net of `semclear.networks.generator`, without
    normalisation, on an endless micrograph. Both axes are alike.

    Parameters
    ----------
    pixel : int
        Of the output. The field is not centred on it, and repeats with the
        period of the strided grid, ``2**levels``.
    levels : int
        Convolutions and deconvolutions.
    extremes : bool
        Whether inner levels see local extremes.

    Returns
    -------
    first, last : int
    """
    seen, skips = (pixel, pixel), {}
    for level in range(1, levels + 1):
        seen = _before_deconvolution(seen)
        if level < levels:
            seen = skips[level] = _before_multiblock(seen)
    fields = (pixel, pixel)
    for level in range(levels, 0, -1):
        if level < levels:
            seen = _before_multiblock(_joined(seen, skips[level]))
            if extremes and level > 1:
                # Pooled over fields of 2**level pixels, on that grid.
                fields = _joined(fields, (seen[0] << level, ((seen[1] + 1) << level) - 1))
        seen = _before_convolution(seen)
    return _joined(fields, seen)


def residual_field_of(pixel: int, levels: int) -> Interval:
    """Return the first and last pixel that one restored by `semclear.networks.residual` depends on, as `field_of`.

    Parameters
    ----------
    pixel, levels : int
        As of `field_of`.

    Returns
    -------
    first, last : int
    """
    seen, skips = _before_deconvolution((pixel, pixel)), {}
    for level in range(1, levels):
        seen = skips[level] = _before_blocks(seen)
        # A 2 x 2 deconvolution of stride 2 reads one input.
        seen = seen[0] // 2, seen[1] // 2
    for level in range(levels, 0, -1):
        if level < levels:
            # A 2 x 2 convolution of stride 2 reads two.
            seen = _joined((2 * seen[0], 2 * seen[1] + 1), skips[level])
        seen = _before_blocks(seen)
    return _joined((pixel, pixel), _before_convolution(seen))


def _before_blocks(seen: Interval) -> Interval:
    return seen[0] - BLOCKS, seen[1] + BLOCKS


def reach_of(size: params.ModelScale, model: params.Model) -> int:
    """Return the largest distance in pixels, along an axis, between a restored pixel and one that it depends on.

    Parameters
    ----------
    size, model
        As of `radius_of`; without normalisation.
    """
    if model.architecture == "residual":
        fields = {pixel: residual_field_of(pixel, size.levels) for pixel in range(2**size.levels)}
    else:
        extremes = model.local_extremes
        fields = {pixel: field_of(pixel, size.levels, extremes) for pixel in range(2**size.levels)}
    return max(max(pixel - first, last - pixel) for pixel, (first, last) in fields.items())


def radius_of(size: params.ModelScale, model: params.Model) -> int | None:
    """Return the receptive radius of a generator.

    Parameters
    ----------
    size : params.ModelScale
        Its levels.
    model : params.Model
        Its architecture and normalisation, and whether it sees local extremes.

    Returns
    -------
    int or None
        In pixels, see `reach_of`. None with instance normalisation, whose
        statistics are of the whole micrograph: there every restored pixel
        depends on every pixel.

    References
    ----------
    Araujo, Norris & Sim, Distill 2019, doi:10.23915/distill.00021.
    """
    if model.normalisation == "instance" and model.architecture != "residual":
        return None
    return reach_of(size, model)
