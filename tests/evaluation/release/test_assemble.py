"""The step that makes releases: of a small study's files to files that judge and tell as the study did."""

import csv
import json
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from semclear import params
from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.evaluation import scoring
from semclear.evaluation.release import assemble, model_card, test_scores, training_data
from semclear.evaluation.release import limits as release_limits
from semclear.evaluation.release.names import release_names, released
from semclear.files import sha256
from semclear.models import release as releases
from semclear.networks import bundle as bundles
from semclear.restoration import restored

MODEL = params.load(Path(__file__).parents[3] / "params.yaml").model
SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
TRAINING = {
    "epochs": 2,
    "steps_per_epoch": 3,
    "batch": 4,
    "crop": 32,
    "budget": 1.0,
    "seed": 0,
    "study_seed": 5,
}
EXPERIMENTS = {
    "fog": {"dataset": "fog", "method": "cyclegan-physics"},
    "fog-paired": {"dataset": "fog", "method": "paired"},
    "edge-0": {"dataset": "fog", "method": "cyclegan-physics", "study": "edge"},
}
SLICE = {"scale": "smoke", "compute.backend": "tensorflow", "experiments": EXPERIMENTS}
MEMBERS = {"input_noise": [0.01 * n for n in range(1, 31)]}
NULLS = {"empty": {"change": 0.2, "shift": -0.2, "invented": 0.0}}
SHADES = np.linspace(0.2, 0.8, 32)


def described(**changes):
    flag = {"level": 0.05, "tile": 32, "family": 30, "enough": True, "limits": {}, "members": MEMBERS}
    values = {"parameters": {"network": "restorer", "ensemble": True}, "flag": flag, "nulls": NULLS}
    values |= {"interval_factor": 7.5, "interval_coverage": 0.9, "interval_micrographs": 12}
    return {"cyclegan-physics": values | changes}


def study(root, kind="synthetic", methods=None):
    """Write what the steps before it leave: data, bundle, restorations and scores of two test micrographs."""
    rng, data = np.random.default_rng(1), root / "data" / "fog" / "manifest.json"
    truths = {}
    with draft(data, "fog", kind) as made:
        for index, split in enumerate(["clear", "degraded", "degraded", "validation", "test", "test"]):
            name, truth = f"m{index}", np.clip(np.outer(SHADES, SHADES) + 0.3 * rng.random((32, 32)), 0, 1)
            fields = made.add_image(f"{name}.png", truth if split == "clear" else truth / 2 + 0.3)
            if kind == "synthetic":
                fields |= {"kind": "spheres" if index % 2 else "fibres"}
                if split != "clear":
                    fields |= made.add_truth(f"t{index}.png", truth)
                    fog = None if index == 1 else {"transmission": 0.5, "airlight": 0.6, "seed": 3}
                    blur = {"sigma": float(index)}
                    fields["parameters"] = {"blur": blur, "fog": fog, "noise": {"sigma": 0.01, "seed": 9}}
            record = Record(id=name, split=split, source=f"s{index}", pixel_size_nm=2.0 + index, **fields)
            made.records.append(record)
            if split == "test":
                truths[name] = truth
    digest = sha256(data)
    weights = {name: [np.float32(rng.random((3, 3)))] for name in ("restorer", "degrader", "oracle")}
    bundle = bundles.Bundle("cyclegan-physics", SIZE, MODEL, digest, weights, TRAINING)
    file = root / "results" / "models" / "fog.semclear"
    file.parent.mkdir(parents=True)
    bundles.save(bundle, file)
    common = {"dataset": "fog", "data_sha256": digest}
    checks = {"trust_flag": 0.0, "coverage": 0.91}
    restored.write(
        root / "results" / "restored" / "fog" / "manifest.json",
        model="fog",
        methods=methods or described(),
        images=[("cyclegan-physics", name, 0.9 * truth, checks) for name, truth in truths.items()],
        nulls=[("cyclegan-physics", "empty", "empty", np.outer(SHADES, SHADES), np.full((32, 32), 0.5))],
        **common,
    )
    restored.write(
        root / "results" / "classical" / "fog" / "manifest.json",
        model="classical",
        methods={"degraded": {}},
        images=[("degraded", name, truth / 2 + 0.3) for name, truth in truths.items()],
        **common,
    )
    for name, place in (("fog", "restored/fog"), ("classical-fog", "classical/fog")):
        made = root / "results" / place / "manifest.json"
        scoring.score(data, made, root / "results" / "scores" / f"{name}.csv")
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = study(tmp_path_factory.mktemp("study"))
    return root, assemble.release(SLICE, root, root / "release")


def test_unpaired_models_of_no_study_are_released():
    assert released(SLICE) == ["fog"]
    assert release_names(SLICE) == ["fog.md", "fog.semclear"]


@pytest.mark.parametrize("missing", ["fog", "classical-fog"])
def test_a_model_whose_scores_are_missing_is_not_released(made, tmp_path, missing):
    assert assemble.release(SLICE, made[0], tmp_path, missing=[missing]) == []


def test_a_release_holds_the_calibration_of_the_study(made):
    _, files = made
    assert [file.name for file in files] == ["fog.semclear", "fog.md"]
    release = releases.read(files[0])
    assert (release.name, release.interval_factor, release.side, release.ensemble) == ("fog", 7.5, 32, True)
    assert release.family.level == 0.05 and release.family.columns() == MEMBERS
    assert (
        release.family.judge({"input_noise": 5.0}).flag
        and not release.family.judge({"input_noise": 0.1}).flag
    )
    assert release.bundle.networks.keys() == {"restorer", "degrader"}


def test_its_card_says_what_was_measured(made):
    root, files = made
    card = json.loads(json.dumps(releases.read(files[0]).card))
    with (root / "results/scores/fog.csv").open(newline="") as stream:
        psnr = [float(row["value"]) for row in csv.DictReader(stream) if row["metric"] == "psnr"]
    scores = card["scores"]
    assert scores["micrographs"] == len(psnr) == 2
    assert scores["restored"]["psnr"] == pytest.approx(np.mean(psnr), rel=1e-5)
    assert scores["restored"]["psnr"] > scores["degraded"]["psnr"] and scores["better"]["psnr"] == 2
    assert scores["checks"] == {"trust_flag": 0.0, "coverage": 0.91}
    assert scores["null_tests"]["empty_change"] == 0.2 and scores["null_tests"]["empty_objects_before"] == 0
    assert card["trained_on"]["micrographs"] == {"clear": 1, "degraded": 2, "validation": 1, "test": 2}
    assert card["trained_on"]["degradation"] == {
        "blur": {"share": 1.0, "sigma": [1.0, 2.0]},
        "fog": {"share": 0.5, "airlight": [0.6, 0.6], "transmission": [0.5, 0.5]},
        "noise": {"share": 1.0, "sigma": [0.01, 0.01]},
    }, "of the degraded training micrographs, m1 and m2, alone"
    assert card["trained_on"]["pixel_size_nm"] == [2.0, 4.0]
    assert card["sha256"]["bundle"] == sha256(root / "results/models/fog.semclear")
    assert card["versions"]["numpy"] == np.__version__
    assert (card["scale"], card["training"], card["commit"]) == ("smoke", TRAINING, None)


@pytest.mark.parametrize("name", ["fog 2", "Schärfe", "it's $HOME"])
def test_the_line_of_use_can_be_copied_into_a_shell(made, name):
    text = model_card.render({**releases.read(made[1][0]).card, "name": name})
    (line,) = (line for line in text.splitlines() if line.startswith("    semclear restore"))
    assert shlex.split(line)[-2:] == ["--model", f"{name}.semclear"]


def test_people_read_the_same(made):
    text = made[1][1].read_text()
    card = releases.read(made[1][0]).card
    assert text == model_card.render(card) == model_card.render(json.loads(json.dumps(card)))
    assert text.startswith("# Model fog\n") and "--model fog.semclear" in text
    assert (
        f"| PSNR (dB) | {card['scores']['degraded']['psnr']:.3f} | {card['scores']['restored']['psnr']:.3f} | - |"
        in text
    )
    assert "standard deviation 1 to 2 px" in text and "in 50 % of the micrographs" in text
    assert "It has seen no real micrograph" in text and "flag is made to be raised on at most 5 %" in text
    card_nulls = card["scores"]["null_tests"]
    assert f"| objects found, all invented | {card_nulls['empty_objects']:.0f} |" in text
    assert "| grey changed, mean | 0.2000 |" in text and "| | empty field |\n| :-- | --: |" in text
    assert "| training | 2 epochs of 3 steps, 4 crops of 32 px each |" in text
    assert "of 2 micrographs 2 in PSNR (dB) and 2 in SSIM" in text
    assert all(f"- {sentence}\n" in text for sentence in card["limits"])
    assert str(made[0]) not in text


def test_equal_studies_give_equal_bytes(made, tmp_path):
    root = study(tmp_path)
    for one, two in zip(made[1], assemble.release(SLICE, root, tmp_path / "release"), strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_real_micrographs_have_scores_that_need_no_truth(tmp_path):
    without = {
        name: value for name, value in described()["cyclegan-physics"].items() if "interval" not in name
    }
    few = without["flag"] | {"enough": False}
    root = study(tmp_path, "real", {"cyclegan-physics": without | {"flag": few}})
    file, text = assemble.release(SLICE, root, tmp_path / "release")
    card = releases.read(file).card
    assert card["scores"]["restored"].keys() == {"ag", "con", "sf"} and "better" not in card["scores"]
    assert card["trained_on"]["degradation"] is None
    limits = " ".join(card["limits"])
    assert "real micrographs of one data set (2 degraded and 1 clear sources, at 2 to 4 nm a pixel)" in limits
    assert "no trust flag" in limits and "no intervals" in limits
    assert "higher is no success" in text.read_text() and "drawn" not in text.read_text()


def test_files_of_different_states_are_refused(tmp_path):
    root = study(tmp_path)
    data = root / "data" / "fog" / "manifest.json"
    data.write_text(json.dumps(json.loads(data.read_text()) | {"notes": {"changed": True}}))
    with pytest.raises(SemclearError, match=r"fog\.semclear.*train and restore again"):
        assemble.release(SLICE, root, tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_a_restoration_without_its_family_is_refused(tmp_path):
    flag = {k: v for k, v in described()["cyclegan-physics"]["flag"].items() if k != "members"}
    root = study(tmp_path, methods=described(flag=flag))
    with pytest.raises(SemclearError, match=r"flag without its family.*restore again"):
        assemble.release(SLICE, root, tmp_path / "release")


def test_scores_must_be_of_the_same_micrographs():
    own = {"cyclegan": {"psnr": {"a": 1.0, "b": 2.0}}}
    with pytest.raises(SemclearError, match="got 2 micrographs of cyclegan and 1 degraded"):
        test_scores.summary(own, {"degraded": {"psnr": {"a": 1.0}}}, "cyclegan")
    with pytest.raises(SemclearError, match="got 0 micrographs of paired"):
        test_scores.summary(own, {}, "paired")


def test_no_table_of_scores(tmp_path):
    with pytest.raises(SemclearError, match="cannot be read"):
        test_scores.read(tmp_path / "none.csv")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SemclearError, match=r"odd\.csv.*expected a table of scores"):
        test_scores.read(tmp_path / "odd.csv")


def test_ranges_by_hand():
    rows = [
        {"blur": {"sigma": 1.0}, "fog": None, "charging": {"halo": {"width": 3.0}, "form": "x", "on": True}},
        {"blur": {"sigma": 3.0}, "fog": None},
    ]
    assert training_data.ranges_of(rows) == {
        "blur": {"share": 1.0, "sigma": [1.0, 3.0]},
        "charging": {"share": 0.5, "halo.width": [3.0, 3.0]},
    }
    assert release_limits.degradation(training_data.ranges_of(rows)) == [
        "blur (standard deviation 1 to 3 px)",
        "charging (in 50 % of the micrographs)",
    ]


@pytest.mark.parametrize(
    ("ends", "said"),
    [([1.5, 3.0], "1.5 to 3"), ([0.5, 0.5], "0.5"), ([402.3, 1181.6], "402 to 1182"), (None, "unknown")],
)
def test_a_range_reads_as_people_write_it(ends, said):
    assert release_limits.span(ends) == said


def test_a_commit_is_that_of_the_project_alone(tmp_path):
    def git(*words):
        identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    assert assemble.commit_of(tmp_path / "none") == (None, False)
    git("init", "--quiet")
    (tmp_path / "a").write_text("1")
    (tmp_path / "dvc.lock").write_text("1")
    git("add", "a", "dvc.lock")
    git("commit", "--quiet", "-m", "first")
    commit, changed = assemble.commit_of(tmp_path)
    assert len(commit) == 40 and not changed
    (tmp_path / "dvc.lock").write_text("2")
    assert assemble.commit_of(tmp_path) == (commit, False)
    (tmp_path / "a").write_text("2")
    assert assemble.commit_of(tmp_path) == (commit, True)
    (tmp_path / "inner").mkdir()
    assert assemble.commit_of(tmp_path / "inner") == (None, False)


def test_what_the_data_shows(made):
    found = training_data.describe(manifest.load(made[0] / "data/fog/manifest.json"))
    assert found["shows"] == ["fibres", "spheres"] and found["size"] == [32.0, 32.0]
