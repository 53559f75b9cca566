"""Compare one training step's weight changes with finite differences; prints JSON. Run once a backend."""

import json
import os
import sys

import numpy as np

from semclear import compute, params

SETTINGS = params.load(sys.argv[1])
# As every training: threads and determinism are part of the settings, and set before Keras is imported.
compute.configure(SETTINGS.compute.model_copy(update={"backend": os.environ["KERAS_BACKEND"]}))

import keras  # noqa: E402

from semclear.networks.cyclegan import CycleGAN  # noqa: E402

keras.config.set_floatx("float64")
SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = SETTINGS.model
TRAIN = SETTINGS.train.model_copy(
    update={
        "cycle_noise": 0.0,
        "degraded_cycle": 0.4,
        "degrader_adversarial_weight": 1.2,
        "adversarial_weight": 0.7,
        "cycle_weight": 3.0,
        "ssim_weight": 0.5,
        "identity_weight": 1.5,
        "edge_weight": 2.0,
        "inversion_weight": 2.5,
    }
)
STEP = 1e-4
#: Weights tried a variable, the largest gradient first, and how far the slopes on its two sides may differ.
TRIES, SMOOTH = 8, 0.005


#: Weights that are not called after their term.
WEIGHT = {"adversarial_clear": "adversarial", "adversarial_degraded": "degrader_adversarial"}


def total(terms, network):
    """The loss that `network` is to descend, from the logged terms alone."""
    judged = {name: value for name, value in terms.items() if name.startswith("discriminator")}
    if network.startswith("judge"):
        return sum(judged.values())
    return sum(
        getattr(TRAIN, f"{WEIGHT.get(name, name)}_weight") * value
        for name, value in terms.items()
        if name not in (*judged, "loss")
    )


def main():
    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(5)
    x, y = rng.random((2, 1, 16, 16, 1))
    model = CycleGAN(SIZE, MODEL, TRAIN)
    model.compile(optimizer=keras.optimizers.SGD(1.0), jit_compile=False)
    # The last layer starts near zero; give every path a gradient worth measuring.
    for network in (model.restorer, model.degrader):
        network.set_weights([w + 0.05 * rng.standard_normal(w.shape) for w in network.get_weights()])
    names = ("restorer", "degrader", "judge_clear", "judge_degraded")
    before = {n: [np.array(w) for w in getattr(model, n).get_weights()] for n in names}

    def measure(network, index, position, change):
        weights = [w.copy() for w in before[network]]
        weights[index].ravel()[position] += change
        getattr(model, network).set_weights(weights)
        terms = model.test_on_batch(x, y, return_dict=True)
        getattr(model, network).set_weights(before[network])
        return total({k: float(v) for k, v in terms.items()}, network)

    model.train_on_batch(x, y)
    after = {n: getattr(model, n).get_weights() for n in names}
    for n in names:
        getattr(model, n).set_weights(before[n])
    rows = []
    for n in names:
        gradients = [b - np.asarray(a) for b, a in zip(before[n], after[n], strict=True)]
        for index in np.argsort([-np.abs(g).max() for g in gradients])[:4]:
            gradient = gradients[index].ravel()
            for position in np.argsort(-np.abs(gradient))[:TRIES]:
                steps = [measure(n, index, int(position), change) for change in (-STEP, 0.0, STEP)]
                below, above = np.diff(steps) / STEP
                # Absolute values and leaky ReLUs have kinks: where one lies within the step there is no slope.
                if abs(above - below) < SMOOTH * abs(above + below):
                    break
            rows.append([n, float(gradient[position]), (above + below) / 2])
    print(json.dumps({"backend": keras.backend.backend(), "rows": rows}))


main()
