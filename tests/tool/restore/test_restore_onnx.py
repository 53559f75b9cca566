"""Batches by an exported restorer: the same picture as the bundle's, without Keras, and judged as far as that goes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from micrograph_files import levels, write_cv, write_tiff

pytest.importorskip("keras")
pytest.importorskip("onnx", reason='needs the extra: pip install "semclear[onnx]"')
pytest.importorskip("onnxruntime", reason='needs the extra: pip install "semclear[onnx]"')
from restoring_runs import account, restore
from tiny_model import NARROW, WIDE, write_release

from semclear.errors import SemclearError
from semclear.export import export
from semclear.files import sha256
from semclear.models import catalogue
from semclear.tool import inspect, models_list
from semclear.tool.verdict import wording


def exported(folder, rows):
    """Return a release with a family of these checks, and its ONNX file."""
    bundle = write_release(folder / "tiny.semclear", rows)
    export.export(bundle, "onnx", folder / "tiny.onnx", check=False)
    return bundle, folder / "tiny.onnx"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return both, of a family that has checks of the degrader, too."""
    rows = [row | {"read_sigma": 1.0 + 0.01 * place} for place, row in enumerate(WIDE)]
    return exported(tmp_path_factory.mktemp("model"), rows)


def lone(*words, folder=None):
    command = [sys.executable, str(Path(__file__).with_name("lone_cli.py")), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=folder)


def test_the_file_alone_restores_as_the_bundle_does(tmp_path, model):
    bundle, file = model
    source = write_cv(tmp_path / "in" / "a.png", levels("uint16"))
    assert restore(source, tmp_path / "keras", bundle) == 0
    done = lone("restore", source, "-o", tmp_path / "onnx", "--model", file, "--uncertainty", "--threads", 1)
    assert done.returncode == 0, done.stderr[-2000:]
    by_keras, alone = (
        cv2.imread(str(tmp_path / name / "a.png"), cv2.IMREAD_UNCHANGED).astype(float)
        for name in ("keras", "onnx")
    )
    assert np.abs(by_keras - levels("uint16")).max() > 0.05 * 65535
    np.testing.assert_allclose(alone, by_keras, atol=1e-4 * 65535 + 1)
    assert (tmp_path / "onnx" / "a.png.uncertainty.tif").is_file()
    expected, told = account(tmp_path / "keras" / "a.png.json"), account(tmp_path / "onnx" / "a.png.json")
    trust = told["pages"][0]["trust"]
    assert {"input_noise", "uncertainty"} <= trust.keys()
    assert not any(name.startswith(("read_", "redegradation_", "residual_")) for name in trust)
    for name in trust.keys() & expected["pages"][0]["trust"].keys():
        assert trust[name] == pytest.approx(expected["pages"][0]["trust"][name], rel=1e-3, abs=1e-4)
    # The bundle's encoder reads another blur than the family has; without it, the noise alone judges.
    assert expected["pages"][0]["flag"]["farthest"] == "read_sigma"
    flag = told["pages"][0]["flag"]
    unchecked = flag.pop("unchecked")
    assert flag == {"raised": False, "p": 1.0, "farthest": None}
    assert {"read_sigma", "redegradation_ratio", "residual_rows"} <= set(unchecked) and "unchecked" not in (
        expected["pages"][0]["flag"]
    )
    assert "partly-judged" in {one["code"] for one in told["warnings"]}
    assert "partly-judged" not in {one["code"] for one in expected["warnings"]}
    assert told["backend"] == "onnxruntime" and told["onnxruntime"] and "keras" not in told
    assert told["model"] == {
        "name": "tiny",
        "file": "tiny.onnx",
        "sha256": sha256(file),
        "data_sha256": "d" * 64,
        "bundle_sha256": sha256(bundle),
    }
    assert "ONNX Runtime" in done.stdout and wording.PARTLY in done.stdout


def test_unlike_the_family_is_flagged(tmp_path):
    _, file = exported(tmp_path / "model", NARROW)
    restore(write_tiff(tmp_path / "in" / "a.tif"), tmp_path / "out", file)
    flag = account(tmp_path / "out" / "a.tif.json")["pages"][0]["flag"]
    assert flag["raised"] and flag["farthest"] == "input_noise"


@pytest.mark.parametrize("rows", [None, [{"read_sigma": 1.0 + step} for step in range(30)]])
def test_without_a_check_to_judge_by_nothing_is_judged(tmp_path, rows):
    _, file = exported(tmp_path / "model", rows)
    restore(write_tiff(tmp_path / "in" / "a.tif"), tmp_path / "out", file)
    told = account(tmp_path / "out" / "a.tif.json")
    assert told["pages"][0]["flag"] is None
    assert "not-judged" in {one["code"] for one in told["warnings"]}


def test_by_tiles(tmp_path, model):
    """The paper's normalisation is of the whole: tiles of the file differ from it as those of the bundle do."""
    source = write_tiff(tmp_path / "in" / "a.tif", levels("uint16", size=(150, 170)))
    for name, file in zip(("keras", "onnx"), model, strict=True):
        assert restore(source, tmp_path / name, file, tile=128) == 0
    pages = [account(tmp_path / name / "a.tif.json")["pages"][0] for name in ("keras", "onnx")]
    assert pages[0]["tile"] == pages[1]["tile"] == 128 and pages[0]["exact"] == pages[1]["exact"]
    by_keras, alone = (
        cv2.imread(str(tmp_path / name / "a.tif"), cv2.IMREAD_UNCHANGED).astype(float)
        for name in ("keras", "onnx")
    )
    np.testing.assert_allclose(alone, by_keras, atol=1e-4 * 65535 + 1)


def test_found_and_listed_by_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _, file = exported(tmp_path / "results" / "release", WIDE)
    assert not catalogue.find("tiny").is_onnx  # the bundle can do more
    file.rename(file.with_name("small.onnx"))
    file.with_name("broken.onnx").write_bytes(b"no network")
    assert catalogue.find("small").path == Path("results/release/small.onnx")
    models_list.run(as_json=True)
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["small"]["scores"] == listed["tiny"]["scores"] == {"psnr": 21.5, "ssim": 0.7}
    assert listed["small"]["method"] == "cyclegan-physics" and listed["small"]["dataset"] == "discs"
    assert "damaged or no ONNX file" in listed["broken"]["problem"]


def test_what_it_cannot_do_is_told_before_anything_is_written(tmp_path, model, monkeypatch):
    source, file = write_tiff(tmp_path / "in" / "a.tif"), model[1]
    with pytest.raises(SemclearError, match=r"--backend: got 'jax' with tiny\.onnx"):
        restore(source, tmp_path / "out", file, backend="jax")
    with pytest.raises(SemclearError, match=r"expected a model with an encoder"):
        inspect.run(
            [str(source)],
            model=str(file),
            quick=False,
            databar=None,
            to_gray=False,
            backend="auto",
            as_json=True,
        )
    with pytest.raises(SemclearError, match=r"no such file, expected a model \(\*\.semclear or \*\.onnx\)"):
        restore(source, tmp_path / "out", tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"PK no network")
    with pytest.raises(SemclearError, match="damaged or no ONNX file"):
        restore(source, tmp_path / "out", tmp_path / "bad.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SemclearError, match=r'pip install "semclear\[onnx\]"'):
        restore(source, tmp_path / "out", file)
    assert not os.path.lexists(tmp_path / "out")


def test_the_least_tile_is_that_of_the_bundle(tmp_path, model):
    source = write_cv(tmp_path / "in" / "a.png", levels())
    said = []
    for file in model:
        with pytest.raises(
            SemclearError, match=r"^--tile: got 8, expected at least \d+ for this model"
        ) as told:
            restore(source, tmp_path / "out", file, tile=8)
        said.append(str(told.value))
    assert said[0] == said[1] and not (tmp_path / "out").exists()
