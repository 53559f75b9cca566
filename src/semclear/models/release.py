"""A release: a trained model with all that a person's tool needs, in one file.

The file is a bundle (`semclear.networks.bundle` reads it as such) with one more
member, `release.json`: the model's name, the calibration that judges further
micrographs, and a card that says what it was trained on and how well it did.
It holds no code, and arrays are read without pickle.
"""

from __future__ import annotations

import dataclasses
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, FiniteFloat, ValidationError

from semclear.errors import SemclearError, one_line
from semclear.files import whole_file
from semclear.networks import bundle as bundles
from semclear.params import Choosing, Recommending, Settings
from semclear.restoration.checks import tiles
from semclear.restoration.checks.gain import Gain
from semclear.restoration.checks.invention import Invention
from semclear.restoration.checks.trust_flag import Family

FORMAT = 1
MEMBER = "release.json"
#: A network that only tells what a paired validation would have chosen: of use in the study alone.
LEFT_OUT = "oracle"
#: Weights hardly shrink when compressed: a file that claims to unpack to more times its size is no release.
MOST_UNPACKED = 16


class _Flag(Settings):
    level: Annotated[FiniteFloat, Field(gt=0, lt=1)]
    members: dict[str, list[FiniteFloat]]


class _Invention(Settings):
    unsupported: list[FiniteFloat]
    spread: list[FiniteFloat]


class _Gain(Recommending):
    factor: Annotated[FiniteFloat, Field(ge=0)]
    margin: Annotated[FiniteFloat, Field(ge=0)]


class _EarlierGain(Settings):
    """What an earlier version wrote: without the rules nothing is recommended by it."""

    factor: FiniteFloat
    margin: FiniteFloat


class _Header(Settings):
    format: Literal[1]
    name: Annotated[str, Field(min_length=1)]
    ensemble: bool
    interval_factor: Annotated[FiniteFloat, Field(gt=0)] | None
    side: Annotated[int, Field(ge=1)]
    flag: _Flag | None
    invention: _Invention | None = None
    gain: _Gain | _EarlierGain | None = None
    choosing: Choosing | None = None
    card: dict[str, Any]


@dataclass(frozen=True)
class Release:
    """A trained model and what belongs to it.

    Attributes
    ----------
    bundle : Bundle, or an OnnxNetwork that serves as one
        The restorer, and the degrader or encoder where there is one.
    name : str
        Of the model.
    family : Family or None
        Judges whether a micrograph is like those that the model was made
        for; None where it was not calibrated.
    interval_factor : float or None
        q of the intervals x +- q (s + `uncertainty.FLOOR`); None without
        micrographs that have a truth.
    side : int
        Of the tiles for `Restorer.inspect`, pixels: that of the family.
    card : mapping
        What it was trained on, its scores and limits, as JSON holds them;
        empty for a bundle that is no release.
    ensemble : bool
        Whether family and intervals are those of the mean over the eight
        orientations: without it neither holds.
    invention : Invention or None
        Tells what a restoration may have invented; None where it was not calibrated.
    gain : Gain or None
        Tells how much a restoration is expected to be better than its micrograph; None likewise.
    choosing : params.Choosing or None
        When a model that keeps structure and veil apart finds a veil, or a sharp micrograph; None: never.
    """

    bundle: bundles.Bundle
    name: str
    family: Family | None = None
    interval_factor: float | None = None
    side: int = tiles.SIDE
    card: Mapping[str, Any] = field(default_factory=dict)
    ensemble: bool = True
    invention: Invention | None = None
    gain: Gain | None = None
    choosing: Choosing | None = None


def write(path: str | Path, release: Release) -> None:
    """Write a release; the file appears whole or not at all.

    Equal releases give equal bytes. Weights are stored as float32 and
    uncompressed: they would shrink by a tenth, but the bytes would depend on
    the compressing library, and damage would be told less clearly.

    Parameters
    ----------
    path : str or Path
        File to appear, usually ``NAME.semclear``.
    release : Release
        Its network "oracle" is left out.

    Raises
    ------
    SemclearError
        When the card holds what JSON cannot, weights are not finite, or the
        disk refuses the write.
    """
    family = release.family
    values = {
        "format": FORMAT,
        "name": release.name,
        "ensemble": release.ensemble,
        "interval_factor": release.interval_factor,
        "side": release.side,
        "flag": None if family is None else {"level": family.level, "members": family.columns()},
        # Left out where there is none: the file is then as earlier versions wrote it, which can read it.
        **({} if release.invention is None else {"invention": release.invention.record()}),
        **({} if release.gain is None else {"gain": release.gain.record()}),
        **({} if release.choosing is None else {"choosing": release.choosing.model_dump()}),
        "card": dict(release.card),
    }
    try:
        text = json.dumps(values, sort_keys=True, indent=1, allow_nan=False) + "\n"
        _Header.model_validate(values)
    except (ValueError, TypeError) as error:
        raise SemclearError(
            f"{path}: got a release that JSON cannot hold ({_line(error)}), expected text, finite numbers, lists and "
            "mappings; leave out what is undefined"
        ) from None
    bundle = _product(release.bundle, path)
    with whole_file(path) as scratch:
        bundles.save(bundle, scratch)
        with zipfile.ZipFile(scratch, "a") as archive:
            # A ZipInfo of its own has the fixed date 1980-01-01 instead of today's.
            entry = zipfile.ZipInfo(MEMBER)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)


def read(path: str | Path, archive: zipfile.ZipFile | None = None) -> Release:
    """Read a release, or a plain bundle as a release without calibration and card.

    Parameters
    ----------
    path : str or Path
        From `write` or `semclear.networks.bundle.save`. Members that this
        version does not know are ignored.
    archive : ZipFile, optional
        The same file, where it is open already; it stays open.

    Returns
    -------
    Release
        Named after the file where it is a plain bundle.

    Raises
    ------
    Damaged
        When it is damaged, or holds pickled arrays or weights that are not finite.
    SemclearError
        When the file is missing, or of another format or version.
    """
    path = Path(path)
    if not path.is_file():
        bundles.load(path)  # which says so
    with _opened(path, archive) as archive:
        _check_size(path, archive)
        bundle = _product(_bundle(path), path)
        text = text_in(path, archive)
    return Release(bundle, path.stem) if text is None else of_text(text, bundle, path)


@contextmanager
def _opened(path: Path, archive: zipfile.ZipFile | None) -> Iterator[zipfile.ZipFile]:
    """Yield the open file; tell what reading it raises as damage."""
    try:
        if archive is not None:
            yield archive
        else:
            with zipfile.ZipFile(path) as archive:
                yield archive
    except _DAMAGE as error:
        raise Damaged(path, error) from None


def text_in(path: str | Path, archive: zipfile.ZipFile | None = None) -> str | None:
    """Return the member `release.json` of a file as it stands, for `of_text`; None where the bundle is no release.

    Parameters
    ----------
    path, archive
        As of `read`.

    Raises
    ------
    Damaged
        When the file is damaged or no archive.
    """
    with _opened(Path(path), archive) as archive:
        return archive.read(MEMBER).decode("utf-8") if MEMBER in archive.namelist() else None


def of_text(text: str, bundle: Any, path: str | Path) -> Release:
    """Return the release that `text_in` of its file told of.

    Parameters
    ----------
    text : str
        JSON.
    bundle : Bundle, or an OnnxNetwork that serves as one
        Its model. Of a family, what a model without a degrader cannot compute
        is left out: micrographs are then judged by the other checks.
    path : str or Path
        For messages.

    Raises
    ------
    Damaged
        When the text is damaged.
    SemclearError
        When it is of another version.
    """
    path = Path(path)
    try:
        values = json.loads(text)
        found = values["format"]
    except (*_DAMAGE, KeyError) as error:
        raise Damaged(path, error) from None
    if found != FORMAT:
        raise SemclearError(
            f"{path}: release of format {found!r}, expected {FORMAT}; install the version of semclear that "
            "wrote it, or "
            "make it again with this one"
        )
    try:
        header = _Header.model_validate(values)
        flag = header.flag
        family = None if flag is None else Family.of_columns(flag.members, flag.level)
        if family is not None and "degrader" not in bundle.networks:
            family = family.without_degrader()
        invention = None if header.invention is None else Invention.of(header.invention.model_dump())
        gain = Gain.of(header.gain.model_dump()) if isinstance(header.gain, _Gain) else None
    except (ValidationError, SemclearError) as error:
        raise Damaged(path, error) from None
    return Release(
        bundle,
        header.name,
        family,
        header.interval_factor,
        header.side,
        header.card,
        header.ensemble,
        invention,
        gain,
        header.choosing,
    )


#: What reading a damaged archive, array or JSON text may raise, beside what is told already.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
)


def _line(error: BaseException) -> str:
    return one_line(error) or type(error).__name__


class Damaged(SemclearError):
    """A file that is damaged or no release.

    Attributes
    ----------
    reason : exception or str
        What reading it raised, or what is wrong.
    """

    def __init__(self, path: str | Path, reason: BaseException | str) -> None:
        self.reason = reason
        text = reason if isinstance(reason, str) else _line(reason)
        super().__init__(f"{path}: damaged or no release ({text}); fetch it anew or make it again")


def _check_size(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse what would fill the memory, before anything is unpacked."""
    size = path.stat().st_size
    most = MOST_UNPACKED * size
    total = sum(member.file_size for member in archive.infolist())
    for name in archive.namelist() if total <= most else ():
        if name.endswith(".npz"):
            with zipfile.ZipFile(io.BytesIO(archive.read(name))) as inner:
                total += sum(member.file_size for member in inner.infolist())
    if total > most:
        raise Damaged(path, f"claims to unpack to {total} bytes from {size}")


def _bundle(path: Path) -> bundles.Bundle:
    try:
        return bundles.load(path)
    except SemclearError as error:
        if error.__cause__ is not None:  # what reading the damaged file raised
            raise Damaged(path, error.__cause__) from None
        raise


def _product(bundle: bundles.Bundle, path: str | Path) -> bundles.Bundle:
    """Return the bundle without what only the study needs, its weights as finite float32."""
    if "restorer" not in bundle.networks:
        raise Damaged(path, f"networks {sorted(bundle.networks)}, expected a restorer among them")
    networks = {}
    for name, weights in bundle.networks.items():
        if name == LEFT_OUT:
            continue
        if any(
            values.dtype.kind != "f" or not np.isfinite(values).all() for values in map(np.asarray, weights)
        ):
            raise Damaged(path, f"weights of {name} are not all finite numbers")
        networks[name] = [np.asarray(values, np.float32) for values in weights]
    return dataclasses.replace(bundle, networks=networks)
