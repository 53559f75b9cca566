"""Train a CycleGAN with the formula for two steps; prints its terms as JSON. Run once a backend."""

import json
import sys

import keras
import numpy as np

from semclear import params
from semclear.networks.cyclegan import CycleGAN

settings = params.load(sys.argv[1])
keras.utils.set_random_seed(3)
size = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
model = CycleGAN(size, settings.model, settings.train, formula=True)
model.compile(optimizer=keras.optimizers.SGD(0.01), jit_compile=False)
before = [np.array(w) for w in model.degrader.get_weights()]
images = np.random.default_rng(5).random((2, 1, 32, 32, 1)).astype("float32")
for _ in range(2):
    terms = model.train_on_batch(*images, return_dict=True)
moved = [float(np.abs(a - b).max()) for a, b in zip(before, model.degrader.get_weights(), strict=True)]
print(
    json.dumps(
        {"backend": keras.backend.backend(), "terms": {k: float(v) for k, v in terms.items()}, "moved": moved}
    )
)
