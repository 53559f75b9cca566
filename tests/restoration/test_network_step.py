"""The restore step: the product with its checks, calibrated on its family, and the null tests."""

from pathlib import Path

import numpy as np
import pytest
from limits import LIMITS, RECOMMENDING

keras = pytest.importorskip("keras")
from semclear import params  # noqa: E402
from semclear.datasets import manifest  # noqa: E402
from semclear.datasets.draft import draft  # noqa: E402
from semclear.datasets.record import Record  # noqa: E402
from semclear.evaluation import score_card, scoring  # noqa: E402
from semclear.networks import bundle as bundles  # noqa: E402
from semclear.networks.apply import apply  # noqa: E402
from semclear.networks.forward import physics  # noqa: E402
from semclear.networks.generator import generator_of  # noqa: E402
from semclear.restoration import ensemble, network_step, restored  # noqa: E402
from semclear.restoration.checks.trust_flag import Family  # noqa: E402
from semclear.restoration.restorer import Restorer  # noqa: E402

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = params.load(Path(__file__).parents[2] / "params.yaml").model
SETTINGS = params.Restoration(ensemble=True, family=5, flag_level=0.2, coverage=0.9, **LIMITS)
KNOWN = {"blur": {"sigma": 1.0}, "fog": None, "noise": {"sigma": 0.01, "dose": 500.0, "seed": 1}}
SPLITS = ["degraded"] * 4 + ["validation"] * 2 + ["test"] * 2


@pytest.fixture(scope="module")
def bundle():
    restorer, encoder = (
        generator_of(SIZE, MODEL, "restorer"),
        physics.build_encoder(SIZE.width, name="degrader"),
    )
    weights = {"restorer": restorer.get_weights(), "degrader": encoder.get_weights()}
    weights["oracle"] = [1.1 * values for values in weights["restorer"]]
    return bundles.Bundle("cyclegan-physics", SIZE, MODEL, "0" * 64, weights)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path, rng = tmp_path_factory.mktemp("data") / "manifest.json", np.random.default_rng(2)
    with draft(path, "set", "synthetic") as made:
        for index, split in enumerate(SPLITS):
            truth = rng.random((32, 32))
            fields = made.add_image(f"m{index}.png", np.clip(truth * 0.5 + 0.3, 0, 1))
            if split != "degraded":
                fields |= made.add_truth(f"t{index}.png", truth) | {"parameters": KNOWN}
            made.records.append(Record(id=f"m{index}", split=split, source=f"s{index}", **fields))
    return path


@pytest.fixture(scope="module")
def made(bundle, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("restored")
    bundles.save(bundle, folder / "m.semclear")
    network_step.restore_test_set("set", data, folder / "m.semclear", folder / "out/manifest.json", SETTINGS)
    return restored.load(folder / "out/manifest.json", verify=True)


@pytest.mark.parametrize("size", [(16, 16), (19, 30)])
def test_the_mean_over_orientations_is_of_single_restorations(bundle, size):
    image = np.random.default_rng(1).random(size).astype(np.float32)
    keras_model = bundle.network()
    outputs = [ensemble.turned_back(apply(keras_model, ensemble.turned(image, k), 4), k) for k in range(8)]
    np.testing.assert_allclose(Restorer(bundle)(image), np.mean(outputs, axis=0), atol=1e-5)
    np.testing.assert_allclose(network_step.method_of(bundle)(image), outputs[0], atol=1e-5)


def test_every_product_has_its_checks_and_the_oracle_only_its_image(made):
    methods = {entry.method for entry in made.records}
    assert methods == {"cyclegan-physics", "cyclegan-physics-oracle"} == set(made.methods)
    for entry in made.records:
        if entry.method.endswith("-oracle"):
            assert entry.checks == {} == entry.maps
            continue
        assert entry.maps.keys() == {"uncertainty", "residual"}
        assert {"trust_flag", "trust_p", "coverage", "interval_width", "uncertainty", "sigma_bias"} <= set(
            entry.checks
        )
        assert entry.checks["sigma_bias"] == pytest.approx(entry.checks["read_sigma"] - 1.0)
        assert entry.checks["transmission_bias"] == pytest.approx(entry.checks["read_transmission"] - 1.0)
    described = made.methods["cyclegan-physics"]
    assert described["flag"]["family"] == 5 and described["flag"]["enough"]
    assert described["flag"]["tile"] == 32, "no larger than a member of the family"
    assert described["nulls"].keys() == {"empty", "noise", "clear"}
    assert described["interval_factor"] > 0
    assert (described["interval_coverage"], described["interval_micrographs"]) == (0.9, 2)


def test_null_tests_are_restorations_of_the_product(made, data, bundle):
    assert [(null.test, null.id) for null in made.nulls] == [
        *(("empty", "empty"), ("noise", "noise")),
        *(("clear", "m6"), ("clear", "m7")),
    ]
    restorer, truth = Restorer(bundle), manifest.load(data).split("test")[0].truth()
    np.testing.assert_allclose(made.image(made.nulls[2]), restorer(truth), atol=0.51 / 255)
    given = made.before(made.nulls[1])
    assert given.std() == pytest.approx(
        np.median([r.image().std() for r in manifest.load(data).split("test")]), abs=0.01
    )
    np.testing.assert_allclose(made.image(made.nulls[1]), restorer(given), atol=0.02)


def test_the_stored_family_judges_as_the_one_that_judged(made):
    """What a release rests on: verdicts from the manifest alone."""
    stored = made.methods["cyclegan-physics"]["flag"]
    family = Family.of_columns(stored["members"], stored["level"])
    entries = [entry for entry in made.records if entry.method == "cyclegan-physics"]
    for entry in entries:
        verdict = family.judge(entry.checks)
        assert (float(verdict.flag), verdict.p) == (
            entry.checks["trust_flag"],
            pytest.approx(entry.checks["trust_p"]),
        )
    assert len(family.rows) == stored["family"] == 5
    assert {k: pytest.approx(v) for k, v in family.limits().items()} == stored["limits"]


def test_stored_maps_are_those_of_the_checks(made, data, bundle):
    record = manifest.load(data).split("test")[0]
    direct = Restorer(bundle).inspect(record.image(), side=32)
    entry = next(e for e in made.records if e.id == record.id and e.method == "cyclegan-physics")
    for name, values in (("uncertainty", direct.uncertainty), ("residual", direct.residual)):
        low, high = restored.SCALES[name]
        np.testing.assert_allclose(made.map(entry, name), np.clip(values, low, high), atol=0.0011)
    assert entry.checks["redegradation_rms"] == pytest.approx(np.sqrt(np.mean(direct.residual**2)), rel=1e-5)


def test_a_family_of_small_squares_judges_a_larger_micrograph_of_the_same_kind_by_squares(bundle, tmp_path):
    """Rows of equal grey, as charging leaves: on whole micrographs their power grows with the size."""
    rng, path = np.random.default_rng(5), tmp_path / "manifest.json"

    def streaked(side):
        image = 0.5 + 0.05 * rng.standard_normal((side, 1)) + 0.05 * rng.standard_normal((side, side))
        return np.clip(image, 0, 1)

    with draft(path, "set", "real") as made:
        for index in range(24):
            split, side = ("degraded", 32) if index < 20 else ("test", 256)
            fields = made.add_image(f"m{index}.png", streaked(side))
            made.records.append(Record(id=f"m{index}", split=split, source=f"s{index}", **fields))
    dataset = manifest.load(path)
    restorer = Restorer(bundle, ensembling=False)
    settings = params.Restoration(ensemble=False, family=20, flag_level=0.05, coverage=0.9, **LIMITS)
    calibration = network_step.Calibration(restorer, dataset, settings)
    assert calibration.side == 32
    for name in ("input_rows", "residual_rows"):
        low, high = calibration.family.limits()[name]
        for record in dataset.split("test"):
            assert low * 0.8 < calibration.inspect(record.image()).checks[name] < high * 1.2
            assert restorer.inspect(record.image(), side=256).checks[name] > 2 * high


def test_without_ensembling_there_is_no_uncertainty(bundle):
    image = np.random.default_rng(1).random((32, 32)).astype(np.float32)
    plain = Restorer(bundle, ensembling=False).inspect(image)
    assert plain.uncertainty is None and "uncertainty" not in plain.checks
    np.testing.assert_allclose(plain.image, apply(bundle.network(), image, 4), atol=1e-6)
    assert plain.residual is not None and plain.residual.shape == image.shape


def test_scores_hold_the_checks_and_keep_null_tests_out_of_the_means(made, data, tmp_path):
    scoring.score(data, made.path, tmp_path / "scores.csv")
    means = score_card.means_of(tmp_path / "scores.csv")["cyclegan-physics"]
    entries = [entry for entry in made.records if entry.method == "cyclegan-physics"]
    assert means["coverage"] == pytest.approx(np.mean([entry.checks["coverage"] for entry in entries]))
    nulls = made.methods["cyclegan-physics"]["nulls"]
    assert means["null_empty_change"] == pytest.approx(nulls["empty"]["change"])
    assert not any(name.startswith("null") for name in entries[0].checks)


def test_records_are_spread_over_their_order():
    assert network_step.spread(range(9), 3) == [0, 4, 8]
    assert network_step.spread(range(3), 5) == [0, 1, 2] and network_step.spread(range(3), -2) == []


class Told:
    """A record of an image and its truth, as `Record` gives them."""

    def __init__(self, image, truth):
        self.image, self.truth = (lambda: image), (lambda: truth)


def test_inventions_and_gains_are_calibrated_where_a_truth_is_known():
    from random_generator import NONE, bundle_of, micrograph

    kept = NONE.model_copy(update={"architecture": "residual", "veil": "kept", "orientations": 2})
    restorer, rng = Restorer(bundle_of(kept, "instrument")), np.random.default_rng(0)
    truths = [micrograph((48, 48), seed=seed) for seed in range(12)]
    records = [
        Told(np.clip(t + 0.1 * rng.standard_normal(t.shape), 0, 1).astype(np.float32), t) for t in truths
    ]
    told, gain, count = network_step.calibrated_invention(
        restorer, [*records, Told(truths[0], None)], RECOMMENDING
    )
    assert count == 12 and len(told.unsupported) == 4 and gain is not None
    assert network_step.calibrated_invention(restorer, records[:5], RECOMMENDING)[1] is None
    assert network_step.calibrated_invention(restorer, records[:2], RECOMMENDING) == (None, None, 0)
    other = Restorer(bundle_of(NONE, "cyclegan-physics"))
    assert network_step.calibrated_invention(other, records[:4], RECOMMENDING) == (None, None, 0)
