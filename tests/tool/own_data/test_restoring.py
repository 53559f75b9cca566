"""The end of a training on own images: the study's step in bounded memory, all that it does announced and counted."""

from pathlib import Path

import numpy as np
import pytest
from limits import LIMITS
from micrograph_files import picture
from own_folders import veiled

keras = pytest.importorskip("keras")
from semclear import params  # noqa: E402
from semclear.datasets import manifest  # noqa: E402
from semclear.datasets.draft import draft  # noqa: E402
from semclear.datasets.record import Record  # noqa: E402
from semclear.errors import SemclearError  # noqa: E402
from semclear.networks import bundle as bundles  # noqa: E402
from semclear.networks.forward import physics  # noqa: E402
from semclear.networks.generator import generator_of  # noqa: E402
from semclear.restoration import network_step, restored  # noqa: E402
from semclear.restoration.tiled import memory  # noqa: E402
from semclear.restoration.tiled.large import LargeRestorer  # noqa: E402
from semclear.tool.own_data import restoring  # noqa: E402

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = params.load(Path(__file__).parents[3] / "params.yaml").model.model_copy(
    update={"normalisation": "none"}
)
SETTINGS = params.Restoration(ensemble=True, family=5, flag_level=0.2, coverage=0.9, **LIMITS)
LARGE = (144, 152)
SPLITS = [("degraded", (32, 32))] * 4 + [("validation", (40, 36))] * 2 + [("test", LARGE), ("test", (48, 40))]
#: In which `LARGE` has to be restored by tiles.
LITTLE = memory.TENSORFLOW.fixed + 1_800_000


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """An untrained model and a data set with truth."""
    folder = tmp_path_factory.mktemp("own")
    with draft(folder / "data" / "manifest.json", "set", "real") as made:
        for index, (split, shape) in enumerate(SPLITS):
            truth = picture(shape, index)
            fields = made.add_image(f"m{index}.png", veiled(truth, index))
            if split != "degraded":
                fields |= made.add_truth(f"t{index}.png", truth)
            made.records.append(Record(id=f"m{index}", split=split, source=f"s{index}", **fields))
    keras.utils.set_random_seed(1)
    weights = {
        "restorer": generator_of(SIZE, MODEL, "restorer").get_weights(),
        "degrader": physics.build_encoder(SIZE.width, name="degrader").get_weights(),
    }
    weights["oracle"] = [1.1 * values for values in weights["restorer"]]
    bundle = bundles.Bundle("cyclegan-physics", SIZE, MODEL, "0" * 64, weights)
    bundles.save(bundle, folder / "bundle.semclear")
    return {"data": folder / "data" / "manifest.json", "bundle": folder / "bundle.semclear"}


@pytest.fixture(scope="module")
def by_the_study(files, tmp_path_factory):
    place = tmp_path_factory.mktemp("study") / "manifest.json"
    network_step.restore_test_set("set", files["data"], files["bundle"], place, SETTINGS)
    return restored.load(place)


@pytest.mark.parametrize("allowed", [None, LITTLE])
def test_it_is_the_study_s_step_whatever_the_memory(files, by_the_study, allowed, tmp_path, monkeypatch):
    if allowed is not None and keras.backend.backend() == "jax":
        pytest.skip("JAX takes more from the start")
    restorer = LargeRestorer(bundles.load(files["bundle"]), True, allowed)
    tiles = restorer.plan(LARGE, maps=True).tiles
    assert tiles == 1 if allowed is None else tiles > 1
    seen = []
    inspect, call = restoring.Watched.inspect, restoring.Watched.__call__
    monkeypatch.setattr(
        restoring.Watched, "inspect", lambda self, i, *a: (seen.append(i.shape), inspect(self, i, *a))[1]
    )
    monkeypatch.setattr(
        restoring.Watched, "__call__", lambda self, i, *a: (seen.append(i.shape), call(self, i, *a))[1]
    )
    dataset, place = manifest.load(files["data"]), tmp_path / "restored" / "manifest.json"
    restoring.restore("set", files | {"restored": place}, dataset, SETTINGS, allowed, print)
    assert seen == [shape for _, shape in restoring.passes(dataset, SETTINGS)]
    made = restored.load(place)
    assert [(one.id, one.method) for one in made.records] == [
        (one.id, one.method) for one in by_the_study.records
    ]
    for one, other in zip(made.records, by_the_study.records, strict=True):
        np.testing.assert_allclose(made.image(one), by_the_study.image(other), atol=1.01 / 255)
        assert one.checks.keys() == other.checks.keys()
        assert one.checks.get("trust_flag") == other.checks.get("trust_flag")
    assert network_step.Restorer is not restoring.Watched  # put back
    assert made.methods["cyclegan-physics"]["interval_factor"] == pytest.approx(
        by_the_study.methods["cyclegan-physics"]["interval_factor"], rel=1e-3
    )


def test_too_little_memory_is_told(files, tmp_path):
    dataset = manifest.load(files["data"])
    with pytest.raises(SemclearError, match="memory: got 32 MiB, expected at least"):
        restoring.restore(
            "set",
            files | {"restored": tmp_path / "m.json"},
            dataset,
            SETTINGS,
            memory.TENSORFLOW.fixed,
            print,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_bar_on_a_terminal_and_a_line_a_minute_elsewhere(capsys):
    work = [("calibrating on a", (10, 10)), ("calibrating on b", (10, 10)), ("restoring c", (10, 20))]
    now, said = [100.0], []
    told = restoring.progress_of(work, said.append, shown=False, clock=lambda: now[0])
    for seconds in (30.0, 20.0):  # 50 s for half of the pixels
        told.start()
        now[0] += seconds
        told.within(1, 1)
    told.start()
    assert said == []
    now[0] += 25.0
    told.within(1, 2)  # 75 s for three quarters
    assert said == ["restoring and calibrating: 75 % done, about 25 s left"]
    now[0] += 61.0
    told.within(2, 2)  # the end tells itself
    assert len(said) == 1 and capsys.readouterr().err == ""
    with restoring.progress_of(work, said.append, shown=True, clock=lambda: now[0]) as bar:
        bar.start()
        bar.within(1, 1)
        bar.start()
        assert bar.done == 100
    assert "2/3 calibrating on b" in capsys.readouterr().err and len(said) == 1
