"""What the benchmark on real micrographs takes for its sets, scores, noise and tables."""

import csv
import sys

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from benchmarks.common.provenance import ROOT
from benchmarks.quality import real, real_methods, real_peers, real_scores, real_sets, real_table
from benchmarks.quality.real_sheet import CAPTION, sheet
from semclear import params, row_noise
from semclear.degradation import instrument
from semclear.degradation.instrument import Instrument, ScanNoise
from semclear.degradation.transfer import Probe
from semclear.errors import SemclearError
from semclear.evaluation.benchmark.real_pictures import drawn_instrument

SETTINGS = params.load(ROOT / "params.yaml")


def _scene(height=96, width=120, seed=0):
    """Return smooth blobs with edges, in [0, 1]."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((height, width)), 5)
    return np.float32(0.25 + 0.4 * (field > 0) + 0.15 * (field > field.std()))


def _save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)).save(path)


def _sharp_folder(folder):
    """Write three pictures of two sources, one of them with a data bar."""
    bar = np.zeros((24, 120), np.float32)
    bar[8:14, 10:50:4] = 1.0
    _save(folder / "sharp/a_0.png", np.vstack([_scene(seed=1), bar]))
    _save(folder / "sharp/a_1.png", _scene(seed=2))
    _save(folder / "sharp/b.png", _scene(seed=3))
    with (folder / "SOURCES.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [
                ("file", "original_path", "subject"),
                ("sharp/a_0.png", "a.tif", "glass, BSE"),
                ("sharp/a_1.png", "a.tif", "glass, BSE"),
                ("sharp/b.png", "b.tif", "powder (fine), SE"),
            ]
        )
    return folder


def test_any_first_part_holds_all_groups():
    names = [f"{group}{i}" for group, count in (("a", 2), ("b", 9), ("c", 4)) for i in range(count)]
    order = real_sets.in_turns(names, lambda name: name[0], 7)
    assert sorted(order) == sorted(names)
    assert {name[0] for name in order[:3]} == {name[0] for name in order[3:6]} == {"a", "b", "c"}
    assert real_sets.in_turns(names[::-1], lambda name: name[0], 7, 0.3) == order[:5]


def test_the_slow_scan_is_laid_on_the_fast_one(tmp_path):
    scene = _scene(140, 160)
    random = np.random.default_rng(3)
    _save(tmp_path / "pairs/noisy/x_1.png", scene[10:-10, 10:-10] + 0.08 * random.standard_normal((120, 140)))
    _save(tmp_path / "pairs/clean/x_1.png", scene[13:-7, 8:-12])
    (one,) = real_sets.pairs(tmp_path, 0)
    error = real_scores.inner(one.truth - scene[10:-10, 10:-10])
    assert (
        np.sqrt(np.mean(error**2))
        < 0.02
        < np.sqrt(np.mean((scene[13:-7, 8:-12] - scene[10:-10, 10:-10]) ** 2))
    )
    _save(tmp_path / "pairs/clean/x_1.png", scene)
    with pytest.raises(SemclearError, match="crop both alike"):
        list(real_sets.pairs(tmp_path, 0))


def test_a_sharp_picture_of_each_source_without_its_bar(tmp_path):
    found = {one.source: one for one in real_sets.sharp(_sharp_folder(tmp_path), 0, side=200)}
    assert {source: (one.name, one.material) for source, one in found.items()} == {
        "a.tif": ("a_0", "glass"),
        "b.tif": ("b", "powder"),
    }
    assert found["a.tif"].truth.shape == (96, 120)
    np.testing.assert_allclose(found["a.tif"].truth, _scene(seed=1), atol=1 / 255)
    (small, _) = real_sets.sharp(tmp_path, 0, side=50)
    assert small.image.shape == (50, 50) and small.image is small.truth


def test_degraded_pictures_come_from_named_streams(tmp_path):
    folder = _sharp_folder(tmp_path)
    made = {name: list(real_sets.pictures(name, folder, SETTINGS)) for name in real_sets.DEGRADED}
    again = list(real_sets.pictures("fog", folder, SETTINGS, share=0.5))
    assert [one.digest for one in again] == [made["fog"][0].digest]
    assert len({one.digest for pictures in made.values() for one in pictures}) == 2 * len(real_sets.DEGRADED)
    for name, pictures in made.items():
        for one in pictures:
            veiled = one.known.veil.transmission < 1
            assert veiled == (name in ("fog", "hybrid"))
            assert (one.known.noise.smear > 0) == (name == "rows")
            width = {"blur": 2.0, "disc": 2.0, "fog": 0.0, "rows": 0.0}.get(name)
            assert width is None or one.known.probe.equivalent_sigma == pytest.approx(width)
    low, high = SETTINGS.degradations["hybrid"].blur.sigma
    assert all(low <= one.known.probe.along <= high for one in made["hybrid"])


def test_noise_along_rows_has_the_share_of_the_grey_range(tmp_path):
    scene = np.clip(gaussian_filter(_scene(320, 320), 4), 0, 1)
    low, high = np.percentile(scene, (1, 99))
    for seed in range(3):
        rng = np.random.default_rng(seed)
        made = drawn_instrument("rows", scene, SETTINGS.benchmark.real, SETTINGS.degradations, rng)
        noisy = instrument.apply(scene, made, rng)
        share = np.std(noisy - scene) / (high - low)
        low_share, high_share = SETTINGS.benchmark.real.strength
        assert 0.95 * low_share < share < 1.05 * high_share


def test_fit_is_the_least_squares_line_that_does_not_fall():
    truth = _scene()
    image = 0.3 + 0.4 * truth + 0.05 * np.random.default_rng(1).standard_normal(truth.shape)
    slope, offset = np.polyfit(image.ravel(), truth.ravel(), 1)
    np.testing.assert_allclose(real_scores.fitted(truth, image), slope * image + offset, atol=1e-6)
    np.testing.assert_allclose(real_scores.fitted(truth, 1 - image), truth.mean(), atol=1e-6)


def test_greys_count_raw_and_not_fitted_and_the_border_never():
    truth = _scene()
    image = truth * 0.8 + 0.1
    image[: real_scores.BORDER - 1] = 0
    found = real_scores.scores(truth, image)
    assert found["psnr_fit"] > 100 and found["ssim_fit"] == pytest.approx(1)
    inside = real_scores.inner(truth)
    assert found["psnr"] == pytest.approx(-10 * np.log10(np.mean((0.1 - 0.2 * inside) ** 2)), abs=1e-3)
    assert real_scores.scores(truth, truth + np.float32(0.03))["grey_shift"] == pytest.approx(0.03, abs=1e-5)
    # A blur moves detail and no greys.
    assert real_scores.scores(truth, gaussian_filter(truth, 1))["grey_shift"] < 0.005
    once = real_scores.blurred_scores(gaussian_filter(truth, 1.2), truth, 1.2)
    assert once["psnr_fit"] > 60


def test_spectrum_told_to_bm3d_is_that_of_the_noise():
    shape, smear = (128, 160), 0.8
    settings = ScanNoise(additive=0.05, smear=smear)
    power = np.mean(
        [
            np.abs(np.fft.fft2(instrument.noise(np.zeros(shape), settings, instrument.draws(shape, rng, 2))))
            ** 2
            for rng in map(np.random.default_rng, range(20))
        ],
        axis=0,
    )
    measured = row_noise.RowNoise(0.05, (0.0,) * 4, 0.0, smear, 0.05, 0.0, 0.0)
    told = real_methods.noise_spectrum(measured, shape)
    assert told.mean() == pytest.approx(0.05**2 * 128 * 160, rel=0.02)
    columns = slice(0, 50)
    np.testing.assert_allclose(power.mean(axis=0)[columns], told.mean(axis=0)[columns], rtol=0.15)


def test_wiener_filter_told_blur_and_noise_brings_detail_back():
    scene = _scene(128, 128)
    known = Instrument(probe=Probe(radius=4.0), noise=ScanNoise(additive=0.01))
    image = instrument.apply(scene, known, np.random.default_rng(2))
    one = real_sets.Picture("x", "m", "x", image, scene, known)
    before, after = (real_scores.scores(scene, made) for made in (image, real_methods.wiener_told(one)))
    assert after["psnr"] > before["psnr"] + 0.5 and after["ssim"] > before["ssim"]
    # No other blur does as well: it is the truth that it is told.
    for wrong in (Probe(radius=6.0), Probe()):
        other = Instrument(probe=wrong, noise=known.noise)
        made = real_methods.wiener_told(real_sets.Picture("x", "m", "x", image, scene, other))
        assert real_scores.scores(scene, made)["psnr"] < after["psnr"]


def test_a_function_by_its_name():
    method = real_methods.of_function("numpy:flipud")
    scene = _scene()
    made = method.restore(real_sets.Picture("x", "m", "x", scene, scene))
    assert method.label == "numpy:flipud" and np.array_equal(made, scene[::-1])
    for text in ("numpy:no_such", "no_such_module:f", "numpy"):
        with pytest.raises(SemclearError, match="expected MODULE:FUNCTION"):
            real_methods.of_function(text)


def test_peers_that_are_not_there_are_told_with_the_reason(tmp_path):
    nowhere = real_peers.Peers([str(tmp_path / "python")])
    nowhere.close()
    assert set(nowhere.missing) == {real_peers.BM3D, real_peers.TK_R_EM}
    peers = real_peers.Peers([str(tmp_path / "python"), sys.executable])
    peers.close()
    assert all("No such file" in reason for reason in nowhere.missing.values())
    assert set(peers.missing) <= set(nowhere.missing)
    found, left_out = real_methods.methods([real_methods.INPUT, real_peers.BM3D], [], [], nowhere)
    assert [method.label for method in found] == [real_methods.INPUT]
    assert list(left_out) == [real_peers.BM3D]


def _row(picture="p", method="m", blur="0", data="d", source=None, **scores):
    return {
        "set": "pairs",
        "picture": picture,
        "data": data,
        "blur": blur,
        "method": method,
        "version": "",
        "material": "tin",
        "source": source or picture,
        **{name: str(scores.get(name, 1.0)) for name in real_scores.SCORES},
        "seconds": "1",
        "seed": "1",
        "commit": "c",
        "machine": "x",
    }


def test_rows_of_a_picture_that_changed_do_not_count():
    rows = [
        _row(psnr=1),
        _row(method="n", psnr=2),
        _row(data="new", psnr=3),
        _row("q", psnr=4),
        _row("q", psnr=5),
    ]
    assert [(row["method"], row["psnr"]) for row in real_table.latest(rows)] == [("m", "3"), ("m", "5")]


def test_a_mean_is_of_one_version_of_a_method():
    rows = [_row(psnr=1), _row("q", psnr=2), {**_row("q", psnr=3), "version": "new"}]
    assert [row["psnr"] for row in real_table.latest(rows)] == ["3"]


def test_best_means_are_bold_and_over_sources():
    rows = [
        _row("a", "first", source="one", psnr=10, grey_shift=0.1),
        _row("b", "first", source="one", psnr=20, grey_shift=0.1),
        _row("c", "first", source="two", psnr=25, grey_shift=0.1),
        _row("a", "second", source="one", psnr=19, grey_shift=0.0),
    ]
    assert len(real_table.blocks(rows, SETTINGS)) == 1
    block, common = real_table.blocks(rows, SETTINGS, least=1)
    head = list(block.columns)
    first, second = block.rows
    assert first[:2] == ["first", "3"] and second[:2] == ["second", "1"]
    raw, moved = head.index("PSNR raw (dB)"), head.index("greys moved")
    assert first[raw].startswith("**20.00** [") and second[raw] == "19.00"
    # What has fewer pictures is not the best of them, and is compared once more on those that all have.
    assert first[moved].startswith("**0.100**") and second[moved] == "0.000"
    assert "that every method has" in common.title
    assert [line[1] for line in common.rows] == ["1", "1"]
    assert [line[raw] for line in common.rows] == ["10.00", "**19.00**"]
    assert [line[moved] for line in common.rows] == ["0.100", "**0.000**"]


def test_each_method_has_its_own_best_blur():
    values = {"m": {"0": 20, "0.5": 22, "1.2": 21}, "n": {"0": 25, "0.5": 24, "1.2": 23}}
    rows = [_row(p, m, b, psnr_fit=v) for p in "ab" for m, of in values.items() for b, v in of.items()]
    blocks = real_table.blocks(rows, SETTINGS)
    assert [line[:3] for line in blocks[1].rows] == [["m", "2", "0.5"], ["n", "2", "0"]]
    assert real_table.best_blur([row for row in rows if row["method"] == "m"]) == "0.5"


def test_methods_stand_in_one_order_and_further_ones_last():
    rows = [_row(method=name) for name in ("mine", "tk_r_em", "default", "input")]
    assert list(real_table.by_method(rows)) == ["input", "default", "tk_r_em", "mine"]


def test_pairs_have_a_row_for_each_blur():
    scene = _scene()
    one = real_sets.Picture("x", "m", "x", scene, scene)
    assert [row["blur"] for row in real.rows_of(one, "pairs", scene)] == [0, *real.BLURS]
    assert [row["blur"] for row in real.rows_of(one, "sharp", scene)] == [0]


def test_a_run_goes_on_where_it_stopped(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SEMCLEAR_SEM_IMAGES", str(_sharp_folder(tmp_path / "sem")))
    words = ["real", "--results", str(tmp_path), "--sets", "blur", "sharp", "--methods", "input", "gaussian"]
    monkeypatch.setattr(sys, "argv", [*words, "--share", "0.5"])
    assert real.main() == 0
    first = (tmp_path / "real.csv").read_text()
    assert first.count("\n") == 1 + 4
    monkeypatch.setattr(sys, "argv", words)
    assert real.main() == 0
    whole = (tmp_path / "real.csv").read_text()
    assert whole.startswith(first) and whole.count("\n") == 1 + 8
    table = (tmp_path / "real.md").read_text()
    assert "| gaussian | 2 |" in table and "(`blur`)" in table
    capsys.readouterr()
    monkeypatch.delenv("SEMCLEAR_SEM_IMAGES")
    assert real.main() == 1 and "SEMCLEAR_SEM_IMAGES: got nothing" in capsys.readouterr().err


def test_pictures_of_a_sheet_are_not_scaled():
    image = np.zeros((10, 20))
    made = sheet([("a", image), ("b", image + 1), ("c", image)], across=2)
    assert made.shape == (2 * (CAPTION + 14), 48)
    assert not made[CAPTION : CAPTION + 10, :20].any() and (made[CAPTION : CAPTION + 10, 24:44] == 255).all()
