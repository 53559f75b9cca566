"""Do the drawn micrographs have the properties of real ones?

Measures what `benchmarks.common.picture_properties` names, of pictures of 256 x
256 pixels: of the present data set `general`, of drawn views
(`semclear.scenes.views`) under drawn instruments (`semclear.degradation.family`),
and of every kind of real micrographs in ``$SEMCLEAR_SEM_IMAGES``
(``pairs/noisy``, ``pairs/clean``, ``blurry``, ``sharp``). Of real ones nothing
but medians is kept.

    SEMCLEAR_SEM_IMAGES=FOLDER python -m benchmarks.quality.properties [--draws N] [--sheet FILE]

Prints and writes benchmarks/results/properties.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import provenance
from benchmarks.common.picture_properties import PROPERTIES, properties
from semclear import params, seeds
from semclear.degradation import forward, instrument
from semclear.degradation.family import Family
from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.scenes import render
from semclear.scenes.views.view import Views, render_view

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


def tiles(image: np.ndarray) -> list[np.ndarray]:
    """Return at most `TILES` whole squares of an image, spread over it, in [0, 1]."""
    rows, columns = (range(0, side - SIZE + 1, SIZE) for side in image.shape)
    found = [image[y : y + SIZE, x : x + SIZE] / 255.0 for y in rows for x in columns]
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, min(TILES, len(found))).astype(int))]


def real(folder: Path) -> dict[str, np.ndarray]:
    """Return the properties of each kind of real micrographs there are, a row a micrograph: medians of its squares."""
    measured = {}
    for kind, place, start in KINDS:
        images = [
            cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((folder / place).glob(f"{start}*"))
        ]
        rows = [[properties(tile) for tile in tiles(image)] for image in images if image is not None]
        if rows:
            measured[kind] = np.array([np.median(row, axis=0) for row in rows])
    return measured


def present(settings: params.Params, count: int) -> Iterator[np.ndarray]:
    """Yield micrographs as the data set `general` has them."""
    for i in range(count):
        kind = settings.scenes.kinds[i % len(settings.scenes.kinds)]
        scene = render(kind, SIZE, seeds.generator(settings.seed, "properties", "scene", i), settings.scenes)
        rng = seeds.generator(settings.seed, "properties", "general", i)
        picture = forward.apply(scene.image, forward.draw(settings.degradations["general"], rng))
        yield np.round(picture * 255.0) / 255.0


def drawn(settings: params.Params, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield views and the pictures that drawn instruments make of them."""
    family, views = Family(), Views()
    for i in range(count):
        rng = seeds.generator(settings.seed, "properties", "view", i)
        view = render_view(SIZE, settings.scenes.kinds, views, rng).image
        rng = seeds.generator(settings.seed, "properties", "instrument", i)
        yield view, instrument.apply(view, family.draw(rng), rng)


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


def sheet(pairs: list[tuple[np.ndarray, np.ndarray]], path: Path, columns: int = 5) -> None:
    """Write the first drawn views and below each its picture, at full size."""
    rows = [
        np.hstack([np.pad(pair[which], 2, constant_values=1.0) for pair in pairs[start : start + columns]])
        for start in range(0, min(len(pairs), 4 * columns) - columns + 1, columns)
        for which in (0, 1)
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
        kinds = real(Path(place))
        if not kinds:
            raise SemclearError(
                f"{place}: got no micrograph, expected pairs/, blurry/ or sharp/ with some; correct the folder"
            )
        settings = params.load(ROOT / "params.yaml")
        pairs = list(drawn(settings, given.draws))
        old = np.array([properties(picture) for picture in present(settings, given.draws)])
        new = np.array([properties(picture) for _, picture in pairs])
        text = table(old, new, kinds)
        counts = ", ".join(f"{kind} {len(values)}" for kind, values in kinds.items())
        page = (
            f"# Properties of drawn and real micrographs\n\n{text}\n\n"
            f"Pictures of {SIZE} x {SIZE} pixels: {given.draws} of either drawn family; of real micrographs medians over "
            f"micrographs, of each the median of at most {TILES} squares ({counts}). Spanned: every real median "
            "lies between the 5th and the 95th percentile of the drawn family. Noise by "
            "`semclear.row_noise`.\n\n"
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
