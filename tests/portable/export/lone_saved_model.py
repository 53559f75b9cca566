"""Run a SavedModel where semclear and, once TensorFlow is there, Keras cannot be imported. Run as: lone_saved_model.py FOLDER IMAGES.npz RESULT.npz."""

import sys

import numpy as np
import tensorflow as tf  # which looks where Keras is, but does not load it


class Blocker:
    """Finds no module of Keras or semclear."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {"keras", "semclear"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocker)
assert not {"keras", "semclear"} & set(sys.modules)

folder, images, result = sys.argv[1:]
model = tf.saved_model.load(folder)
with np.load(images) as archive:
    restored = {
        name: np.asarray(model.signatures["serving_default"](tf.constant(archive[name]))["restored"])
        for name in archive.files
    }
np.savez(result, **restored)
