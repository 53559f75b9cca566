"""Sharp real micrographs of a person's own, degraded by known instruments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from semclear.datasets import sources, survey
from semclear.degradation import instrument
from semclear.degradation.instrument import Instrument, ScanNoise, Veil
from semclear.degradation.transfer import Probe
from semclear.errors import FileError, SemclearError
from semclear.evaluation.benchmark.pictures import Picture, grey
from semclear.io import read_single
from semclear.io.databar import Box
from semclear.io.png import to_uint8
from semclear.params import BenchmarkReal, Degradation, Params
from semclear.seeds import between, generator

#: Veils and mild noise are drawn from the line of `degradations` of the same name, else from `gaussian`.
SETS = ("blur", "disc", "fog", "hybrid", "rows")
PREFIX = "real-"
LEAST_SIDE = 32


def drawn_instrument(
    name: str,
    scene: np.ndarray,
    settings: BenchmarkReal,
    degradations: Mapping[str, Degradation],
    rng: np.random.Generator,
) -> Instrument:
    """Draw the instrument that degrades a scene for a set.

    Parameters
    ----------
    name : str
        Of `SETS`.
    scene : ndarray, (H, W)
        In [0, 1].
    settings : BenchmarkReal
        What is fixed of the sets.
    degradations : mapping
        Of params.yaml, for veils and mild noise.
    rng : numpy.random.Generator
        Source of the parameters.
    """
    if name == "rows":
        low, high = np.percentile(scene, (1, 99))
        strength = between(rng, settings.strength) * (high - low)
        # Half of the variance at the mean grey is shot noise.
        half = strength / np.sqrt(2.0)
        shot = half / np.sqrt(max(float(scene.mean()), 1e-6))
        return Instrument(noise=ScanNoise(additive=half, shot=shot, smear=between(rng, settings.smear)))
    ranges = degradations[name if name in degradations else "gaussian"]
    noise = ScanNoise(
        additive=between(rng, ranges.noise.sigma), shot=1.0 / np.sqrt(between(rng, ranges.noise.dose))
    )
    veil, fog = Veil(), ranges.fog
    if name in ("fog", "hybrid") and fog is not None:
        veil = Veil(
            transmission=between(rng, fog.transmission),
            variation=fog.variation,
            correlation=between(rng, fog.correlation) * max(scene.shape),
            airlight=between(rng, fog.airlight),
        )
    width = settings.blur if name == "blur" else 0.0
    if name == "hybrid" and ranges.blur is not None:
        width = between(rng, ranges.blur.sigma)
    probe = Probe(along=width, across=width, radius=settings.radius if name == "disc" else 0.0)
    return Instrument(probe=probe, veil=veil, noise=noise)


def _middle(path: Path, side: int) -> np.ndarray:
    """Return the middle of a micrograph without data bar and frame, at most `side` wide and high, uint8."""
    read = read_single.read(path)
    image = read.image
    if read.white is not None:  # 4095 of a 12-bit detector's
        image = np.minimum(image * np.float32(np.iinfo(read.dtype).max / read.white), np.float32(1))
    box = read.box
    width, height = min(box.width, side), min(box.height, side)
    if min(width, height) < LEAST_SIDE:
        raise FileError(
            path,
            f"got a picture of {box.width} x {box.height} pixels, expected {LEAST_SIDE} at least; leave it out",
        )
    middle = Box(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height)
    return to_uint8(middle.of(image))


def _plain(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", path.stem)


def _one_each(files: list[Path], source_of: Callable[[Path], str]) -> list[Path]:
    """Return the first file of every source: pictures of one source are no independent observations."""
    first: dict[str, Path] = {}
    for path in files:
        first.setdefault(source_of(path), path)
    return sorted(first.values())


def degraded(settings: Params, folder: Path, table: Path | None = None) -> Iterator[Picture]:
    """Yield the micrographs of a folder as an instrument drawn for each, and for each set, records them.

    Parameters
    ----------
    settings : Params
        Seed, degradations, and `benchmark.real`.
    folder : Path
        Holds sharp micrographs.
    table : Path, optional
        CSV with `file` and `original_path`: of the files with the same text there the first alone is taken.

    Yields
    ------
    Picture
        The truth is the micrograph itself, with the noise of its own microscope.

    Raises
    ------
    SemclearError
        When there is no such folder, a file cannot be read or is too small, or two files have one name.
    """
    assert settings.benchmark is not None
    chosen = settings.benchmark.real
    files = survey.list_images(folder)
    files = _one_each(files, sources.by_name if table is None else sources.by_table(table, "original_path"))
    names = [_plain(path) for path in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SemclearError(f"{folder}: got two micrographs called {twice[0]}, expected one; rename one")
    for path, stem in zip(files, names, strict=True):
        truth = _middle(path, chosen.side)
        scene = grey(truth)
        for name in SETS:
            rng = generator(settings.seed, "real", name, path.stem)
            made = drawn_instrument(name, scene, chosen, settings.degradations, rng)
            image = instrument.apply(scene, made, generator(settings.seed, "real", name, path.stem, "noise"))
            yield Picture(
                name=f"{PREFIX}{name}-{stem}",
                set=f"{PREFIX}{name}",
                image=to_uint8(image),
                truth=truth,
                truth_name=f"{PREFIX}{stem}",
                parameters=made.record(),
            )
