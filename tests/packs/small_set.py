"""A data set of a few random micrographs with truth, enough for a smoke training."""

from pathlib import Path

import numpy as np

from semclear.datasets.draft import draft
from semclear.datasets.record import Record


def write(path: Path, edge: int = 64) -> Path:
    """Write two square micrographs a split, by default of the size of scale `smoke`, and return the manifest's path."""
    rng = np.random.default_rng(1)
    with draft(path, "hybrid", "synthetic") as made:
        for number, split in enumerate(("clear", "degraded", "validation", "test") * 2):
            name = f"{split}-{number}"
            image, truth = rng.random((2, edge, edge))
            files = made.add_image(f"{name}.png", image)
            if split != "clear":
                files |= made.add_truth(f"{name}-truth.png", truth)
            made.records.append(Record(id=name, split=split, source=name, **files))
    return path
