"""Train from a pack where nothing but the extra `jax` can be imported.

Run as: lone_training.py PACK PARAMS FOLDER METHOD PRECISION.
"""

import sys

BLOCKED = {"tensorflow", "mlflow", "dvc", "snakemake", "cv2", "pandas", "skimage", "tifffile", "matplotlib"}


class Blocker:
    """Finds no module of a blocked package, as where it is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocker)

from semclear.cli import main  # noqa: E402

pack, params, folder, method, precision = sys.argv[1:]
sys.argv = [
    "semclear",
    "train",
    pack,
    "--params",
    params,
    "-o",
    folder,
    "--scale",
    "smoke",
    "--method",
    method,
    "--precision",
    precision,
]
sys.argv += [
    "--backend",
    "jax",
    "-S",
    "scales.smoke.model.levels=2",
    "-S",
    "scales.smoke.train.steps_per_epoch=2",
]
main.main()
