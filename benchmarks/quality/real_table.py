"""The scores on real micrographs as tables to read: means with intervals over sources, a table a set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.quality.real_methods import NAMES
from benchmarks.quality.real_sets import PAIRS, SETS
from semclear import params
from semclear.evaluation.tables import bootstrap
from semclear.evaluation.tables.writers import Block

TITLES = {
    PAIRS: "Fast against slow scans (`pairs`)",
    "blur": "Sharp micrographs blurred by a Gaussian of 2 px (`blur`)",
    "disc": "Sharp micrographs blurred by a disc of radius 4 px (`disc`)",
    "fog": "Sharp micrographs under a veil (`fog`)",
    "hybrid": "Sharp micrographs blurred, under a veil (`hybrid`)",
    "rows": "Sharp micrographs with noise along rows (`rows`)",
    "sharp": "Sharp micrographs as they are (`sharp`)",
}
#: Column, head, decimals, and whether the largest or the smallest is best.
COLUMNS = (
    ("psnr_fit", "PSNR fitted (dB)", 2, max),
    ("ssim_fit", "SSIM fitted", 3, max),
    ("psnr", "PSNR raw (dB)", 2, max),
    ("ssim", "SSIM raw", 3, max),
    ("grey_shift", "greys moved", 3, min),
)
Row = Mapping[str, str]


def latest(rows: Sequence[Row]) -> list[Row]:
    """Return of all rows those that count: of a changed picture only the new ones, of a method its last version."""
    data = {(row["set"], row["picture"]): row["data"] for row in rows}
    versions = {(row["set"], row["method"]): row.get("version") for row in rows}
    kept = {
        (row["set"], row["picture"], row.get("blur"), row["method"]): row
        for row in rows
        if row["data"] == data[row["set"], row["picture"]]
        and row.get("version") == versions[row["set"], row["method"]]
    }
    return list(kept.values())


def number(text: str) -> float:
    """Return a cell as a number, NaN where it is empty; PSNR of equal images is infinite."""
    return float(text) if text else float("nan")


def best_blur(rows: Sequence[Row]) -> str:
    """Return the blur with the largest mean fitted PSNR over the rows of one method."""
    values: dict[str, list[float]] = {}
    for row in rows:
        values.setdefault(row["blur"], []).append(number(row["psnr_fit"]))
    return max(values, key=lambda blur: float(np.mean(values[blur])))


def _mean(rows: Sequence[Row], column: str, settings: params.Params, digits: int) -> tuple[float, str]:
    """Return the mean over sources and its text with the interval."""
    by_source: dict[str, list[float]] = {}
    for row in rows:
        by_source.setdefault(row["source"], []).append(number(row[column]))
    values = np.array([np.mean(by_source[source]) for source in sorted(by_source)])
    if not np.isfinite(values).all():
        return float("nan"), "-"
    indices = bootstrap.resamples(values.size, settings.evaluation.bootstrap, settings.seed, "real")
    low, high = bootstrap.interval(values, indices, settings.evaluation.confidence)
    text = f"{values.mean():.{digits}f}"
    return float(values.mean()), text + (
        f" [{low:.{digits}f}, {high:.{digits}f}]" if np.isfinite(low) else ""
    )


Line = tuple[list[str], list[Row]]


def _table(
    title: str, heads: Sequence[str], lines: Sequence[Line], columns: Sequence, settings: params.Params
) -> Block:
    """Return a table; the best mean of every column, as printed, is bold among methods that have all pictures."""
    cells = [[_mean(rows, column[0], settings, column[2]) for column in columns] for _, rows in lines]
    texts = [[text for _, text in line] for line in cells]
    most = max(len(rows) for _, rows in lines)
    whole = [len(rows) == most for _, rows in lines]
    for place, (_, _, digits, best) in enumerate(columns):
        means = [round(line[place][0], digits) for line in cells]
        finite = [
            mean for mean, all_of_them in zip(means, whole, strict=True) if all_of_them and np.isfinite(mean)
        ]
        for line, mean, all_of_them in zip(texts, means, whole, strict=True):
            if all_of_them and finite and mean == best(finite):
                head, _, rest = line[place].partition(" ")
                line[place] = f"**{head}**" + (f" {rest}" if rest else "")
    body = [[*head, *line] for (head, _), line in zip(lines, texts, strict=True)]
    return Block(title, [*heads, *(column[1] for column in columns)], body, len(heads))


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return rows by method, those of `NAMES` first and in their order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["method"], []).append(row)
    order = {name: place for place, name in enumerate(NAMES)}
    return {name: found[name] for name in sorted(found, key=lambda name: order.get(name, len(order)))}


def _plain(title: str, methods: Mapping[str, list[Row]], settings: params.Params) -> Block:
    """Return the table of what is compared as it was restored."""
    lines: list[Line] = []
    for method, rows in methods.items():
        own = [row for row in rows if row["blur"] == "0"]
        seconds = np.median([number(row["seconds"]) for row in own])
        lines.append(([method, str(len(own)), f"{seconds:.2g}"], own))
    return _table(title, ["method", "n", "s"], lines, COLUMNS, settings)


def _blurred(title: str, methods: Mapping[str, list[Row]], settings: params.Params) -> Block:
    """Return the table of what is compared after each method's best common blur."""
    lines: list[Line] = []
    for method, rows in methods.items():
        blur = best_blur(rows)
        own = [row for row in rows if row["blur"] == blur]
        lines.append(([method, str(len(own)), blur], own))
    title = f"{title}, after each method's best common blur"
    return _table(title, ["method", "n", "blur (px)"], lines, COLUMNS[:2], settings)


def blocks(rows: Sequence[Row], settings: params.Params, least: int = 3) -> list[Block]:
    """Return a table for each set, and for the pairs one after each method's best common blur.

    Where slow methods have fewer pictures, the same tables follow for the pictures that all methods have.

    Parameters
    ----------
    rows : sequence of mapping
        Of the ledger.
    settings : params.Params
        Of the study: bootstrap draws, confidence, seed.
    least : int
        Fewest pictures in common that such tables are made of.

    Returns
    -------
    list of Block
        "n" counts pictures, which are grouped by source for means.
    """
    made, current = [], latest(rows)
    for name in SETS:
        methods = by_method([row for row in current if row["set"] == name])
        if not methods:
            continue
        shown = {TITLES[name]: methods}
        pictures = [{row["picture"] for row in own} for own in methods.values()]
        common = set.intersection(*pictures)
        if len(common) >= least and any(own != common for own in pictures):
            shown[f"{TITLES[name]}: pictures that every method has"] = {
                method: [row for row in own if row["picture"] in common] for method, own in methods.items()
            }
        for title, part in shown.items():
            made.append(_plain(title, part, settings))
            if any(row["blur"] != "0" for own in part.values() for row in own):
                made.append(_blurred(title, part, settings))
    return made


def by_material(rows: Sequence[Row], settings: params.Params) -> list[Block]:
    """Return fitted SSIM by material and method, a table a degraded set and the sharp one."""
    made, current = [], latest(rows)
    for name in SETS:
        own = [row for row in current if row["set"] == name and row["blur"] == "0"]
        materials = sorted({row["material"] for row in own})
        if len(materials) < 2:
            continue
        lines = []
        for method, rows_of_method in by_method(own).items():
            cells = [method]
            for material in materials:
                part = [r for r in rows_of_method if r["material"] == material]
                cells.append(
                    f"{np.mean([number(r['ssim_fit']) for r in part]):.3f} ({len(part)})" if part else "-"
                )
            lines.append(cells)
        made.append(Block(f"`{name}`: SSIM fitted by material (pictures)", ["method", *materials], lines))
    return made
