"""MRC: one picture, a stack or a volume of electron microscopy; by the package mrcfile.

Layout and modes after Cheng et al., "MRC2014: extensions to the MRC format header", J. Struct. Biol. 192 (2015)
146-150, doi:10.1016/j.jsb.2015.04.002; unsigned bytes of mode 0 after IMOD's description of its header. Tested on files
that mrcfile wrote.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from semclear.io.formats.damage import DamagedError
from semclear.io.formats.foreign.foreign_format import CheckSize, ForeignFile, ForeignFormat
from semclear.io.formats.page import UnsuitableError
from semclear.io.metadata.finding import Finding

MAP_ID = slice(208, 211)
STAMP = 212
"""Places of the letters MAP and of the byte order in the header."""

ANGSTROM_NM = 0.1
UNSTATED = 1.0
"""Angstrom a voxel that programs write where they know none."""

IMOD_STAMP = 1146047817
"""Of files by IMOD, whose flag then says whether bytes are signed; bytes 152 to 159 of the header."""
IMOD = slice(40, 48)
"""The same within the field `extra2`, which begins at byte 112."""

BYTES = {0: 1, 1: 2, 2: 4, 6: 2, 12: 2}
"""Of a pixel, by mode: signed whole numbers of 8 and 16 bits, floats of 32, unsigned numbers of 16, floats of 16."""


def _is_mrc(first: bytes) -> bool:
    return first[MAP_ID] == b"MAP" and first[STAMP : STAMP + 1] in (b"D", b"\x11")


def _holds_unsigned_bytes(header: Any) -> bool:
    numbers = np.dtype("i4").newbyteorder(header.mode.dtype.byteorder)
    stamp, flags = np.frombuffer(bytes(header.extra2)[IMOD], numbers)
    return int(stamp) == IMOD_STAMP and not int(flags) & 1


def _edges_nm(header: Any) -> tuple[float | None, ...]:
    """Return the edges of a voxel in x, y and z; None where cell or sampling say nothing."""
    cell = [float(header.cella[axis]) for axis in "xyz"]
    counts = [int(header[name]) for name in ("mx", "my", "mz")]
    sizes = [length / count if count > 0 else 0.0 for length, count in zip(cell, counts, strict=True)]
    if sizes[0] == sizes[1] == UNSTATED:
        return None, None, None
    return tuple(ANGSTROM_NM * size if size > 0 else None for size in sizes)


def _read(package: ModuleType, path: Path, check_size: CheckSize) -> ForeignFile:
    # What mrcfile warns of (a longer file, an odd header) does not change the pictures.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with package.open(path, mode="r", header_only=True) as opened:
            header = opened.header
            width, height, count = (int(header[name]) for name in ("nx", "ny", "nz"))
            mode, extended = int(header.mode), int(header.nsymbt)
            axes = tuple(int(header[name]) for name in ("mapc", "mapr", "maps"))
            edges, is_unsigned = _edges_nm(header), mode == 0 and _holds_unsigned_bytes(header)
            is_big = bytes(header.machst)[:1] == b"\x11"
            is_stack = int(header.ispg) == 0  # pictures side by side, whose distance means nothing
            labels = [str(label).strip() for label in opened.get_labels()]
        if min(width, height, count) < 1 or extended < 0:
            raise DamagedError(f"it declares {count} pictures of {width} x {height} pixels")
        if mode not in BYTES:
            raise UnsuitableError(
                f"got an MRC of mode {mode}, expected 0, 1, 2, 6 or 12 (whole numbers of 8 or 16 bits, floats); "
                "convert it"
            )
        check_size((width, height), count)
        needed = header.nbytes + extended + width * height * count * BYTES[mode]
        if path.stat().st_size < needed:
            raise DamagedError(f"its pixels should reach byte {needed}, it has {path.stat().st_size}")
        with package.mmap(path, mode="r") as opened:
            pictures = np.array(opened.data).reshape(count, height, width)
    if is_unsigned:
        pictures = pictures.view(np.uint8)
    notes = []
    if axes != (1, 2, 3):
        edges = None, None, None
        notes = ["columns, rows and sections of the MRC are not x, y and z: its pixel size was not taken"]
    found = Finding("", edges[0], edges[1], "MRC header")
    return ForeignFile(
        list(pictures), [found] * count, None if is_stack else edges[2], labels, notes, ">" if is_big else "<"
    )


FORMAT = ForeignFormat(
    "MRC", 50, _is_mrc, (".mrc", ".mrcs", ".st", ".rec"), "mrcfile", "mrc", _read, "the MRC header"
)
