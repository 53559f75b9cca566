"""Do the drawn micrographs have the properties of real ones?

Measures what `benchmarks.common.picture_properties` names, of pictures of 256 x
256 pixels: of the present data set `general`, of drawn views
(`semclear.scenes.views`) under drawn instruments (`semclear.degradation.family`),
and of every kind of real micrographs in ``$SEMCLEAR_SEM_IMAGES``
(``pairs/noisy``, ``pairs/clean``, ``blurry``, ``sharp``). Of real ones nothing
but medians is kept. Of the drawn ones the noise is known: what two measures
find of it stands below. Views are also compared with clear real micrographs by how soft their edges are: what a
model takes for blurred hangs on that.

    SEMCLEAR_SEM_IMAGES=FOLDER python -m benchmarks.quality.properties [--draws N] [--sheet FILE]

Prints and writes benchmarks/results/properties.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import provenance
from benchmarks.common.picture_properties import PROPERTIES, immerkaer, properties
from semclear import params, row_noise, seeds
from semclear.degradation import forward, instrument
from semclear.degradation.family import draw
from semclear.degradation.instrument import Instrument, ScanNoise
from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.restoration.checks.residual import ROUNDING
from semclear.scenes import render
from semclear.scenes.views.view import render_view
from semclear.tool.micrograph import edge_width

ROOT = provenance.ROOT
SIZE, TILES, DRAWS = 256, 6, 200
#: Real micrographs: column of the table, folder, and what their names begin with.
KINDS = (
    ("tin, fast scan", "pairs/noisy", ""),
    ("tin, slow scan", "pairs/clean", ""),
    ("silica, soft", "blurry", "silica"),
    ("superalloy, noisy", "blurry", "superalloy"),
    ("silica", "sharp", "silica"),
    ("superalloy", "sharp", "superalloy"),
    ("powder", "sharp", "powder"),
    ("coating", "sharp", "ebc"),
    ("glass", "sharp", "glass"),
)
DIGITS = (2, 2, 1, 2, 2, 0, 3, 2)
#: Kinds that are clear: what views stand for.
CLEAR = ("tin, slow scan", "silica", "superalloy", "powder", "coating", "glass")


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A view, the picture of it, the picture without noise, and what noise that was."""

    view: np.ndarray
    picture: np.ndarray
    clear: np.ndarray
    noise: ScanNoise


def tiles(image: np.ndarray) -> list[np.ndarray]:
    """Return at most `TILES` whole squares of an image, spread over it, in [0, 1]."""
    rows, columns = (range(0, side - SIZE + 1, SIZE) for side in image.shape)
    found = [image[y : y + SIZE, x : x + SIZE] / 255.0 for y in rows for x in columns]
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, min(TILES, len(found))).astype(int))]


def real(folder: Path, measure: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    """Return what `measure` gives of each kind of real micrographs, a row a micrograph: medians of its squares."""
    measured = {}
    for kind, place, start in KINDS:
        images = [
            cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((folder / place).glob(f"{start}*"))
        ]
        rows = [[measure(tile) for tile in tiles(image)] for image in images if image is not None]
        if rows:
            measured[kind] = np.array([np.nanmedian(row, axis=0) for row in rows])
    return measured


def softness(image: np.ndarray) -> float:
    """Return the width of an image's edges, 10 to 90 %, pixels; not a number where there are too few."""
    grey = np.asarray(image, np.float32)
    width = edge_width.measure(grey, row_noise.strength(grey))
    return np.nan if width is None else width


def present(settings: params.Params, count: int) -> Iterator[np.ndarray]:
    """Yield micrographs as the data set `general` has them."""
    for i in range(count):
        kind = settings.scenes.kinds[i % len(settings.scenes.kinds)]
        scene = render(kind, SIZE, seeds.generator(settings.seed, "properties", "scene", i), settings.scenes)
        rng = seeds.generator(settings.seed, "properties", "general", i)
        picture = forward.apply(scene.image, forward.draw(settings.degradations["general"], rng))
        yield np.round(picture * 255.0) / 255.0


def drawn(settings: params.Params, count: int) -> Iterator[Drawn]:
    """Yield views and the pictures that drawn instruments make of them."""
    family, views = settings.families["laboratory"], settings.views["laboratory"]
    for i in range(count):
        rng = seeds.generator(settings.seed, "properties", "view", i)
        view = render_view(SIZE, settings.scenes.kinds, views, rng).image
        one = draw(family, seeds.generator(settings.seed, "properties", "instrument", i))

        def picture(one: Instrument, view: np.ndarray = view, i: int = i) -> np.ndarray:
            return instrument.apply(view, one, seeds.generator(settings.seed, "properties", "picture", i))

        clear = picture(dataclasses.replace(one, noise=ScanNoise(), levels=None, jpeg=None))
        yield Drawn(view, picture(one), clear, one.noise)


def found_noise(one: Drawn) -> tuple[float, float, float]:
    """Return the noise measured row by row, the same where rows may depend, and Immerkaer's, over what was put in.

    That is ``sqrt(a^2 + s^2 v)``, and what rounding adds, at the median grey of the flatter half of the blocks.
    """
    inner, clear = one.picture[1:-1], one.clear[1:-1]
    extreme = row_noise.blocks((inner <= 0) | (inner >= 1)).mean(axis=(1, 2)) > row_noise.SATURATED
    if extreme.mean() > 0.5:
        return np.nan, np.nan, np.nan
    uneven = row_noise.structure(clear)
    flat = ~extreme & (uneven <= np.median(uneven[~extreme]))
    grey = float(np.median(row_noise.blocks(clear)[flat].mean(axis=(1, 2))))
    known = np.sqrt(one.noise.additive**2 + one.noise.shot**2 * grey + ROUNDING**2)
    found = row_noise.measure(one.picture)
    return found.strength / known, found.strength_where_rows_depend / known, immerkaer(one.picture) / known


def noise_table(pairs: list[Drawn]) -> str:
    """Return what both measures find of the known noise, as Markdown."""
    ratios = np.array([found_noise(one) for one in pairs])
    smeared = np.array([one.noise.smear > 0.3 or one.noise.memory > 0 for one in pairs])
    across = np.array([one.noise.smear_across > 0 for one in pairs])
    lines = [
        "| measured over known noise: 5, 25, 50, 75, 95 % | pictures | row by row | rows may depend | Immerkaer |",
        "|" + "---|" * 5,
    ]
    for name, chosen in (
        ("white", ~smeared & ~across),
        ("smeared along rows", smeared & ~across),
        ("rows depend on each other", across),
    ):
        part = ratios[chosen & np.isfinite(ratios[:, 0])]
        cells = [
            ", ".join(f"{v:.2f}" for v in np.quantile(part[:, k], [0.05, 0.25, 0.5, 0.75, 0.95]))
            for k in range(3)
        ]
        lines.append(f"| {name} | {len(part)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def table(old: np.ndarray, new: np.ndarray, kinds: dict[str, np.ndarray]) -> str:
    """Return the table as Markdown.

    Parameters
    ----------
    old, new : ndarray, (pictures, properties)
        Of `general` and of the drawn family.
    kinds : dict of str to ndarray
        The same of each kind of real micrographs.
    """
    head = ["", "`general`: 5, 50, 95 %", "drawn family: 5, 50, 95 %", *kinds, "spanned"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    ends = np.quantile(new, [0.05, 0.95], axis=0)
    for column, name in enumerate(PROPERTIES):
        medians = {kind: float(np.median(values[:, column])) for kind, values in kinds.items()}
        missed = [kind for kind, value in medians.items() if not ends[0, column] <= value <= ends[1, column]]

        def text(value: float, digits: int = DIGITS[column]) -> str:
            return f"{value + 0.0:.{digits}f}"

        cells = [
            *(", ".join(map(text, np.quantile(part[:, column], [0.05, 0.5, 0.95]))) for part in (old, new)),
            *map(text, medians.values()),
            "yes" if not missed else f"not {', '.join(missed)}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def softness_table(views: np.ndarray, kinds: dict[str, np.ndarray]) -> str:
    """Return the width of edges as Markdown.

    Parameters
    ----------
    views : ndarray, (pictures,)
        `softness` of drawn views.
    kinds : dict of str to ndarray, (micrographs,)
        The same of clear real ones.
    """
    low, high = np.nanquantile(views, [0.05, 0.95])
    lines = [
        "| width of edges, 10 to 90 %, px | pictures | 5, 25, 50, 75, 95 % | spanned |",
        "|" + "---|" * 4,
    ]
    for kind, values in {"drawn views": views, **kinds}.items():
        known = values[np.isfinite(values)]
        if known.size:
            cells = ", ".join(f"{v:.1f}" for v in np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95]))
            spanned = "" if values is views else "yes" if low <= np.median(known) <= high else "not"
            lines.append(f"| {kind} | {known.size} | {cells} | {spanned} |")
    return "\n".join(lines)


def sheet(pairs: list[Drawn], path: Path, columns: int = 5) -> None:
    """Write the first drawn views and below each its picture, at full size."""
    rows = [
        np.hstack(
            [np.pad(getattr(one, which), 2, constant_values=1.0) for one in pairs[start : start + columns]]
        )
        for start in range(0, min(len(pairs), 4 * columns) - columns + 1, columns)
        for which in ("view", "picture")
    ]
    with whole_file(path) as scratch:
        cv2.imwrite(str(scratch), np.round(np.vstack(rows) * 255.0).astype(np.uint8))


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.properties", description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS, help="drawn pictures of either family")
    parser.add_argument("--sheet", type=Path, help="also write drawn views and pictures to look at, a PNG")
    given = parser.parse_args(arguments)
    try:
        place = os.environ.get("SEMCLEAR_SEM_IMAGES")
        if not place:
            raise SemclearError(
                "SEMCLEAR_SEM_IMAGES: got nothing, expected a folder that holds sharp/; set it"
            )
        kinds = real(Path(place), properties)
        if not kinds:
            raise SemclearError(
                f"{place}: got no micrograph, expected pairs/, blurry/ or sharp/ with some; correct the folder"
            )
        settings = params.load(ROOT / "params.yaml")
        pairs = list(drawn(settings, given.draws))
        old = np.array([properties(picture) for picture in present(settings, given.draws)])
        new = np.array([properties(one.picture) for one in pairs])
        widths = real(Path(place), lambda tile: np.array(softness(tile)))
        soft = softness_table(
            np.array([softness(one.view) for one in pairs]),
            {kind: values for kind, values in widths.items() if kind in CLEAR},
        )
        text = f"{table(old, new, kinds)}\n\n{soft}\n\n{noise_table(pairs)}"
        counts = ", ".join(f"{kind} {len(values)}" for kind, values in kinds.items())
        page = (
            f"# Properties of drawn and real micrographs\n\n{text}\n\n"
            f"Pictures of {SIZE} x {SIZE} pixels: {given.draws} of either drawn family; of real micrographs medians "
            f"over micrographs, of each the median of at most {TILES} squares ({counts}). Spanned: every real median "
            "lies between the 5th and the 95th percentile of the drawn family. Noise by "
            "`semclear.row_noise`; below, what it and Immerkaer's estimate find of the noise put into the drawn "
            "family's pictures, those left out of which more than half is saturated.\n\n"
            f"Commit {provenance.commit()}, {provenance.machine()}.\n"
        )
        with whole_file(ROOT / "benchmarks/results/properties.md") as scratch:
            scratch.write_text(page, encoding="utf-8")
        if given.sheet:
            sheet(pairs, given.sheet)
    except SemclearError as error:
        print(error, file=sys.stderr)
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
