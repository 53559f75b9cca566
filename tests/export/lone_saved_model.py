"""Run a SavedModel where semclear cannot be imported. Run as: lone_saved_model.py FOLDER IMAGES.npz RESULT.npz."""

import sys


class Blocker:
    """Finds no module of semclear, as where it is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "semclear":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocker)

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

folder, images, result = sys.argv[1:]
model = tf.saved_model.load(folder)
with np.load(images) as archive:
    restored = {
        name: np.asarray(model.signatures["serving_default"](tf.constant(archive[name]))["restored"])
        for name in archive.files
    }
np.savez(result, **restored)
