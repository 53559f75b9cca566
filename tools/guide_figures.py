"""Make the pictures of docs/guide.md with a trained model, from synthetic micrographs alone.

Usage: python tools/guide_figures.py --model NAME_OR_FILE [--out FOLDER] [--work FOLDER] [--chromium PROGRAM]

Draws one scene and a pattern finer than the blur, degrades them, restores them by
`semclear restore` as a person would, and writes guide_restored.png (a micrograph of the kind that models are
trained on), guide_not_for.png (two that they are not for) and guide_report.png (the report in
headless Chromium). Verdicts in the pictures are read from the accounts beside the restored files.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
import yaml
from PIL import Image

from semclear import params
from semclear.degradation import forward
from semclear.errors import SemclearError
from semclear.evaluation.figures import style
from semclear.files import whole_file
from semclear.io.png import to_uint8
from semclear.params import Charging, Degradation, Scenes
from semclear.scenes import render
from semclear.seeds import generator
from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run
from semclear.tool.verdict.wording import LIKE, UNJUDGED, UNLIKE

ROOT = Path(__file__).resolve().parents[1]
SIZE, SHOWN = (
    256,
    116,
)  # pixels of a micrograph, and of its centre that is shown, each as 2 x 2 of the picture
KIND = "spheres"
FINE_PERIOD = 3.0  # pixels; a blur of 2 pixels lets exp(-2 (pi 2 / 3)^2) = 0.02 % of it through
PANEL, GAP, TOP = (
    2 * SHOWN / style.DPI,
    6 / style.DPI,
    28 / style.DPI,
)  # inches: whole pixels, or fine lines beat
CLASSICAL = "dark-channel-wiener"  # of those that remove veil and blur, the best on the study's hybrid set
LARGEST_ERROR = 128  # grey levels that are white in the maps of errors
PAGE = (1000, 1300)  # pixels
COLOURS = 96  # of the picture of the report, so that its file stays small


@dataclass(frozen=True)
class Case:
    """A micrograph whose truth is known: file name, title, truth and degraded, (H, W) in [0, 1], edge of a pixel."""

    name: str
    title: str
    truth: np.ndarray
    degraded: np.ndarray
    pixel_size_nm: float


@dataclass(frozen=True)
class Restored:
    """What came of a case: restored by the model and by `CLASSICAL`, (H, W) in [0, 1], and the model's account."""

    case: Case
    image: np.ndarray
    classical: np.ndarray
    account: dict


def _fine_pattern(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return discs of different grey, each ruled with lines of `FINE_PERIOD` pixels: no blurred one holds them."""
    y, x = np.mgrid[:size, :size].astype(np.float64)
    image = np.full((size, size), 0.15)
    for row in range(3):
        for column in range(3):
            angle = rng.uniform(0, np.pi)
            lines = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / FINE_PERIOD)
            cy, cx = (row + 0.5) * size / 3, (column + 0.5) * size / 3
            inside = np.hypot(x - cx, y - cy) < size / 8
            image = np.where(inside, 0.55 + 0.3 * lines, image)
    return image.astype(np.float32)


def cases(values: dict) -> list[Case]:
    """Return the micrographs: one in the family, one that charges, one with structure below the resolution.

    Parameters
    ----------
    values : dict
        params.yaml as plain values: scenes, degradations.hybrid, out_of_family.charging and seed.
    """
    rng = generator(values["seed"], "guide")
    scene = render(KIND, SIZE, rng, params.validate(Scenes, values["scenes"], "scenes"))
    drawn = forward.draw(
        params.validate(Degradation, values["degradations"]["hybrid"], "degradations.hybrid"), rng
    )
    drawn["blur"] = {"sigma": 2.0}
    charging = forward.draw_charging(
        params.validate(Charging, values["out_of_family"]["charging"], "out_of_family.charging"), rng
    )
    truth, fine = np.asarray(scene.image, np.float32), _fine_pattern(SIZE, rng)
    size_nm = round(scene.pixel_size_nm, 1)
    return [
        Case("in the family", "blur and veil, as trained on", truth, forward.apply(truth, drawn), size_nm),
        Case("charging", "charging", truth, forward.apply(truth, {**drawn, "charging": charging}), size_nm),
        Case(
            "too fine",
            f"lines of {FINE_PERIOD:g} pixels, finer than the blur",
            fine,
            forward.apply(fine, drawn),
            size_nm,
        ),
    ]


def restored(made: Sequence[Case], model: str, folder: Path) -> list[Restored]:
    """Write the degraded micrographs as TIFF files, restore them by the tool, and return what it wrote.

    Raises
    ------
    SemclearError
        When the tool cannot restore one of them.
    """
    source, target, other = (folder / name for name in ("charging specimen", "restored", CLASSICAL))
    source.mkdir(parents=True)
    for case in made:
        per_centimetre = 1e7 / case.pixel_size_nm
        tifffile.imwrite(
            source / f"{case.name}.tif",
            to_uint8(case.degraded),
            resolution=(per_centimetre, per_centimetre),
            resolutionunit="CENTIMETER",
        )
    request = Request(
        (str(source),), target, model=model, uncertainty=True, report=target / "report.html", threads=1
    )
    if run(request) or run(Request((str(source),), other, method=CLASSICAL)):
        raise SemclearError(f"{source}: not all of its micrographs could be restored; see above")
    found = []
    for case in made:
        place = target / f"{case.name}.tif"
        image, classical = (
            tifffile.imread(file).astype(np.float32) / 255 for file in (place, other / place.name)
        )
        account = json.loads(place.with_name(f"{place.name}.json").read_text(encoding="utf-8"))
        found.append(Restored(case, image, classical, account))
    return found


def verdict(account: dict) -> str:
    """Return what the flag says of a file of one page, in words."""
    flag = account["pages"][0]["flag"]
    if flag is None:
        return UNJUDGED
    return f"{UNLIKE if flag['raised'] else LIKE}, p = {flag['p']:.2g}"


def _centre(image: np.ndarray) -> np.ndarray:
    start = (SIZE - SHOWN) // 2
    return image[start : start + SHOWN, start : start + SHOWN]


def draw_rows(path: Path, rows: Sequence[Restored]) -> None:
    """Draw a row a case: as it came, by a classical method, restored, where that errs, truth."""
    width, height = 5 * (PANEL + GAP), len(rows) * (PANEL + 2 * TOP)
    with style.figure(path, width, height) as drawn:
        for number, one in enumerate(rows):
            top = number * (PANEL + 2 * TOP) + 2 * TOP
            error = np.abs(one.image - one.case.truth) * 255 / LARGEST_ERROR
            drawn.text(
                0,
                1 - (top - 1.75 * TOP) / height,
                f"{one.case.title}: {verdict(one.account)}",
                va="top",
                weight="bold",
                fontsize=8,
            )
            for place, (title, image) in enumerate(
                (
                    ("as it came", one.case.degraded),
                    (style.label(CLASSICAL), one.classical),
                    (f"restored by {one.account['model']['name']}", one.image),
                    (f"its error, white: {LARGEST_ERROR} of 255", error),
                    ("truth, which nobody has", one.case.truth),
                )
            ):
                axes = style.place(drawn, place * (PANEL + GAP), top, PANEL, PANEL)
                axes.imshow(_centre(image), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
                axes.set_title(title, pad=2, fontsize=7)
    with Image.open(path) as image:
        gray = image.convert("L").quantize(64)  # a micrograph needs no colours, and a guide no 256 levels
    with whole_file(path) as scratch:
        gray.save(scratch, format="png", optimize=True)


def photograph(report: Path, path: Path, program: str, folder: Path) -> None:
    """Write a picture of the top of the report.

    Raises
    ------
    SemclearError
        When the browser makes none.
    """
    shot = folder / "page.png"
    command = [
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'browser'}",
        f"--window-size={PAGE[0]},{PAGE[1]}",
        "--virtual-time-budget=15000",
        f"--screenshot={shot}",
        report.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if not shot.is_file():
        raise SemclearError(f"{program}: made no picture of {report}: {done.stderr.strip()[-200:]}")
    with Image.open(shot) as image:
        small = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    with whole_file(path) as scratch:
        small.save(scratch, format="png", optimize=True)


def main(arguments: list[str] | None = None) -> None:
    """Write the three pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="a file or a name of `semclear models`; by default the package's own")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "figures")
    parser.add_argument(
        "--work", type=Path, help="folder for the restored files, to keep them; must not exist"
    )
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    asked = parser.parse_args(arguments)
    if asked.chromium is None:
        raise SemclearError("--chromium: none is on the PATH, expected a Chromium; install one or name it")
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.work or Path(scratch) / "guide"
        found = restored(cases(values), asked.model, folder)
        draw_rows(asked.out / "guide_restored.png", found[:1])
        draw_rows(asked.out / "guide_not_for.png", found[1:])
        photograph(
            folder / "restored" / "report.html", asked.out / "guide_report.png", asked.chromium, Path(scratch)
        )
    for one in found:
        print(f"{one.case.name}: {verdict(one.account)}")


if __name__ == "__main__":
    try:
        main()
    except SemclearError as error:
        sys.exit(f"error: {error}")
