"""How do the default model and its peers do on real micrographs?

Sets, see `benchmarks.quality.real_sets`: `pairs`, fast scans with registered slow scans as truth; `blur`, `disc`,
`fog`, `hybrid` and `rows`, sharp micrographs degraded in known ways; `sharp`, the same untouched; `soft`, silica
spheres without any truth, see `benchmarks.quality.real_spheres`. Methods, see `benchmarks.quality.real_methods`; bm3d
and tk_r_em are no dependencies and run in interpreters that have them (`pip install "numpy<2" bm3d` in one,
`pip install tensorflow tk_r_em` in another), left out where there is none.

    SEMCLEAR_SEM_IMAGES=FOLDER python -m benchmarks.quality.real [--sets NAME ...] [--methods NAME ...]
        [--model BUNDLE ...] [--restorer MODULE:FUNCTION ...] [--peer-python PYTHON ...] [--share SHARE]
        [--table] [--sheet FOLDER]

FOLDER holds pairs/noisy, pairs/clean, sharp/, blurry/ and SOURCES.csv. Writes into benchmarks/results real.csv, a row
a picture, set, method and (for pairs) blur laid over the restored picture, and real_spheres.csv, goes on where it
stopped, and writes real.md; --table does the latter alone; --sheet takes the first picture of each set alone and also
writes it by every method.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.quality import real_spheres, real_table
from benchmarks.quality.real_methods import INPUT, NAMES, Method, methods
from benchmarks.quality.real_peers import PeerError, Peers
from benchmarks.quality.real_scores import SCORES, blurred_scores, scores
from benchmarks.quality.real_sets import PAIRS, SETS, SIDE, Picture, pictures
from benchmarks.quality.real_sheet import sheet
from benchmarks.quality.real_spheres import SOFT
from semclear import params
from semclear.errors import SemclearError
from semclear.evaluation.tables.writers import markdown, write_text
from semclear.files import whole_file

#: Blurs of the restored picture, pixels, of which each method's best over all pairs is also reported: a slow scan may
#: be less sharp than what is restored.
BLURS = (0.5, 0.8, 1.2, 1.6)
KEYS = ("set", "picture", "data", "blur", "method", "version")
COLUMNS = (*KEYS, "material", "source", *SCORES, "seconds", "seed", "commit", "machine")


SPHERE_KEYS = tuple(key for key in KEYS if key != "blur")
SPHERE_COLUMNS = (
    *SPHERE_KEYS,
    "material",
    "source",
    "spheres",
    *real_spheres.MEASURES,
    "seconds",
    "seed",
    "commit",
    "machine",
)


def rows_of(one: Picture, name: str, restored: np.ndarray) -> list[dict[str, Any]]:
    """Return the scores of a restored picture, for pairs also after each of `BLURS`.

    Parameters
    ----------
    one : Picture
        Of the set `name`.
    name : str
        Of `SETS`.
    restored : ndarray, (H, W)
        In [0, 1].
    """
    rows = [{"blur": 0, **scores(one.truth, restored)}]
    if name == PAIRS:
        empty = dict.fromkeys(SCORES)
        rows += [{**empty, "blur": blur, **blurred_scores(one.truth, restored, blur)} for blur in BLURS]
    return rows


def work(
    names: Sequence[str], share: float, folder: Path, settings: params.Params, side: int
) -> Iterator[tuple[str, Picture]]:
    """Yield the first share of every set's pictures, sets by turns, so that an early end leaves all alike."""
    streams = [zip(itertools.repeat(name), pictures(name, folder, settings, share, side)) for name in names]
    for turn in itertools.zip_longest(*streams):
        yield from (item for item in turn if item is not None)


def measure(
    given: argparse.Namespace, ledgers: Sequence[Ledger], folder: Path, settings: params.Params
) -> None:
    """Restore and score what the table lacks; with --sheet the first picture of every set, by every method anew."""
    # Before anything slow: it is the code that was loaded.
    made_by = {"seed": settings.seed, "commit": commit(), "machine": machine()}
    peers, ledger = Peers(given.peer_python), ledgers[0]
    try:
        found, left_out = methods(given.methods, given.model, given.restorer, peers)
        for name, reason in left_out.items():
            print(f"{name}: left out ({reason})", flush=True)
        done = set() if given.sheet else {tuple(row[key] for key in KEYS) for row in ledger.rows}
        names = [name for name in given.sets if name != SOFT]
        stream = work(names, given.share, folder, settings, given.side)
        for name, one in itertools.islice(stream, len(names) if given.sheet else None):
            digest, new, shown = one.digest, [], [("truth", one.truth)]
            for method in found:
                key = (name, one.name, digest, "0", method.label, method.version)
                if key in done or (method.needs_known and one.known is None):
                    continue
                start, before = time.process_time(), peers.spent
                restored = np.asarray(method.restore(one))
                seconds = time.process_time() - start + peers.spent - before
                about = {
                    **dict(zip(KEYS, key, strict=True)),
                    "material": one.material,
                    "source": one.source,
                    "seconds": seconds,
                    **made_by,
                }
                rows = rows_of(one, name, restored)
                new += [{**about, **row} for row in rows]
                shown.append((method.label, restored))
                fit = f"PSNR {rows[0]['psnr_fit']:.2f}, SSIM {rows[0]['ssim_fit']:.3f} fitted"
                print(f"{name} {one.name} {method.label}: {fit}", flush=True)
            if new:
                ledger.add(new)
            if given.sheet:
                write_sheet(given.sheet / f"{name}-{one.name}.png", shown)
        if SOFT in given.sets and not given.sheet:
            measure_spheres(found, given.share, ledgers[1], folder, made_by)
    finally:
        peers.close()


def measure_spheres(
    found: Sequence[Method], share: float, ledger: Ledger, folder: Path, made_by: Mapping[str, Any]
) -> None:
    """Measure the spheres of soft silica before and after restoration, and those of sharp silica as they are."""
    pictures = list(real_spheres.pictures(folder))
    soft = [one for name, one in pictures if name == SOFT]
    kept = {one.name for one in soft[:: max(1, round(1 / share))]}
    for name, one in pictures:
        lacking = [
            method
            for method in found
            if not method.needs_known
            and (method.label == INPUT if name != SOFT else one.name in kept)
            and not ledger.done(
                set=name, picture=one.name, data=one.digest, method=method.label, version=method.version
            )
        ]
        spheres = real_spheres.spheres(one.image) if lacking else []
        if lacking and len(spheres) < real_spheres.LEAST:
            print(
                f"{name} {one.name}: left out (got {len(spheres)} spheres, needs {real_spheres.LEAST})",
                flush=True,
            )
            continue
        for method in lacking:
            start = time.process_time()
            restored = np.asarray(method.restore(one))
            row = {
                "set": name,
                "picture": one.name,
                "data": one.digest,
                "method": method.label,
                "version": method.version,
                "material": one.material,
                "source": one.source,
                "spheres": len(spheres),
                "seconds": time.process_time() - start,
                **made_by,
                **real_spheres.measures(restored, spheres),
            }
            ledger.add([row])
            print(
                f"{name} {one.name} {method.label}: rim {row['rim_px']:.2f} px, inside {row['inside']:.4f}",
                flush=True,
            )


def write_sheet(path: Path, shown: Sequence[tuple[str, np.ndarray]]) -> None:
    """Write a sheet of pictures as PNG."""
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as scratch:
        scratch.write_bytes(cv2.imencode(".png", sheet(shown))[1].tobytes())
    print(path, flush=True)


def note(rows: Sequence[dict[str, str]], settings: params.Params) -> str:
    """Return what stands under the tables."""
    told = sorted({row["commit"] for row in rows}), sorted({row["machine"] for row in rows})
    return (
        "Fitted: after an affine fit to the truth. SSIM: Gaussian weights of 1.5 px, 12 px of border left out. "
        "n counts pictures, means are over sources (each pair, each micrograph), with "
        f"{100 * settings.evaluation.confidence:g} % bootstrap intervals; bold: best mean as printed. Greys moved: "
        "mean absolute difference to the truth after a Gaussian of 8 px, share of the grey scale. s: median processor "
        "seconds a picture. Best common blur: the Gaussian of the largest mean fitted PSNR over the set, a method, of "
        f"0 and {', '.join(f'{blur:g}' for blur in BLURS)} px, laid over the restored picture alone. `sharp` and what "
        "is made of it hold the noise of their own microscopes, so that a method that takes it away loses. "
        f"Seed {settings.seed}; commit {', '.join(told[0])}; {', '.join(told[1])}."
    )


def run(given: argparse.Namespace) -> None:
    """Measure what is wanted and write the tables.

    Raises
    ------
    SemclearError
        When the images are not there or the table is of another version.
    """
    settings = params.load(ROOT / "params.yaml")
    place = os.environ.get("SEMCLEAR_SEM_IMAGES")
    if not place and not given.table:
        raise SemclearError(
            "SEMCLEAR_SEM_IMAGES: got nothing, expected a folder that holds pairs/ and sharp/; set it"
        )
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    ledger = Ledger(given.results / "real.csv", COLUMNS, KEYS)
    spheres = Ledger(given.results / "real_spheres.csv", SPHERE_COLUMNS, SPHERE_KEYS)
    if not given.table:
        print(f"commit {commit()}; {machine()}; seed {settings.seed}", flush=True)
        measure(given, (ledger, spheres), Path(place or ""), settings)
    if not ledger.rows:
        raise SemclearError(f"{ledger.path}: got no row, expected scores; run without --table first")
    blocks = [*real_table.blocks(ledger.rows, settings), *real_table.by_material(ledger.rows, settings)]
    if spheres.rows:
        blocks.append(real_spheres.block(real_table.latest(spheres.rows), settings))
    text = markdown(blocks, note(real_table.latest(ledger.rows), settings))
    write_text(given.results / "real.md", text)
    print(text)


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", choices=(*SETS, SOFT), default=(*SETS, SOFT))
    parser.add_argument("--methods", nargs="*", choices=NAMES, default=NAMES)
    parser.add_argument(
        "--model", nargs="*", default=[], type=Path, help="further bundles, called by their file names"
    )
    parser.add_argument(
        "--restorer", nargs="*", default=[], help="functions MODULE:FUNCTION, (H, W) in [0, 1] to the same"
    )
    parser.add_argument(
        "--peer-python",
        nargs="+",
        default=os.environ.get("SEMCLEAR_PEER_PYTHON", sys.executable).split(os.pathsep),
        help="interpreters with bm3d (and numpy below 2), with tk_r_em (default: $SEMCLEAR_PEER_PYTHON, else this one)",
    )
    parser.add_argument("--share", type=float, default=1.0, help="of each set's pictures, the first ones")
    parser.add_argument("--side", type=int, default=SIDE, help="largest side of a sharp picture, pixels")
    parser.add_argument("--table", action="store_true", help="only write real.md of the rows that are there")
    parser.add_argument(
        "--sheet",
        type=Path,
        help="folder for the first picture of each set by every method; scores these alone",
    )
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    given = parser.parse_args()
    try:
        run(given)
    except (SemclearError, PeerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
