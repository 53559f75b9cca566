"""Splits of real micrographs by source and material, and the scenes that are written of them."""

import csv

import cv2
import numpy as np
import pytest

from benchmarks.trust import textures
from semclear.datasets import manifest
from semclear.datasets.degraded import degrade
from semclear.errors import SemclearError
from semclear.io.databar import Box
from semclear.params import Blur, Degradation, Noise

MATERIALS = {f"powder{i}": "powder" for i in range(8)} | {f"glass{i}": "glass" for i in range(3)}


@pytest.mark.parametrize(
    ("subject", "material"),
    [
        ("SiO2 spheres, JEOL FE-SEM", "sio2 spheres"),
        ("gas-atomised metal powder (spherical particles), SE", "gas-atomised metal powder"),
        ("environmental barrier coating cross-section on SiC, BSE", "environmental barrier coating"),
    ],
)
def test_material_is_what_the_subject_names_first(subject, material):
    assert textures.material_of(subject) == material


def test_every_material_is_split_by_source():
    split_of = textures.split(MATERIALS, 0.3, 5)
    assert split_of.keys() == MATERIALS.keys()
    counts = {
        material: [
            sum(MATERIALS[s] == material and split_of[s] == name for s in MATERIALS)
            for name in ("clear", "degraded", "test")
        ]
        for material in ("powder", "glass")
    }
    assert counts == {"powder": [3, 3, 2], "glass": [1, 1, 1]}
    assert split_of == textures.split(dict(reversed(MATERIALS.items())), 0.3, 5)


def test_unseen_material_is_only_tested_and_on_the_same_sources():
    mixed = textures.split(MATERIALS, 0.3, 5)
    assert textures.without(mixed, MATERIALS, None) == mixed
    cross = textures.without(mixed, MATERIALS, "glass")
    assert {s for s in cross if MATERIALS[s] == "glass"} == {
        s for s in mixed if MATERIALS[s] == "glass" and mixed[s] == "test"
    }
    assert {s: name for s, name in mixed.items() if MATERIALS[s] == "powder" and name != "test"} == {
        s: name for s, name in cross.items() if MATERIALS[s] == "powder"
    }


def test_middle_of_a_box():
    assert textures.middle(Box(0, 0, 100, 50), 64) == Box(18, 0, 64, 50)


@pytest.fixture
def folder(tmp_path):
    """Four sources of two files each of one material, three of a second, one of a third."""
    rng, rows = np.random.default_rng(0), []
    (tmp_path / "sharp").mkdir()
    for material, count, parts in (("powder, SE", 4, 2), ("glass, BSE", 3, 1), ("rare (one)", 1, 1)):
        for number in range(count):
            for part in range(parts):
                name = f"{material[:4]}{number}_{part}.png"
                # Smooth pictures: rows of noise could pass for a data bar's border.
                picture = cv2.GaussianBlur(rng.random((70, 100)), (0, 0), 2.0)
                picture = (picture - picture.min()) / np.ptp(picture)
                cv2.imwrite(str(tmp_path / "sharp" / name), (picture * 255).astype(np.uint8))
                rows.append([f"sharp/{name}", f"raw/{material[:4]}{number}.bmp", material])
    with (tmp_path / "SOURCES.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["file", "original_path", "subject"], *rows])
    return tmp_path


def test_scenes_of_real_texture_become_a_data_set(folder):
    originals, materials = textures.look(folder, 32)
    assert set(materials.values()) == {"powder", "glass"} and len(originals) == 11
    split_of = textures.split(materials, 0.3, 1)
    scenes = textures.write(originals, materials, split_of, 32, folder / "work/scenes/manifest.json")
    settings = Degradation(
        blur=Blur(sigma=[1.0, 2.0]), fog=None, noise=Noise(sigma=[0.01, 0.01], dose=[500.0, 500.0])
    )
    degrade(settings, 1, "gaussian", scenes, folder / "work/gaussian/manifest.json")
    data = manifest.load(folder / "work/gaussian/manifest.json", verify=True)
    for record in data.records:
        assert split_of[record.source] == record.split and record.kind == materials[record.source]
        assert record.image().shape == ((64, 64) if record.split == "test" else (32, 32))
    sources = {name: {r.source for r in data.split(name)} for name in ("clear", "degraded", "test")}
    assert not sources["clear"] & sources["degraded"] and not sources["test"] & (
        sources["clear"] | sources["degraded"]
    )
    averaged = textures.by_source(data.split("test"), lambda record: 1.0 if "_0" in record.id else 3.0)
    assert set(averaged.values()) == {1.0, 2.0}  # glass has one part, powder two


def test_one_source_of_two_materials_is_refused(folder):
    table = folder / "SOURCES.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text(
        "\n".join([*lines[:2], lines[2].replace("powder", "sand"), *lines[3:]]), encoding="utf-8"
    )
    with pytest.raises(SemclearError, match=r"got the material sand, but powder"):
        textures.look(folder, 32)
