"""Real micrographs in sets: fast against slow scans, sharp ones degraded in known ways, and sharp ones as they are."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import shift
from skimage.registration import phase_cross_correlation

from benchmarks.trust.textures import TABLE, material_of, middle
from semclear import params
from semclear.datasets import sources
from semclear.degradation import instrument
from semclear.degradation.instrument import Instrument
from semclear.errors import SemclearError
from semclear.evaluation.benchmark.real_pictures import SETS as DEGRADED
from semclear.evaluation.benchmark.real_pictures import drawn_instrument
from semclear.io import databar, read_single
from semclear.seeds import generator

PAIRS, SHARP = "pairs", "sharp"
SETS = (PAIRS, *DEGRADED, SHARP)
#: Largest side of a sharp picture, pixels.
SIDE = 320


@dataclass(frozen=True, eq=False)
class Picture:
    """What a method is given and what it is held against.

    Attributes
    ----------
    name, material, source : str
        Of the micrograph; crops of one micrograph share the source.
    image, truth : ndarray, (H, W), float32
        In [0, 1].
    known : Instrument or None
        How the image was made of the truth; None where nobody knows.
    """

    name: str
    material: str
    source: str
    image: np.ndarray
    truth: np.ndarray
    known: Instrument | None = None

    @property
    def digest(self) -> str:
        """Eight digits that change with any grey of image or truth."""
        return hashlib.sha256(
            np.ascontiguousarray(self.image).tobytes() + np.ascontiguousarray(self.truth).tobytes()
        ).hexdigest()[:8]


def read(*paths: Path) -> list[np.ndarray]:
    """Return the pictures of micrographs' files in the part that none of them has as data bar or frame.

    Parameters
    ----------
    *paths : Path
        Of micrographs of one size.

    Returns
    -------
    list of ndarray, (H, W), float32
        In [0, 1].

    Raises
    ------
    SemclearError
        When they differ in size.
    """
    images = [np.asarray(read_single.read(path).image, np.float32) for path in paths]
    if len({image.shape for image in images}) > 1:
        raise SemclearError(
            f"{paths[0]}: got {images[0].shape}, but {paths[1]} has {images[1].shape}; crop both alike"
        )
    shown = databar.box(images[0])
    for image in images[1:]:
        shown = shown.common(databar.box(image))
    return [np.ascontiguousarray(shown.of(image)) for image in images]


def registered(truth: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return the truth shifted onto the image by phase correlation, to a twentieth of a pixel.

    Parameters
    ----------
    truth, image : ndarray, (H, W)
        Two scans of one place. What the shift brings in from outside repeats the border.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1]; cubic splines between pixels.
    """
    moved, _, _ = phase_cross_correlation(image, truth, upsample_factor=20)
    return np.clip(shift(truth, moved, order=3, mode="nearest"), 0, 1).astype(np.float32)


def in_turns(
    names: Sequence[str], group_of: Callable[[str], str], seed: int, share: float = 1.0
) -> list[str]:
    """Return the names shuffled, the groups by turns, so that any first part of the list holds all of them.

    Parameters
    ----------
    names : sequence of str
        Any order.
    group_of : callable
        From a name to its group.
    seed : int
        The study's seed.
    share : float
        Of the list to return, its beginning, rounded up.
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        groups.setdefault(group_of(name), []).append(name)
    place = {}
    for group, members in groups.items():
        for turn, index in enumerate(generator(seed, "real", group).permutation(len(members))):
            place[members[index]] = (turn, group)
    ordered = sorted(place, key=lambda name: place[name])
    return ordered[: math.ceil(share * len(ordered))]


def pairs(folder: Path, seed: int, share: float = 1.0) -> Iterator[Picture]:
    """Yield the fast scans with the registered slow scans as their truth.

    Raises
    ------
    SemclearError
        When there is none, or a slow scan is missing or of another size.
    """
    noisy = {path.name: path for path in (folder / "pairs/noisy").glob("*.png")}
    if not noisy:
        raise SemclearError(
            f"{folder}/pairs/noisy: got no PNG, expected fast scans; correct SEMCLEAR_SEM_IMAGES"
        )
    for name in in_turns(list(noisy), lambda name: name.partition("_")[0], seed, share):
        image, truth = read(noisy[name], folder / "pairs/clean" / name)
        yield Picture(noisy[name].stem, "tin balls", noisy[name].stem, image, registered(truth, image))


def sharp(folder: Path, seed: int, share: float = 1.0, side: int = SIDE) -> Iterator[Picture]:
    """Yield the middle of one picture of every source, at most `side` pixels wide and high, as image and truth.

    Raises
    ------
    SemclearError
        When there is none, or SOURCES.csv lacks one.
    """
    files = {path.stem: path for path in sorted((folder / "sharp").glob("*.png"), reverse=True)}
    if not files:
        raise SemclearError(
            f"{folder}/sharp: got no PNG, expected sharp micrographs; correct SEMCLEAR_SEM_IMAGES"
        )
    source_of = sources.by_table(folder / TABLE, "original_path")
    subject_of = sources.by_table(folder / TABLE, "subject")
    one_each = {source_of(path): stem for stem, path in files.items()}
    source_named = {stem: source for source, stem in one_each.items()}
    material = {stem: material_of(subject_of(files[stem])) for stem in source_named}
    for stem in in_turns(list(source_named), material.__getitem__, seed, share):
        (picture,) = read(files[stem])
        whole = databar.Box(0, 0, picture.shape[1], picture.shape[0])
        crop = np.ascontiguousarray(middle(whole, side).of(picture))
        yield Picture(stem, material[stem], source_named[stem], crop, crop)


def degraded(name: str, clear: Iterator[Picture], settings: params.Params) -> Iterator[Picture]:
    """Yield sharp pictures as an instrument drawn for each records them; both streams are named by set and picture."""
    assert settings.benchmark is not None
    seed, fixed = settings.seed, settings.benchmark.real
    for one in clear:
        rng = generator(seed, "real", name, one.name)
        made = drawn_instrument(name, one.truth, fixed, settings.degradations, rng)
        image = instrument.apply(one.truth, made, generator(seed, "real", name, one.name, "noise"))
        yield Picture(one.name, one.material, one.source, image, one.truth, made)


def pictures(
    name: str, folder: Path, settings: params.Params, share: float = 1.0, side: int = SIDE
) -> Iterator[Picture]:
    """Yield the pictures of a set, materials by turns.

    Parameters
    ----------
    name : str
        Of `SETS`.
    folder : Path
        Holds pairs/, sharp/ and SOURCES.csv.
    settings : params.Params
        Of the study: its seed and degradations.
    share : float
        Of the set's pictures, the first ones.
    side : int
        Largest side of a sharp picture, pixels.
    """
    if name == PAIRS:
        return pairs(folder, settings.seed, share)
    clear = sharp(folder, settings.seed, share, side)
    return clear if name == SHARP else degraded(name, clear, settings)
