"""How time and memory grow: a training step, a restoration and the loading of a data set, by size, and what fits.

    python -m benchmarks.cost.growth [--what training restoring loading] [--minutes 10]
    python -m benchmarks.cost.growth --table [--figure docs/figures/growth.png]

From the settings of a scale one size at a time is varied, each measurement in a process of its own: width of the
networks, crop and batch of a training, side of a restored micrograph, micrographs of a data set. A row a measurement
in benchmarks/results/growth.csv; growth.md has the exponents of fitted power laws and the largest sizes for memories
that are common.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.common import trainings
from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import commit, machine
from benchmarks.cost import apart, growth_table
from semclear.errors import SemclearError
from semclear.params import overrides

DATASET = "hybrid"
METHODS = ("cyclegan", "cyclegan-physics", "paired")
#: Sizes along each axis, the others as the scale has them. Crops are multiples of 2^levels at scale laptop.
GRIDS = {
    "training": {"width": (4, 8, 16, 32), "crop": (64, 96, 128, 192, 256), "batch": (1, 2, 4, 8)},
    "restoring": {"width": (8, 16, 32, 64), "side": (256, 512, 1024, 2048)},
    "loading": {"micrographs": (50, 100, 200, 400)},
}
#: Where `restoring` stands while its width is varied, and `loading` anyway.
SIDE = 512
SIZES = ("width", "crop", "batch", "side", "micrographs")
KEYS = (
    "what",
    "method",
    "scale",
    "backend",
    "threads",
    *SIZES,
    "times",
    "settings_sha256",
    "code",
    "machine",
)
COLUMNS = (
    *("what", "axes", "method", "scale", "backend", "threads", *SIZES, "times"),
    *("cpu_s", "seconds", "first_s", "libraries_mib", "added_mib"),
    *("device", "settings_sha256", "code", "commit", "machine"),
)
OWN = [f"benchmarks/cost/{name}.py" for name in ("drawn", "growth", "growth_run")]


class Point(NamedTuple):
    """One measurement: what, along which axes it stands, and the sizes."""

    what: str
    axes: tuple[str, ...]
    sizes: dict[str, int]


def points(base: dict[str, int], what: list[str], grids: dict[str, Any] | None = None) -> list[Point]:
    """Return the measurements, small ones first; where axes cross, one measurement stands for all of them.

    Parameters
    ----------
    base : dict
        "width", "crop" and "batch" of the scale.
    what : list of str
        Keys of the grids.
    grids : dict, optional
        Instead of `GRIDS`.
    """
    found: dict[tuple[Any, ...], Point] = {}
    for one in what:
        kept = {
            "training": ("width", "crop", "batch"),
            "restoring": ("width", "side"),
            "loading": ("micrographs",),
        }
        start = {name: {**base, "side": SIDE}.get(name, 0) for name in kept[one]}
        for axis, sizes in (grids or GRIDS)[one].items():
            for size in sizes:
                place = {**start, axis: size}
                key = (one, *sorted(place.items()))
                axes = (*found[key].axes, axis) if key in found else (axis,)
                found[key] = Point(one, axes, place)
    order = {one: place for place, one in enumerate(what)}
    return sorted(found.values(), key=lambda p: (order[p.what], p.axes[0], *p.sizes.values()))


def slice_for(given: argparse.Namespace, sizes: dict[str, int]) -> dict[str, Any]:
    """Return the slice of params.yaml of a training of these sizes; the widest level grows with the first."""
    changes = [
        f"scales.{given.scale}.train.{name}={sizes[name]}" for name in ("crop", "batch") if name in sizes
    ]
    plain = overrides.values_of(apart.ROOT / "params.yaml", given.scale)["scales"][given.scale]
    if "width" in sizes:
        factor = sizes["width"] / plain["model"]["width"]
        for name in ("width", "max_width", "discriminator_width"):
            changes.append(
                f"scales.{given.scale}.model.{name}={max(1, round(factor * plain['model'][name]))}"
            )
    if sizes.get("crop", 0) > plain["data"]["size"]:
        changes.append(f"scales.{given.scale}.data.size={sizes['crop']}")
    piece = overrides.slice_from(
        apart.ROOT / "params.yaml",
        dataset=DATASET,
        scale=given.scale,
        method=given.method,
        backend=given.backend,
        changes=changes,
    )
    piece["compute"] = {**piece["compute"], "threads": given.threads}
    return piece


def run(given: argparse.Namespace, grids: dict[str, Any] | None = None) -> None:
    """Measure what the table does not hold yet."""
    table = Ledger(given.results / "growth.csv", COLUMNS, KEYS)
    values = overrides.values_of(apart.ROOT / "params.yaml", given.scale)["scales"][given.scale]
    base = {"width": values["model"]["width"]} | {name: values["train"][name] for name in ("crop", "batch")}
    deadline = float("inf") if given.minutes is None else time.monotonic() + 60 * given.minutes
    for point in points(base, given.what, grids):
        if time.monotonic() >= deadline:
            print("the time given is over; the same command goes on", file=sys.stderr)
            return
        piece = slice_for(given, point.sizes)
        row = {
            "what": point.what,
            "axes": " ".join(point.axes),
            "method": given.method,
            "scale": given.scale,
            "backend": given.backend,
            "threads": given.threads,
            **{name: point.sizes.get(name) for name in SIZES},
            "times": given.times,
            "settings_sha256": trainings.digest(piece),
            "code": trainings.code_of("train", files=OWN),
            "machine": machine(),
        }
        if table.done(**row):
            continue
        words = {"slice": piece, "times": given.times, **point.sizes}
        found = apart.call(f"growth_run:{point.what}", words)
        table.add([{**row, **found, "commit": commit()}])
        told = ", ".join(f"{name} {size}" for name, size in point.sizes.items())
        print(f"{point.what}, {told}: {found['cpu_s']:.3f} s, {found['added_mib']:.0f} MiB", flush=True)


def parser_of() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--what", nargs="+", default=list(GRIDS), choices=list(GRIDS))
    parser.add_argument("--method", default="cyclegan-physics", choices=METHODS)
    parser.add_argument("--scale", default="laptop", help="key of scales in params.yaml to start from")
    parser.add_argument("--backend", default="tensorflow", choices=("tensorflow", "jax", "torch"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--times", type=int, default=5, help="of which the median counts")
    parser.add_argument("--minutes", type=float, help="begin no measurement after this time")
    parser.add_argument(
        "--results", type=Path, default=apart.ROOT / "benchmarks/results", help="where to write"
    )
    parser.add_argument("--table", action="store_true", help="measure nothing; write growth.md and print it")
    parser.add_argument("--figure", type=Path, help="--table: also draw, to this file")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Measure or tabulate; bad input is one line and exit code 1."""
    given = parser_of().parse_args(arguments)
    try:
        if given.times < 1 or given.threads < 1:
            raise SemclearError(
                f"--times, --threads: got {given.times} and {given.threads}, expected at least 1"
            )
        if not given.table:
            run(given)
            return 0
        rows = Ledger(given.results / "growth.csv", COLUMNS, KEYS).rows
        print(growth_table.write(rows, given.results / "growth.md"), end="")
        if given.figure is not None:
            growth_table.draw(rows, given.figure)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
