"""The words of a BioImage Model Zoo package."""

from __future__ import annotations

from collections.abc import Mapping

from semclear.networks.bundle import Bundle

#: As in pyproject.toml.
AUTHORS, LICENSE = ("The semclear authors",), "MIT"
PAPER_DOI = "10.1038/s41598-024-57056-4"
PAPER = (
    "Gao, Huang, Tang, Di, Zhong and Zhang, Enhancing scanning electron microscopy imaging quality of weakly "
    "conductive samples through unsupervised learning, Scientific Reports 14, 6439 (2024)"
)
TAGS = (
    "electron-microscopy",
    "scanning-electron-microscopy",
    "2d",
    "image-restoration",
    "onnx",
    "unet",
    "cyclegan",
    "materials",
)
LIMITS = (
    "Restored details may be invented: no measure made on the micrograph alone can tell.",
    "It was trained on one kind of degradation; micrographs degraded in another way, already sharp ones, and "
    "specimens unlike those of the training may come back worse than they were.",
    "Data bars and scale bars must be cut off first.",
    "Grey levels are not preserved: do not measure composition or potential on a restored micrograph.",
)
_BLOCKS = {"multi-block": "multi-scale", "residual": "residual"}
_TRAININGS = {
    "cyclegan": "without pairs, as one generator of a CycleGAN",
    "cyclegan-physics": "without pairs, as the generator of a CycleGAN whose other half is the formula of blur, veil "
    "and noise",
    "instrument": "without pairs of micrographs, on clear ones and what the formula of an instrument makes of them",
    "paired": "with pairs of degraded and clear micrographs",
}


def description_of(bundle: Bundle) -> str:
    """Return two sentences on the model, at most 512 characters."""
    return (
        "Restores scanning electron micrographs degraded by blur, contamination veil and noise. A U-Net of "
        f"{bundle.size.levels} levels with {_BLOCKS[bundle.model.architecture]} blocks, trained "
        f"{_TRAININGS[bundle.method]} (semclear, after Gao et al. 2024). Restored details may be invented."
    )


def documentation_of(
    bundle: Bundle, metadata: Mapping[str, str], halo: int | None, difference: float | None
) -> str:
    """Return the package's README in Markdown.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    metadata : mapping of str to str
        See `metadata.metadata_of`.
    halo : int or None
        Overlap of tiles in pixels; None where the model needs the whole micrograph.
    difference : float or None
        Largest difference to Keras, in grey, where it was measured.
    """
    tiles = (
        f"In tiles: overlap them by a halo of {halo} pixels and start them at multiples of {2**bundle.size.levels} "
        "pixels, as the tensor axes of this package say; away from the micrograph's border, tiles then equal the "
        "whole."
        if halo is not None
        else "Whole micrographs only: a tile's restoration depends on what else is in the tile"
        + (" (instance normalisation)." if bundle.model.normalisation == "instance" else ".")
    )
    measured = (
        "It was not compared with the Keras network when this package was made."
        if difference is None
        else f"When this package was made, its ONNX file and the Keras network differed by at most {difference:.1e} "
        "grey on two pictures of odd sizes."
    )
    rows = "\n".join(f"| {name} | `{value}` |" for name, value in sorted(metadata.items()))
    limits = "\n".join(f"- {limit}" for limit in LIMITS)
    return f"""# semclear restorer ({bundle.method})

{description_of(bundle)}

## Input and output

Tensor `micrograph`: (batch, channel, y, x), float32, one channel, {metadata["normalisation"]}: \
divide an 8-bit micrograph
by 255 and a 16-bit one by 65535. Do not rescale to minimum and maximum or to percentiles: a veil shows in the grey \
level.
Tensor `restored`: the same shape, in [0, 1]. The ONNX file takes any size: it extends the sides by reflection to \
multiples
of {2**bundle.size.levels} pixels and cuts them back by itself.

{tiles}

## Limits

{limits}

## Training data

SHA-256 of the manifest that lists every training micrograph by its own hash: `{bundle.data_sha256}`.

## Validation

The test micrograph of this package is synthetic and degraded by blur, veil and noise. {measured} Scores of the model
stand in the tables of the study that trained it, not here. To validate it on your own micrographs, restore some whose
true structure is known from a sharper recording, and compare objects and edges, not looks.

## Origin

| | |
|---|---|
{rows}

Method after {PAPER}, https://doi.org/{PAPER_DOI}. Licence: {LICENSE}.
"""
