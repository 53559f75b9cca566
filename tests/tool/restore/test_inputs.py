"""Files, folders and patterns give the files that are meant; results never take a file's place."""

import os
import socket
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from semclear.errors import SemclearError
from semclear.tool.restore import inputs, outputs, result_files
from semclear.tool.restore.inputs import Input

links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


@pytest.fixture
def folder(tmp_path):
    for name in (
        "b.tif",
        "a.PNG",
        "read me.txt",
        ".hidden.tif",
        "deep/c.bmp",
        "deep/er/d.jpeg",
        ".git/e.tif",
    ):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "in"


def names(found):
    return [item.path.name for item in found.items]


def test_a_folder_gives_its_images_by_name(folder):
    assert names(inputs.find([str(folder)])) == ["a.PNG", "b.tif"]


def test_uncertainty_maps_of_an_earlier_run_are_no_micrographs(folder):
    made = result_files.uncertainty_place_of(folder / "b.tif")
    made.write_bytes(b"x")
    assert made.name == "b.tif.uncertainty.tif"
    assert names(inputs.find([str(folder)])) == ["a.PNG", "b.tif"]
    assert names(inputs.find([str(made)])) == [made.name]


def test_folders_within_folders_on_demand_and_they_are_kept(folder):
    found = inputs.find([str(folder)], recursive=True)
    assert {(item.path.name, item.folder.as_posix()) for item in found.items} == {
        ("a.PNG", "."),
        ("b.tif", "."),
        ("c.bmp", "deep"),
        ("d.jpeg", "deep/er"),
    }


def test_a_file_is_taken_whatever_its_name(folder):
    assert names(inputs.find([str(folder / "read me.txt")])) == ["read me.txt"]


@pytest.mark.parametrize(("pattern", "found"), [("*.tif", ["b.tif"]), ("**/*.[bj]*", ["c.bmp", "d.jpeg"])])
def test_patterns(folder, pattern, found):
    assert sorted(names(inputs.find([str(folder / pattern)]))) == found


def test_a_name_that_looks_like_a_pattern_is_itself(tmp_path):
    (tmp_path / "spot[1].tif").write_bytes(b"x")
    (tmp_path / "spot1.tif").write_bytes(b"x")
    assert names(inputs.find([str(tmp_path / "spot[1].tif")])) == ["spot[1].tif"]


def test_brackets_are_a_pattern_only_where_no_file_has_them(tmp_path):
    for name in ("run[1]/a.tif", "run[1]/b[2]x.tif", "run1/other.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert names(inputs.find([str(tmp_path / "run[1]" / "*.tif")])) == ["a.tif", "b[2]x.tif"]
    assert names(inputs.find([str(tmp_path / "run[1]" / "b[2]*.tif")])) == ["b[2]x.tif"]
    assert names(inputs.find([str(tmp_path / "run1" / "[a-o]*.tif")])) == ["other.tif"]
    assert names(inputs.find([str(tmp_path / "run[0-9]" / "*.tif")])) == ["other.tif"]


@pytest.mark.parametrize("form", ["{} ", " {}", "{}\n", "file://{}", "file://localhost{}", "file://{} "])
def test_names_as_they_are_pasted(tmp_path, form):
    path = tmp_path / "a b%20.tif"
    path.write_bytes(b"x")
    named = form.format(quote(path.as_posix()) if "file" in form else path)
    assert [item.path for item in inputs.find([named]).items] == [path]


def test_a_name_that_ends_in_a_space_is_itself(tmp_path):
    for name in ("a.tif", "a.tif "):
        (tmp_path / name).write_bytes(b"x")
    assert names(inputs.find([str(tmp_path / "a.tif ")])) == ["a.tif "]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
@pytest.mark.parametrize("pattern", ["", "*", "**/*"])
def test_pipes_and_sockets_are_passed_over_with_a_line(tmp_path, pattern):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.tif").write_bytes(b"x")
    os.mkfifo(folder / "p.tif")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "s.tif"))  # whose names must be short
    found = inputs.find([str(folder / pattern)])
    assert names(found) == ["a.tif"]
    (note,) = found.notes
    assert str(folder / "p.tif") in note and str(folder / "s.tif") in note and "passed over" in note
    assert outputs.is_no_image(folder / "p.tif") is False  # nobody waits for it
    with pytest.raises(SemclearError, match="got a pipe, socket or device, expected image files"):
        inputs.find([str(folder / "p.tif")])


def test_spaces_and_letters_beyond_ascii(tmp_path):
    name = "SiO₂ Größe µm 試料.tif"
    (tmp_path / name).write_bytes(b"x")
    assert names(inputs.find([str(tmp_path)])) == [name]
    assert names(inputs.find([str(tmp_path / "*試料*")])) == [name]


def test_each_file_once_in_the_order_named(folder):
    words = [str(folder / "b.tif"), str(folder), str(folder / "deep" / ".." / "b.tif"), str(folder / "*.tif")]
    assert names(inputs.find(words)) == ["b.tif", "a.PNG"]


@links
def test_a_loop_of_links_ends(folder):
    (folder / "deep" / "back").symlink_to(folder, target_is_directory=True)
    (folder / "deep" / "self.tif").symlink_to(folder / "deep" / "self.tif")
    found = names(inputs.find([str(folder)], recursive=True))
    assert sorted(found) == ["a.PNG", "b.tif", "c.bmp", "d.jpeg", "self.tif"]


@links
def test_linked_folders_are_entered_and_a_linked_file_is_the_same_file(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "f.tif").write_bytes(b"x")
    (folder / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (folder / "copy.tif").symlink_to(folder / "b.tif")
    found = names(inputs.find([str(folder)], recursive=True))
    assert "f.tif" in found and len([name for name in found if name in ("copy.tif", "b.tif")]) == 1


@links
@pytest.mark.parametrize("name", ["a-link.tif", "z-link.tif"])
@pytest.mark.parametrize("as_folder", [True, False])
def test_of_a_file_and_a_link_to_it_the_file_is_meant(tmp_path, name, as_folder):
    (tmp_path / "p.tif").write_bytes(b"x")
    (tmp_path / name).symlink_to(tmp_path / "p.tif")
    found = inputs.find([str(tmp_path if as_folder else tmp_path / "*")])
    assert names(found) == ["p.tif"]
    assert found.notes == (f"{tmp_path / name}: passed over, it is the same file as {tmp_path / 'p.tif'}",)


def test_what_restoring_wrote_is_passed_over_in_a_pattern_too(tmp_path):
    for name in ("p.png", "p.png.json", "p.png.uncertainty.tif", "report.html", "notes.txt", "other.json"):
        (tmp_path / name).write_bytes(b"x")
    found = inputs.find([str(tmp_path / "*")])
    assert names(found) == ["notes.txt", "other.json", "p.png"]
    (note,) = found.notes
    assert note.startswith(str(tmp_path / "p.png.json")) and "semclear writes such files" in note
    # A shell expands the pattern itself.
    assert inputs.find([str(path) for path in sorted(tmp_path.iterdir())]) == found
    # Named alone it is meant.
    alone = inputs.find([str(tmp_path / "p.png.uncertainty.tif")])
    assert names(alone) == ["p.png.uncertainty.tif"] and alone.notes == ()


def test_results_of_last_time_are_no_inputs(folder):
    out = folder / "restored"
    out.mkdir()
    (out / "b.tif").write_bytes(b"x")
    found = inputs.find([str(folder)], recursive=True, output=out)
    assert names(found).count("b.tif") == 1


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("in/none.tif", "no such file or folder"),
        ("in/*.xyz", "no file that matches"),
        ("empty", "got no image"),
    ],
)
def test_nothing_found_is_an_error(folder, tmp_path, word, said):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SemclearError, match=said):
        inputs.find([str(tmp_path / word)])
    with pytest.raises(SemclearError, match="INPUT: got nothing"):
        inputs.find([])
    with pytest.raises(SemclearError, match=r"INPUT: got an empty name.+unset\?"):
        inputs.find([str(folder), ""])


@pytest.mark.parametrize("word", ["a" * 300, "~nobody-of-this-name/a.tif"])
def test_a_path_that_the_system_refuses_is_one_line(word):
    with pytest.raises(SemclearError, match="cannot be looked at"):
        inputs.find([word])


def test_outputs_keep_names_and_a_jpeg_becomes_a_png(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "b.jpg").write_bytes(b"\x89PNG\r\n\x1a\n")  # a PNG by its contents
    found = [Input(tmp_path / "a.jpg"), Input(tmp_path / "b.jpg"), Input(tmp_path / "c.tif", Path("deep"))]
    places = outputs.planned(found, tmp_path / "out")
    assert list(places.values()) == [tmp_path / "out" / name for name in ("a.png", "b.png", "deep/c.tif")]


def test_two_inputs_of_one_output_are_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"no image: nothing will be written for it")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.txt").write_bytes(b"as little")
    assert (
        len(outputs.planned([Input(tmp_path / "a.txt"), Input(tmp_path / "b" / "a.txt")], tmp_path / "o"))
        == 2
    )
    with pytest.raises(SemclearError, match="same output as"):
        outputs.planned([Input(tmp_path / "x/A.tif"), Input(tmp_path / "y/a.tif")], tmp_path / "out")


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (("a.jpg", "a.png"), ["a.jpg.png", "a.png"]),
        (("a.png", "a.jpg"), ["a.png", "a.jpg.png"]),
        (("a.jpg", "a.jpeg", "b.jpg"), ["a.jpg.png", "a.jpeg.png", "b.png"]),
    ],
)
def test_a_jpeg_beside_its_png_keeps_its_ending_in_the_name(tmp_path, names, made):
    for name in names:
        (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0" if name[-3:] != "png" else b"\x89PNG\r\n\x1a\n")
    places = outputs.planned([Input(tmp_path / name) for name in names], tmp_path / "out")
    assert [place.name for place in places.values()] == made


def test_the_folder_of_an_input_is_refused_as_output(tmp_path, monkeypatch):
    (tmp_path / "a.tif").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, Path(), tmp_path / "sub" / ".."):
        with pytest.raises(SemclearError, match="originals are never replaced"):
            outputs.planned([Input(tmp_path / "a.tif")], folder)


def test_what_stands_there_is_left_without_overwrite(tmp_path):
    places = [tmp_path / "out" / "a.tif"]
    outputs.check_free(places, overwrite=False)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.tif").write_bytes(b"x")
    with pytest.raises(SemclearError, match="1 of 1 outputs exist already; add --overwrite"):
        outputs.check_free(places, overwrite=False)
    outputs.check_free(places, overwrite=True)


def test_an_output_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    for folder in (tmp_path / "file", tmp_path / "file" / "deep"):
        with pytest.raises(SemclearError, match="cannot be written to"):
            outputs.check_writable(folder)
    outputs.check_writable(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []
