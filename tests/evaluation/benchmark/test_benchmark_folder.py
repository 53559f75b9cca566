"""The benchmark on disk: whole, checked, the same bytes again, and told apart from the published one."""

import json

import numpy as np
import pytest
from small_benchmark import copied, settings

from semclear.errors import FileError, SemclearError
from semclear.evaluation.benchmark import folder as folders
from semclear.evaluation.benchmark import published
from semclear.files import sha256
from semclear.io.png import write_png_integers


def test_made_twice_it_has_the_same_bytes(tmp_path):
    first = copied(tmp_path)
    folders.make(settings(), tmp_path / "again", "0")
    files = [path.relative_to(first.folder) for path in first.folder.rglob("*") if path.is_file()]
    assert len(files) > 30
    assert [name for name in files if sha256(first.folder / name) != sha256(tmp_path / "again" / name)] == []


def test_inputs_lie_apart_from_truths(tmp_path):
    made = copied(tmp_path)
    inputs = {path.name for path in (made.folder / "input").iterdir()}
    assert inputs == {f"{entry.name}.png" for entry in made.entries}
    assert set(json.loads((made.folder / "truth/parameters.json").read_text("utf-8"))) == {
        entry.name for entry in made.entries
    }
    for entry in made.entries:
        assert made.image(entry).shape == made.truth(entry).shape == (64, 64)
        assert (made.labels(entry) is not None) == (entry.labels is not None)


def test_what_stands_there_is_kept(tmp_path):
    made = copied(tmp_path)
    with pytest.raises(FileError, match="has a benchmark already"):
        folders.make(settings(), made.folder, "0")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    with pytest.raises(FileError, match="is there and no benchmark"):
        folders.make(settings(), tmp_path / "thesis", "0", overwrite=True)
    assert (tmp_path / "thesis" / "chapter.tex").is_file()


@pytest.mark.parametrize("name", ["input", "truth", "truth/labels"])
def test_a_changed_file_is_named(tmp_path, name):
    made = copied(tmp_path)
    file = next(path for path in sorted((made.folder / name).iterdir()) if path.suffix == ".png")
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(FileError, match=f"{file.name}: is missing or not what manifest.json names"):
        folders.load(made.folder)


@pytest.mark.parametrize("text", ["", "{}", '{"format": 9, "pictures": []}', "[1]"])
def test_a_damaged_manifest_is_no_benchmark(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"manifest\.json"):
        folders.load(tmp_path)


def test_a_manifest_that_leads_out_of_its_folder_is_refused(tmp_path):
    made = copied(tmp_path)
    file = made.folder / "manifest.json"
    values = json.loads(file.read_text("utf-8"))
    values["pictures"][0]["input"]["file"] = "input/../../secret.png"
    file.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(SemclearError, match=r"input\.file"):
        folders.load(made.folder)


def test_a_digest_is_of_pixels_and_of_one_set(tmp_path):
    made = copied(tmp_path)
    assert len({made.digest(name) for name in made.sets}) == len(made.sets)
    with pytest.raises(SemclearError, match="--set: got 'mist', expected one of gaussian, fog"):
        made.of(["mist"])


def test_the_hash_of_pixels_does_not_depend_on_the_machine_s_byte_order():
    image = np.arange(12, dtype=np.uint16).reshape(3, 4)
    assert folders.pixels_of(image) == folders.pixels_of(image.astype(">u2"))
    assert folders.pixels_of(image) != folders.pixels_of(image.reshape(4, 3))


def test_block_means_are_those_of_the_blocks():
    image = np.zeros((8, 8), np.uint8)
    image[:2, 2:4] = 100
    assert folders.block_means(image) == [0, 100, *[0] * 14]


def _changed(made, tmp_path, change):
    """Return the benchmark with one input changed, its manifest made to fit."""
    entry = made.entries[0]
    image = np.round(made.image(entry) * 255).astype(np.uint8)
    change(image)
    write_png_integers(made.folder / entry.input.file, image)
    stored = folders.StoredFile(
        file=entry.input.file,
        sha256=sha256(made.folder / entry.input.file),
        pixels=folders.pixels_of(image),
        blocks=folders.block_means(image),
    )
    entries = (entry.model_copy(update={"input": stored}), *made.entries[1:])
    return folders.BenchmarkFolder(made.folder, made.version, entries)


def test_pictures_of_other_pixels_are_told_by_how_far_apart_they_are(tmp_path):
    made = copied(tmp_path)
    wanted = published.summary_of(made)
    equal = published.compare(made, wanted)
    assert (equal.verdict, equal.equal_files) == (published.EQUAL, equal.files)

    def one_grey(image):
        image[5, 5] = image[5, 5] - 1 if image[5, 5] else 1

    rounded = published.compare(_changed(made, tmp_path, one_grey), wanted)
    assert rounded.verdict == published.ROUNDED and len(rounded.differing) == 1
    assert "rows can be compared" in rounded.sentence

    def brighter(image):
        image[:16] //= 2

    other = published.compare(_changed(made, tmp_path, brighter), wanted)
    assert other.verdict == published.OTHER and "cannot be compared" in other.sentence


def test_the_same_pixels_in_another_png_are_told(tmp_path):
    made = copied(tmp_path)
    wanted = published.summary_of(made)
    first = made.entries[0]
    stored = first.input.model_copy(update={"sha256": "0" * 64})
    other = folders.BenchmarkFolder(
        made.folder, made.version, (first.model_copy(update={"input": stored}), *made.entries[1:])
    )
    found = published.compare(other, wanted)
    assert (found.verdict, found.equal_pixels, found.equal_files) == (
        published.PIXELS,
        found.files,
        found.files - 1,
    )


def test_missing_pictures_and_another_version_are_another_benchmark(tmp_path):
    made = copied(tmp_path)
    wanted = published.summary_of(made)
    fewer = folders.BenchmarkFolder(made.folder, made.version, made.entries[1:])
    assert published.compare(fewer, wanted).verdict == published.OTHER
    newer = _changed(made, tmp_path, lambda image: image.__setitem__((0, 0), image[0, 0] ^ 1))
    newer = folders.BenchmarkFolder(made.folder, made.version + 1, newer.entries)
    assert published.compare(newer, wanted).verdict == published.OTHER


def test_a_picture_of_the_published_benchmark_is_drawn_here_too():
    """The first of them, not all: a difference of rounding alone would be one of this computer."""
    from itertools import islice
    from pathlib import Path

    from semclear import params
    from semclear.evaluation.benchmark import pictures

    own = params.load(Path(__file__).parents[3] / "params.yaml")
    wanted = published.published()
    assert wanted["version"] == own.benchmark.version
    for one in islice(pictures.drawn(own), len(own.benchmark.sets)):
        blocks = wanted["files"][f"input/{one.name}.png"][2]
        assert np.abs(np.subtract(blocks, folders.block_means(one.image))).max() <= published.ROUNDING
