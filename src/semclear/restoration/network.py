"""Restoring with a trained network: whole micrographs, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semclear.datasets import manifest
from semclear.model import bundle as bundles
from semclear.model.apply import apply
from semclear.restoration import restored

Restore = Callable[..., np.ndarray]


def method_of(bundle: bundles.Bundle, network: str = "restorer") -> Restore:
    """Return a network of a bundle as a restoring function.

    Parameters
    ----------
    bundle : Bundle
        A trained model.
    network : str
        "restorer" (the product) or "oracle".

    Returns
    -------
    callable
        ``restore(image, known=None)``: (H, W) float32 in [0, 1] to the same;
        `known` is ignored, as nothing needs to be told to a network.
    """
    keras_model = bundle.network(network)
    multiple = 2**bundle.size.levels

    def restore(image: np.ndarray, known: Mapping[str, Any] | None = None) -> np.ndarray:
        return apply(keras_model, image, multiple)

    return restore


def restore_test_set(name: str, data_path: Path, bundle_path: Path, manifest_path: Path) -> None:
    """Restore the test split with a model and, where there is one, with its oracle selection.

    Parameters
    ----------
    name : str
        Of the trained model.
    data_path : Path
        Manifest of the data set.
    bundle_path : Path
        The trained model.
    manifest_path : Path
        Manifest of the restored micrographs, written with its images.

    Raises
    ------
    SemclearError
        When bundle or data set cannot be read.
    """
    dataset = manifest.load(data_path)
    bundle = bundles.load(bundle_path)
    networks = {bundle.method: "restorer"}
    if bundle.method != "paired" and "oracle" in bundle.networks:
        networks[f"{bundle.method}-oracle"] = "oracle"

    def images() -> Iterator[tuple[str, str, np.ndarray]]:
        for method, network in networks.items():
            restore = method_of(bundle, network)
            for record in dataset.split("test"):
                yield method, record.id, restore(record.image(), record.parameters)

    restored.write(
        manifest_path,
        dataset=dataset.name,
        model=name,
        data_sha256=dataset.digest,
        methods={method: {"parameters": {"network": network}} for method, network in networks.items()},
        images=images(),
    )
