"""Batches by a trained model: the same picture as the restorer's, its judgement, and models that are refused."""

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from micrograph_files import levels, write_tiff

pytest.importorskip("keras")
from restoring_runs import account, restore
from tiny_model import NARROW, bundle, write_release

from semclear import api
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.models import archive as model_file
from semclear.models import calibration, catalogue
from semclear.networks import bundle as bundles
from semclear.restoration.tiled.large import LargeRestorer
from semclear.tool import inspect
from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run
from semclear.tool.verdict import explanations, wording


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("model") / "tiny.semclear")


def test_picture_map_and_account_are_those_of_the_restorer(tmp_path, model, capsys):
    source = write_tiff(tmp_path / "in" / "a.tif", levels("uint16"), nanometres=4.2)
    assert restore(source, tmp_path / "out", model, uncertainty=True, databar=14) == 0
    picture = (levels("uint16")[:50] / np.float32(65535)).astype(np.float32)
    made = LargeRestorer(bundle()).inspect(picture, side=32)
    got = tifffile.imread(tmp_path / "out" / "a.tif")
    np.testing.assert_allclose(got[:50], made.image * 65535.0, atol=2)
    np.testing.assert_array_equal(got[50:], levels("uint16")[50:])
    with tifffile.TiffFile(tmp_path / "out" / "a.tif.uncertainty.tif") as tiff:
        spread = tiff.asarray()
        pixels, unit = tiff.pages[0].tags["XResolution"].value
    assert spread.dtype == np.float32 and 1e7 * unit / pixels == pytest.approx(4.2, rel=1e-5)
    np.testing.assert_allclose(spread[:50], made.uncertainty * 65535.0, atol=2)
    assert not spread[50:].any()
    told = account(tmp_path / "out" / "a.tif.json")
    page = told["pages"][0]
    assert page["trust"].keys() <= explanations.MEANINGS.keys()
    for name, value in made.checks.items():
        assert page["trust"][name] == pytest.approx(value, rel=1e-3, abs=1e-4)
    assert page["flag"] == {"raised": False, "p": 1.0, "farthest": None}
    assert told["model"] == {
        "name": "tiny",
        "file": "tiny.semclear",
        "sha256": sha256(model),
        "data_sha256": "d" * 64,
    }
    assert {"keras", "backend", "device", "threads"} <= told.keys()
    assert wording.LIKE in capsys.readouterr().out


def test_a_micrograph_unlike_the_family_is_flagged_with_the_reason(tmp_path, capsys):
    narrow = write_release(tmp_path / "narrow.semclear", NARROW)
    source = write_tiff(tmp_path / "in" / "a.tif")
    restore(source, tmp_path / "out", narrow)
    told = account(tmp_path / "out" / "a.tif.json")
    assert told["pages"][0]["flag"] == {
        "raised": True,
        "p": pytest.approx(1 / 31, rel=1e-4),
        "farthest": "input_noise",
    }
    warning = next(one for one in told["warnings"] if one["code"] == "unlike-training-data")
    assert "most of all in noise: " in warning["text"]
    assert wording.UNLIKE in capsys.readouterr().out


def test_without_the_orientations_the_calibration_does_not_hold(tmp_path, model):
    source = write_tiff(tmp_path / "in" / "a.tif")
    restore(source, tmp_path / "out", model, ensembling=False)
    told = account(tmp_path / "out" / "a.tif.json")
    assert told["pages"][0]["flag"] is None
    assert "not-judged" in {one["code"] for one in told["warnings"]}
    with pytest.raises(SemclearError, match="several orientations"):
        restore(source, tmp_path / "out2", model, ensembling=False, uncertainty=True)


def test_the_study_s_own_models_are_judged_by_what_the_study_measured(tmp_path):
    path = tmp_path / "results" / "models" / "tiny.semclear"
    bundles.save(bundle(), path)
    manifest = tmp_path / "results" / "restored" / "tiny" / "manifest.json"
    members = {"input_noise": [0.1, 0.2, 0.3]}
    found = {"flag": {"level": 0.3, "members": members, "tile": 48}, "parameters": {"ensemble": True}}
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"methods": {"cyclegan-physics": found | {"interval_factor": 3.0}}}))
    card = tmp_path / "results" / "scores" / "tiny.card.json"
    card.parent.mkdir(parents=True)
    hashes = {"bundle": sha256(path), "restored": sha256(manifest)}
    card.write_text(json.dumps({"sha256": hashes}))
    known = calibration.of_study(tmp_path, "tiny", "cyclegan-physics", sha256(path))
    assert (known.side, known.interval_factor, known.family.columns()) == (48, 3.0, members)
    assert calibration.of_study(tmp_path, "tiny", "cyclegan-physics", "0" * 64) is None
    assert calibration.of_study(tmp_path, "other", "cyclegan-physics", sha256(path)) is None
    manifest.write_text("{}")
    assert calibration.of_study(tmp_path, "tiny", "cyclegan-physics", sha256(path)) is None
    manifest.unlink()
    assert calibration.of_study(tmp_path, "tiny", "cyclegan-physics", sha256(path)) is None


def measured(folder, manifest, card=None):
    """Write what the study is said to have measured of a model of this digest; by default a card that fits."""
    path, scored = folder / calibration.RESTORED / "tiny" / "manifest.json", folder / calibration.SCORES
    for parent in (path.parent, scored):
        parent.mkdir(parents=True, exist_ok=True)
    path.write_text(manifest)
    hashes = {"sha256": {"bundle": "d" * 64, "restored": sha256(path)}}
    (scored / "tiny.card.json").write_text(json.dumps(hashes) if card is None else card)


@pytest.mark.parametrize(
    ("manifest", "card", "said"),
    [
        ("{}", "{", r"tiny\.card\.json: damaged \("),
        ("{}", "[]", r"tiny\.card\.json: damaged \(no JSON object\)"),
        ("{}", "{}", r"tiny\.card\.json: damaged \(no sha256\)"),
        ("{", None, r"manifest\.json: damaged \("),
        ("{}", None, r"manifest\.json: damaged \(no methods\)"),
        ('{"methods": {"a": {"flag": {"members": {"input_noise": [1.0]}}}}}', None, r"damaged \(no level\)"),
        ('{"methods": {"a": {"parameters": {}}}}', None, r"damaged \(no ensemble\)"),
    ],
)
def test_damage_of_what_the_study_measured_is_an_error(tmp_path, manifest, card, said):
    """It is not as if the study had measured nothing: the micrograph would pass for one that nobody can judge."""
    measured(tmp_path, manifest, card)
    with pytest.raises(SemclearError, match=said + r".+make it anew \(snakemake .+\.json\)"):
        calibration.of_study(tmp_path, "tiny", "a", "d" * 64)


def test_models_are_found_by_name_and_listed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_release(tmp_path / "results" / "release" / "tiny.semclear")
    bundles.save(bundle(), tmp_path / "results" / "models" / "tiny.semclear")
    bundles.save(bundle(), tmp_path / "results" / "models" / "other.semclear")
    (tmp_path / "results" / "models" / "broken.semclear").write_bytes(b"PK\x03\x04 no archive")
    assert catalogue.find("tiny").where == "release"
    assert catalogue.find("other").where == "study"
    assert catalogue.find("results/models/tiny.semclear").where == "file"
    with pytest.raises(SemclearError, match="did you mean other"):
        catalogue.find("othr")
    from semclear.tool import models_list

    models_list.run(as_json=True)
    listed = {(one["name"], one["where"]): one for one in json.loads(capsys.readouterr().out)}
    tiny = listed["tiny", "release"]
    assert tiny["scores"] == {"psnr": 21.5, "ssim": 0.7} and tiny["dataset"] == "discs"
    assert tiny["method"] == "cyclegan-physics" and tiny["data_sha256"] == "d" * 64
    assert tiny["training"] == {"seed": 1} and tiny["limits"] == ["Knows discs alone."]
    assert "damaged or no semclear model" in listed["broken", "study"]["problem"]
    models_list.run(as_json=False)
    printed = capsys.readouterr().out
    assert "21.50 dB, 0.700 SSIM" in printed and "broken: " in printed


def pickled():
    """Return an npz whose array is a pickle that would call `print`."""

    class Evil:
        def __reduce__(self):
            return print, ("EXECUTED",)

    stream = io.BytesIO()
    np.savez(stream, w0000=np.array([Evil()], dtype=object))
    return stream.getvalue()


def altered(model, path, **members):
    """Copy a model with members replaced or added."""
    with zipfile.ZipFile(model) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if name not in members:
                target.writestr(name, source.read(name))
        for name, content in members.items():
            target.writestr(name, content)
    return path


def bad_models(model, folder):
    """Return models that must be refused, with what is said of them."""
    header = json.loads(zipfile.ZipFile(model).read("bundle.json"))
    (folder / "cut.semclear").write_bytes(model.read_bytes()[:3000])
    (folder / "text.semclear").write_text("no model")
    (folder / "empty.semclear").write_bytes(b"")
    altered(model, folder / "version.semclear", **{"bundle.json": json.dumps(header | {"format": 99})})
    altered(model, folder / "release.semclear", **{"release.json": json.dumps({"format": 99})})
    altered(model, folder / "code.semclear", **{"restorer.npz": pickled()})
    return {
        "cut": "damaged",
        "text": "damaged",
        "empty": "damaged",
        "version": "format 99",
        "release": "format 99",
        "code": "damaged",
    }


@pytest.mark.parametrize("name", ["cut", "text", "empty", "version", "release", "code"])
def test_bad_models_are_refused_in_one_line(tmp_path, model, capfd, name):
    said = bad_models(model, tmp_path)
    source = write_tiff(tmp_path / "in" / "a.tif")
    with pytest.raises(SemclearError, match=said[name]) as refused:
        restore(source, tmp_path / "out", tmp_path / f"{name}.semclear")
    assert len(str(refused.value).splitlines()) == 1 and f"{name}.semclear" in str(refused.value)
    assert not list((tmp_path / "out").glob("*")) and "EXECUTED" not in capfd.readouterr().out


def test_a_model_that_brings_more_than_a_model_is_refused(tmp_path, model, capfd):
    more = altered(
        model, tmp_path / "more.semclear", **{"evil.py": "print('EXECUTED')", "evil.npz": pickled()}
    )
    source = write_tiff(tmp_path / "in" / "a.tif")
    for use in (
        lambda: restore(source, tmp_path / "out", more),
        lambda: catalogue.bundle_of(str(more), "export"),
        lambda: api.load(more, threads=1),
        lambda: inspect.run(
            [str(source)],
            model=str(more),
            quick=False,
            databar=None,
            to_gray=False,
            backend="auto",
            as_json=True,
        ),
    ):
        with pytest.raises(
            SemclearError, match=r"more\.semclear: got 'evil\.py', 'evil\.npz' inside, expected"
        ):
            use()
    assert "'evil.py'" in catalogue.summary_of(catalogue.find(str(more))).problem
    assert not (tmp_path / "out").exists() and "EXECUTED" not in capfd.readouterr().out


def test_every_model_that_the_project_writes_is_read(tmp_path, model):
    plain = tmp_path / "plain.semclear"
    made = bundle()
    bundles.save(replace(made, networks={**made.networks, "oracle": made.networks["restorer"]}), plain)
    assert model_file.read(plain).name == "plain" and model_file.read(model).name == "tiny"
    with model_file.Archive(plain) as opened:
        assert opened.header["networks"] == ["degrader", "oracle", "restorer"]
        assert opened.about == {} and opened.digest == sha256(plain)


def test_a_run_opens_the_model_twice(tmp_path, monkeypatch):
    """Once to look at it before anything is loaded, once for its weights."""
    package = tmp_path / "package"
    path = write_release(package / "default.semclear")
    monkeypatch.setattr(catalogue, "_package_folder", lambda: package)
    monkeypatch.chdir(tmp_path)
    write_tiff(tmp_path / "in.tif")
    opened, listening = [], True

    def listen(event, words):  # a hook cannot be taken away again
        if listening and event == "open" and isinstance(words[0], str | Path) and Path(words[0]) == path:
            opened.append(event)

    sys.addaudithook(listen)
    try:
        assert run(Request(("in.tif",), Path("out"), threads=1)) == 0
    finally:
        listening = False
    assert len(opened) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="an open file is not replaced there")
def test_a_model_that_is_replaced_while_it_is_read_is_refused(tmp_path):
    path = write_release(tmp_path / "a.semclear")
    with model_file.Archive(path) as opened:
        write_release(path, NARROW)
        with pytest.raises(SemclearError, match=r"a\.semclear: was replaced while it was read"):
            opened.release()


def flipped(model, path):
    """Copy a model with a bit of its weights turned."""
    content = bytearray(model.read_bytes())
    content[content.index(b"restorer.npz") + 2000] ^= 1
    path.write_bytes(bytes(content))
    return path


def test_damage_has_one_wording_without_those_of_libraries(tmp_path, model):
    bad_models(model, tmp_path)
    altered(model, tmp_path / "empty-header.semclear", **{"bundle.json": "{}"})
    altered(model, tmp_path / "json.semclear", **{"bundle.json": "no JSON"})
    with zipfile.ZipFile(tmp_path / "other.semclear", "w") as archive:
        archive.writestr("notes.txt", "another archive")
    flipped(model, tmp_path / "flipped.semclear")
    for name, why in {
        "cut": "no zip archive",
        "text": "no zip archive",
        "empty": "no zip archive",
        "code": "pickled objects, which may be code",
        "flipped": "does not fit its checksum",
        "json": "its text is no JSON",
        "empty-header": "does not list its networks",
        "other": "it holds no bundle.json",
    }.items():
        with pytest.raises(SemclearError) as refused:
            model_file.read(tmp_path / f"{name}.semclear")
        path = tmp_path / f"{name}.semclear"
        assert str(refused.value).startswith(f"{path}: damaged or no semclear model ("), name
        assert why in str(refused.value)
        assert not any(word in str(refused.value) for word in ("zip file", "CRC", "allow_pickle", "char 0"))


def test_the_package_s_model_is_found_by_its_release_s_name_too(tmp_path, monkeypatch, capsys):
    package = tmp_path / "package"
    write_release(package / "default.semclear")
    monkeypatch.setattr(catalogue, "_package_folder", lambda: package)
    project = tmp_path / "study"
    project.mkdir()
    monkeypatch.chdir(project)
    assert catalogue.find("tiny").path == catalogue.find("default").path == catalogue.find().path
    from semclear.tool import models_list

    models_list.run(as_json=False)
    assert "default (tiny)" in capsys.readouterr().out
    models_list.run(as_json=True)
    assert [(one["name"], one["alias"]) for one in json.loads(capsys.readouterr().out)] == [
        ("default", "tiny")
    ]
    with pytest.raises(SemclearError, match="did you mean tiny"):
        catalogue.find("tny")
    # The study's own of this name is meant where there is one.
    bundles.save(bundle(), project / "results" / "models" / "tiny.semclear")
    assert catalogue.find("tiny").where == "study"


def test_an_unknown_name_says_what_there_is_and_where_a_study_s_models_are(tmp_path, monkeypatch):
    package = tmp_path / "package"
    package.mkdir()
    bundles.save(bundle(), package / "default.semclear")
    monkeypatch.setattr(catalogue, "_package_folder", lambda: package)
    with pytest.raises(SemclearError, match=r"there is default \(the models of a study .+ file's path\)"):
        catalogue.find("hybrid", tmp_path)
    for name in ("aaa", "bbb"):
        bundles.save(bundle(), tmp_path / "results" / "models" / f"{name}.semclear")
    with pytest.raises(SemclearError, match=r"there are aaa, bbb, default$"):
        catalogue.find("hybrid", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SemclearError, match=r"^model: got 'hybrid'"):
        api.load("hybrid")
    with pytest.raises(SemclearError, match=r"--model: got an empty name"):
        catalogue.find("")


def test_the_least_tile_is_told_before_the_model_is_loaded(tmp_path, model, monkeypatch):
    from semclear.tool.restore import engine

    source = write_tiff(tmp_path / "in" / "a.tif")
    least = LargeRestorer(bundle())._tiled.least
    with pytest.raises(SemclearError, match=f"^tile: got {least - 4} pixels"):
        LargeRestorer(bundle(), tile=least - 4)
    monkeypatch.setattr(engine, "of_model", lambda *words, **more: pytest.fail("loaded"))
    said = rf"^--tile: got {least - 4}, expected at least {least} for this model \(tiny\)"
    with pytest.raises(SemclearError, match=said):
        restore(source, tmp_path / "out", model, tile=least - 4)
    with pytest.raises(SemclearError, match="expected at most 8192"):
        restore(source, tmp_path / "out", model, tile=10**6)
    assert restore(source, tmp_path / "out", model, tile=least, dry_run=True) == 0
    assert not (tmp_path / "out").exists()


def test_arguments_are_checked_before_keras_is_loaded(tmp_path, model):
    bad_models(model, tmp_path)
    write_tiff(tmp_path / "in" / "a.tif")
    code = (
        "import sys; from semclear.cli.main import main\n"
        "try:\n main()\nexcept SystemExit as end:\n"
        " print('KERAS', [m for m in ('keras', 'tensorflow', 'jax', 'torch') if m in sys.modules], end.code)"
    )
    for words in (
        ["in", "-o", "out", "--model", "code.semclear"],
        ["in", "-o", "in", "--model", str(model)],
        ["none", "-o", "out", "--model", str(model)],
        ["in", "-o", "out", "--model", str(model), "--dry-run"],
    ):
        command = [sys.executable, "-c", code, "restore", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert "KERAS [] " in done.stdout.splitlines()[-1], done.stderr
