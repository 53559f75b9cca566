"""The package passes the zoo's test, and the zoo's program restores by tiles what the network restores whole."""

import dataclasses
import zipfile

import export_bundles as small
import numpy as np
import pytest

from semclear.errors import SemclearError
from semclear.export import bioimageio, bioimageio_text, metadata
from semclear.restoration.tiled.receptive_field import reach_of

NEEDS = 'needs the extra: pip install "semclear[bioimageio]"'
core = pytest.importorskip("bioimageio.core", reason=NEEDS)
pydantic = pytest.importorskip("pydantic")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        tuple(map(int, pydantic.VERSION.split(".")[:2])) >= (2, 14),
        reason="bioimageio.spec 0.5.12 cannot write under pydantic 2.14; " + NEEDS,
    ),
]


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Return the packages of two networks, with and without normalisation, and their bundles."""
    made = {}
    for normalisation in ("instance", "none"):
        folder = tmp_path_factory.mktemp(normalisation)
        path = small.saved(folder, normalisation=normalisation)
        bundle = small.made(normalisation)
        bioimageio.write(bundle, metadata.metadata_of(bundle, path), folder / "m.zip", 2e-7, test=False)
        made[normalisation] = bundle, path, folder / "m.zip"
    return made


@pytest.fixture(params=["instance", "none"])
def package(packages, request):
    return packages[request.param]


def test_passes_the_zoo(package):
    summary = core.test_model(package[2])
    names = [detail.name for detail in summary.details]
    assert summary.status == "passed", summary.format()
    assert any("Reproduce test outputs" in name for name in names)
    assert sum("inference for inputs" in name for name in names) >= 6


def test_what_the_package_says(package):
    bundle, path, file = package
    described = core.load_description(file)
    assert (
        described.format_version.startswith("0.5") and described.license == bioimageio_text.LICENSE == "MIT"
    )
    assert described.cite[0].doi == "10.1038/s41598-024-57056-4"
    assert [author.name for author in described.authors] == ["The semclear authors"]
    assert dict(described.config.semclear) == metadata.metadata_of(bundle, path)
    with zipfile.ZipFile(file) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        text = archive.read("README.md").decode()
        image, restored = (
            np.load(archive.open(f"test_{name}.npy"), allow_pickle=False)[0, 0]
            for name in ("input", "output")
        )
        cover = archive.read("cover.png")
    assert "d" * 64 in text and "may be invented" in text and "2.0e-07 grey" in text
    np.testing.assert_allclose(restored, small.expected(bundle, image[None])[0], atol=1e-4)
    width, height = (int.from_bytes(cover[start : start + 4], "big") for start in (16, 20))
    assert width == 2 * height and len(cover) < 500_000


def test_equal_bundles_give_equal_packages(packages, tmp_path):
    bundle, path, file = packages["none"]
    bioimageio.write(bundle, metadata.metadata_of(bundle, path), tmp_path / "again.zip", 2e-7, test=False)
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()


def test_tiles_of_the_zoo_equal_the_whole(packages):
    bundle, _, file = packages["none"]
    described = core.load_description(file)
    smallest, step, halo = bioimageio.sizes_of(bundle)
    assert halo == described.outputs[0].axes[2].halo and halo >= reach_of(bundle.size, bundle.model)
    image = small.images(1, 3 * smallest, 4 * smallest + step)
    sample = core.digest_spec.create_sample_for_model(described, inputs={"micrograph": image[:, None]})
    with core.create_prediction_pipeline(described) as pipeline:
        by_tiles = pipeline.predict_sample_with_blocking(sample).members["restored"].data.to_numpy()[0, 0]
    whole = small.expected(bundle, image)[0]
    # At the border the zoo's program continues the micrograph by reflection, where the network sees zeros.
    inner = (slice(halo, -halo),) * 2
    np.testing.assert_allclose(by_tiles[inner], whole[inner], atol=1e-4)


def test_instance_normalisation_has_no_tiles(packages):
    assert bioimageio.sizes_of(packages["instance"][0]) == (64, 1, None)
    # Eight levels reach so far that no tile would be smaller than a micrograph.
    bundle = packages["none"][0]
    deep = bundle.size.model_copy(update={"levels": 8})
    assert bioimageio.sizes_of(dataclasses.replace(bundle, size=deep)) == (64, 1, None)


def test_a_package_that_the_zoo_does_not_pass(packages, tmp_path, monkeypatch):
    bundle, path, _ = packages["none"]
    run = bioimageio.OnnxNetwork.__call__
    monkeypatch.setattr(
        bioimageio.OnnxNetwork, "__call__", lambda self, images: np.clip(run(self, images) + 0.2, 0, 1)
    )
    with pytest.raises(SemclearError, match=r"bioimageio\.core does not pass the package"):
        bioimageio.write(bundle, metadata.metadata_of(bundle, path), tmp_path / "m.zip")
    assert list(tmp_path.iterdir()) == []
