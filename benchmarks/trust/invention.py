"""Do the map of what may be invented, the conservative mode and the verdict tell the truth, where the truth is known?

Sets: `drawn`, views under drawn instruments, those of the default model's own test; `objects`, further ones of spheres
and particles alone; `blur`, `disc`, `fog`, `hybrid` and `rows`, sharp real micrographs degraded in known ways; `pairs`,
fast scans with registered slow scans as truth, see `benchmarks.quality.real_sets`. What is invented is defined by
`semclear.restoration.checks.invention.against_truth`, before any map was looked at.

    SEMCLEAR_SEM_IMAGES=FOLDER python -m benchmarks.trust.invention [--sets NAME ...] [--count N] [--work FOLDER]
        [--table] [--sheet FOLDER]

Writes into benchmarks/results invention.csv, a row a picture, and goes on where it stopped, sets by turns; then
invention.md. --table does the latter alone. --sheet writes of the first pictures of every set micrograph, restoration
and conservative one above truth, map and what is truly invented instead.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.quality import real_sets
from benchmarks.quality.real_scores import BORDER
from benchmarks.trust import invention_table as table
from semclear import compute, params, row_noise
from semclear.degradation import family as families
from semclear.degradation import instrument
from semclear.errors import SemclearError
from semclear.evaluation.metrics import psnr, ssim
from semclear.evaluation.tables.writers import markdown, write_text
from semclear.evaluation.trust import objects
from semclear.evaluation.trust.measures import KINDS
from semclear.evaluation.trust.segmentation import segment
from semclear.files import sha256, whole_file
from semclear.models import release as releases
from semclear.networks.apply import lifted
from semclear.restoration.checks import consistency, gain, invention
from semclear.restoration.checks.invention import VISIBLE, Conditions
from semclear.restoration.restorer import Restorer, is_sharp
from semclear.scenes.views.view import render_view
from semclear.seeds import generator

DEFAULT = ROOT / "src/semclear/pretrained/default.semclear"
DRAWN, OBJECTS = "drawn", "objects"
#: Grey standard deviation that is white in the maps of a sheet.
BRIGHTEST = 0.03
SETS = (DRAWN, OBJECTS, *real_sets.DEGRADED, real_sets.PAIRS)
KEYS = ("set", "picture", "model_sha256")
VARIANTS = ("input", "restored", "conservative", "clear")
COUNTS = ("true", "segments", "invented", "found", "difference", "diameter")
COLUMNS = (
    *KEYS,
    *(
        "kind",
        "source",
        "veiled",
        "left_alone",
        "lifted",
        "flag",
        "recommended",
        "expected_gain",
        "noise",
        "sigma",
    ),
    *("invented_share", "invented_restored", "invented_conservative"),
    *(f"{measure}_{variant}" for variant in VARIANTS[:3] for measure in ("psnr", "ssim")),
    *(f"auc_{name}" for name in table.SCORES),
    *(f"{side}_{name}" for name in table.SCORES for side in ("with", "without")),
    *(f"{variant}_{count}" for variant in VARIANTS for count in COUNTS),
    *("seed", "commit", "machine"),
)


@dataclass(frozen=True, eq=False)
class Picture:
    """A micrograph with its truth, (H, W) in [0, 1], float32, and where it is drawn its objects."""

    name: str
    kind: str
    source: str
    image: np.ndarray
    truth: np.ndarray
    veiled: bool
    labels: np.ndarray | None = None


def drawn(settings: params.Params, name: str, count: int) -> Iterator[Picture]:
    """Yield drawn views under drawn instruments, as the default's set has them; of `OBJECTS` spheres and particles.

    Those of `DRAWN` are its test micrographs, of which no training or calibration saw any.
    """
    dataset = settings.pretrained["default"].dataset
    views = settings.views[dataset]
    family, size = settings.families[views.family], settings.scales[views.scale].data.size
    for number in range(count):
        identity, stream, kinds = f"test-{number:04d}", dataset, list(settings.scenes.kinds)
        if name == OBJECTS:
            identity, stream, kinds = f"objects-{number:04d}-0", "trust", [KINDS[number % len(KINDS)]]
            views = views.model_copy(update={"smooth": 0.0, "layers": 0.0, "leaves": 0.0})
        scene = render_view(size, kinds, views, generator(settings.seed, "view", stream, identity))
        rng = generator(settings.seed, "observe", stream, identity)
        one = families.draw(family, rng)
        truth = instrument.exposed(scene.image, one.tone)
        image = instrument.apply(scene.image, one, rng)
        labels = scene.labels.astype(int) if scene.kind in KINDS else None
        yield Picture(
            identity,
            scene.kind,
            identity,
            rounded(image),
            rounded(truth),
            one.veil.transmission < 1.0,
            labels,
        )


def rounded(image: np.ndarray) -> np.ndarray:
    """Return an image in [0, 1] as 8 bits hold it, float32."""
    return (np.round(np.clip(image, 0, 1) * 255) / 255).astype(np.float32)


def pictures(name: str, settings: params.Params, folder: Path, count: int) -> Iterator[Picture]:
    """Yield the first pictures of a set."""
    if name in (DRAWN, OBJECTS):
        yield from drawn(settings, name, count)
        return
    for one in itertools.islice(real_sets.pictures(name, folder, settings), count):
        veiled = one.known is not None and one.known.veil.transmission < 1.0
        yield Picture(one.name, one.material, one.source, one.image, one.truth, veiled)


class Judge:
    """The released model with its calibration, in the default way of restoring and in the conservative one.

    Parameters
    ----------
    path : Path
        Of the release.
    kept : Path, optional
        Folder for what the network makes of each micrograph, so that another calibration of the same weights is
        measured without it.

    Raises
    ------
    SemclearError
        When it is not calibrated for inventions.
    """

    def __init__(self, path: Path, kept: Path | None = None) -> None:
        self.release, self.digest = releases.read(path), sha256(path)[:12]
        if None in (self.release.invention, self.release.gain, self.release.choosing):
            raise SemclearError(
                f"{path}: got a model that does not tell what it invents, expected a calibrated one; run "
                f"python tools/calibrate.py {path}"
            )
        # All that the network makes, once: the choices of the default way follow from what is read.
        self._restorer = Restorer(self.release.bundle, veil="keep", leave_sharp=False)
        self._kept = kept

    def _made(self, image: np.ndarray) -> dict[str, Any]:
        """Return restoration, spread, what is read, and checks: kept, or made and kept."""
        place = None
        if self._kept is not None:
            place = (
                self._kept / f"{hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()[:16]}.npz"
            )
            if place.is_file():
                with np.load(place) as stored:
                    found = {name: stored[name] for name in stored.files}
                return found | {"checks": json.loads(str(found["checks"]))}
        made = self._restorer.inspect(image, side=self.release.side)
        read = consistency.reader_of(self.release.bundle)(image).parameters
        found = {"restored": made.image, "spread": made.uncertainty, **read, "checks": dict(made.checks)}
        if place is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(place) as scratch, scratch.open("wb") as stream:
                np.savez(stream, **{**found, "checks": json.dumps(found["checks"])})
        return found

    def __call__(self, image: np.ndarray) -> dict[str, Any]:
        """Return restorations (as the network makes it, and both ways as a person gets them), map, checks, verdict."""
        made = self._made(image)
        noise, correlation = row_noise.strength_and_correlation(image)
        conditions = Conditions(noise, correlation, float(made["sigma"]))
        found, kept = self.release.invention.judged(
            made["restored"], made["spread"], conditions, without=True
        )
        limits = self.release.choosing
        is_lifted = float(np.mean(made["transmission"])) < limits.veil_found
        alone = not is_lifted and is_sharp(image, noise, float(made["sigma"]), limits)
        given = [
            image if alone else lifted(one, made) if is_lifted else one for one in (made["restored"], kept)
        ]
        told = gain.checks_of(image, made["restored"], found)
        checks = {**made["checks"], **told, "left_alone": float(alone)}
        return {
            "network": made["restored"],
            "network_conservative": kept,
            "spread": made["spread"],
            "map": found,
            "restored": given[0],
            "conservative": given[1],
            "left_alone": int(alone),
            "lifted": int(is_lifted),
            "flag": int(self.release.family.judge(made["checks"]).flag),
            "recommended": int(bool(self.release.gain.recommends(checks))),
            "expected_gain": self.release.gain.expected(checks),
            "noise": noise,
            "sigma": float(made["sigma"]),
        }


def counted(image: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return what the fixed segmentation finds: counts, and over the matched the sums of differences and diameters."""
    found = objects.match(labels, segment(image))
    true, own = found.pairs[:, 0], found.pairs[:, 1]
    values = (
        len(found.true),
        len(found.segmented),
        found.invented,
        found.found,
        (own - true).sum(),
        true.sum(),
    )
    return dict(zip(COUNTS, map(float, values), strict=True))


def row_of(one: Picture, judge: Judge) -> dict[str, Any]:
    """Return what is measured of a picture: all but keys and provenance."""
    made = judge(one.image)
    inside = (slice(BORDER, -BORDER),) * 2
    powers = sum(invention.against_truth(made["network"], one.truth))[inside]
    kept = sum(invention.against_truth(made["network_conservative"], one.truth))[inside]
    contrast = sum(
        invention.smooth(octave**2, invention.SMOOTHING) for octave in invention.octaves(made["network"])
    )[inside]
    seen = max(VISIBLE, row_noise.strength(one.truth))
    invented = np.sqrt(powers) > seen
    row = {name: made[name] for name in COLUMNS if name in made and name not in VARIANTS}
    row |= {"kind": one.kind, "source": one.source, "veiled": int(one.veiled)}
    row |= {
        "invented_share": float(invented.mean()),
        "invented_restored": float(np.sqrt(powers.mean())),
        "invented_conservative": float(np.sqrt(kept.mean())),
    }
    for variant, image in (("input", one.image), *((name, made[name]) for name in VARIANTS[1:3])):
        row[f"psnr_{variant}"] = psnr(one.truth[inside], image[inside])
        row[f"ssim_{variant}"] = ssim(one.truth[inside], image[inside])
    own = made["map"][inside]
    shown = {
        "map": (own, invented, None),
        "contrast": (np.sqrt(contrast), invented, None),
        "spread": (invention.smooth(made["spread"] ** 2, invention.SMOOTHING)[inside] ** 0.5, invented, None),
        "share": (own / np.sqrt(contrast + 1e-12), powers > 0.5 * contrast, np.sqrt(contrast) > seen),
    }
    for name, (values, label, among) in shown.items():
        chosen = np.ones_like(label) if among is None else among
        counts = [table.histogram(values[chosen & side]) for side in (label, ~label)]
        row[f"auc_{name}"] = table.area(*counts, least=table.LEAST)
        row |= {f"{side}_{name}": table.text(n) for side, n in zip(("with", "without"), counts, strict=True)}
    for variant in VARIANTS:
        values = dict.fromkeys(COUNTS)
        if one.labels is not None:
            image = {"input": one.image, "clear": one.truth}.get(variant, made.get(variant))
            values = counted(image, one.labels)
        row |= {f"{variant}_{name}": value for name, value in values.items()}
    return row


def work(
    names: Sequence[str], settings: params.Params, folder: Path, count: int
) -> Iterator[tuple[str, Picture]]:
    """Yield the first pictures of every set, sets by turns, so that an early end leaves all alike."""
    streams = [zip(itertools.repeat(name), pictures(name, settings, folder, count)) for name in names]
    for turn in itertools.zip_longest(*streams):
        yield from (item for item in turn if item is not None)


def sheet(path: Path, one: Picture, judge: Judge) -> None:
    """Write micrograph, restoration and conservative one above truth, map and what is truly invented, as PNG.

    In the lower row the brightest of the colours is `BRIGHTEST` of the grey range, the darkest nothing.
    """
    import cv2

    made = judge(one.image)
    true = np.sqrt(sum(invention.against_truth(made["network"], one.truth)))

    def grey(values: np.ndarray) -> np.ndarray:
        return cv2.cvtColor(np.round(255 * np.clip(values, 0, 1)).astype(np.uint8), cv2.COLOR_GRAY2BGR)

    def coloured(values: np.ndarray) -> np.ndarray:
        levels = np.round(255 * np.clip(values / BRIGHTEST, 0, 1)).astype(np.uint8)
        return cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)

    upper = [grey(values) for values in (one.image, made["network"], made["network_conservative"])]
    lower = [grey(one.truth), coloured(made["map"]), coloured(true)]
    shown = np.vstack([np.hstack(upper), np.hstack(lower)])
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as scratch:
        scratch.write_bytes(cv2.imencode(".png", shown)[1].tobytes())
    print(path, flush=True)


def run(given: argparse.Namespace) -> None:
    """Measure what is missing and write the tables.

    Raises
    ------
    SemclearError
        When the images are not there, the model is not calibrated, or the table is of another version.
    """
    settings = params.load(ROOT / "params.yaml")
    place = os.environ.get("SEMCLEAR_SEM_IMAGES", "")
    if not place and not given.table and {*given.sets} - {DRAWN, OBJECTS}:
        raise SemclearError(
            "SEMCLEAR_SEM_IMAGES: got nothing, expected a folder that holds pairs/ and sharp/; set it, or give --sets"
        )
    ledger = Ledger(given.results / "invention.csv", COLUMNS, KEYS)
    if not given.table:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
        made_by = {"seed": settings.seed, "commit": commit(), "machine": machine()}
        compute.configure(settings.compute)
        judge = Judge(given.model, given.work)
        print(f"commit {made_by['commit']}; {made_by['machine']}; seed {settings.seed}", flush=True)
        for name, one in work(given.sets, settings, Path(place), given.count):
            key = {"set": name, "picture": one.name, "model_sha256": judge.digest}
            if given.sheet:
                sheet(given.sheet / f"{name}-{one.name}.png", one, judge)
            elif not ledger.done(**key):
                ledger.add([{**key, **made_by, **row_of(one, judge)}])
                print(f"{name} {one.name}", flush=True)
    if given.sheet:
        return
    rows = table.latest(ledger.rows)
    if not rows:
        raise SemclearError(f"{ledger.path}: got no row, expected some; run without --table first")
    text = markdown(table.blocks(rows, SETS), table.note(rows))
    write_text(given.results / "invention.md", text)
    print(text)


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--count", type=int, default=48, help="pictures of a set, the first ones")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="release to measure")
    parser.add_argument(
        "--work", type=Path, help="folder that keeps what the network makes, of one model's weights"
    )
    parser.add_argument(
        "--table", action="store_true", help="only write invention.md of the rows that are there"
    )
    parser.add_argument("--sheet", type=Path, help="folder for pictures to look at, instead of measuring")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    try:
        run(parser.parse_args())
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
