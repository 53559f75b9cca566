"""A pack holds what the data set holds, to the bit, and says what is wrong with a file that is none."""

import hashlib
import json

import numpy as np
import pytest

from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.packs import pack

SPLITS = ("clear", "degraded", "validation", "test")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("set") / "manifest.json"
    rng = np.random.default_rng(1)
    with draft(path, "hybrid", "synthetic") as made:
        for number, split in enumerate([*SPLITS, *SPLITS]):
            name = f"{split}-{number}"
            image, truth = rng.random((2, 20, 24 + number))
            files = made.add_image(f"{name}.png", image)
            if split != "clear":
                files |= made.add_truth(f"{name}-truth.png", truth)
            parameters = {"sigma": 1.5 + number}
            made.records.append(Record(id=name, split=split, source=name, parameters=parameters, **files))
    return path


def test_a_pack_gives_back_every_image_and_truth(data, tmp_path):
    pack.pack(data, tmp_path / "a.npz")
    packed, plain = pack.load(tmp_path / "a.npz"), manifest.load(data)
    assert (packed.name, packed.kind) == ("hybrid", "synthetic")
    assert packed.digest == plain.digest == hashlib.sha256(data.read_bytes()).hexdigest()
    for split in SPLITS:
        ours, theirs = packed.split(split), plain.split(split)
        assert len(ours) == len(theirs) == 2
        for own, other in zip(ours, theirs, strict=True):
            assert (own.id, own.source, own.parameters) == (other.id, other.source, other.parameters)
            assert own.image().dtype == np.float32 and own.levels.dtype == np.uint8
            np.testing.assert_array_equal(own.image(), other.image())
            if split == "clear":
                assert own.truth() is None and other.truth() is None
            else:
                np.testing.assert_array_equal(own.truth(), other.truth())


def test_sizes_are_those_of_the_training_micrographs(data, tmp_path):
    pack.pack(data, tmp_path / "a.npz")
    assert pack.load(tmp_path / "a.npz").sizes == [(20, 24), (20, 25), (20, 28), (20, 29)]


def test_packing_twice_gives_equal_bytes(data, tmp_path):
    pack.pack(data, tmp_path / "a.npz")
    pack.pack(data, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_grey_between_the_levels_is_kept():
    fine = np.array([[0.0, 0.1234567], [1.0, 0.5]], np.float32)
    assert pack._stored(fine).dtype == np.float32
    np.testing.assert_array_equal(pack._grey(pack._stored(fine)), fine)
    assert pack._stored(np.array([[0.0, 1.0]])).dtype == np.uint8


def test_another_ending_is_refused(data, tmp_path):
    with pytest.raises(SemclearError, match=r"got the ending '\.zip', expected \.npz"):
        pack.pack(data, tmp_path / "a.zip")
    assert not list(tmp_path.iterdir())


def test_a_changed_image_is_not_packed(data, tmp_path):
    image = manifest.load(data).records[0].image_path
    before = image.read_bytes()
    image.write_bytes(before + b"x")
    try:
        with pytest.raises(SemclearError, match="got contents with hash"):
            pack.pack(data, tmp_path / "a.npz")
    finally:
        image.write_bytes(before)
    assert not list(tmp_path.iterdir())


def test_no_file_is_said(tmp_path):
    with pytest.raises(SemclearError, match="no such file, expected a packed data set; make it with"):
        pack.load(tmp_path / "none.npz")


@pytest.mark.parametrize("damage", ["text", "cut", "flipped", "no header", "no image", "unknown key"])
def test_damage_is_said_in_one_line(data, tmp_path, damage):
    path = tmp_path / "a.npz"
    pack.pack(data, path)
    content = path.read_bytes()
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(str(arrays["header"]))
    if damage == "text":
        path.write_text("no archive")
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        place = content.index(b"image000001.npy") + 200
        path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
    else:
        if damage == "no header":
            del arrays["header"]
        elif damage == "no image":
            del arrays["image000003"]
        else:
            header["records"][0]["colour"] = "red"
            arrays["header"] = np.array(json.dumps(header))
        np.savez(path, **arrays)
    with pytest.raises(SemclearError, match="damaged file or no packed data set") as error:
        pack.load(path)
    assert "\n" not in str(error.value)


def test_another_format_is_said(data, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, header=np.array(json.dumps({"format": 9})))
    with pytest.raises(SemclearError, match="got a pack of format 9, expected 1"):
        pack.load(path)
