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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, FiniteFloat, ValidationError

from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.networks import bundle as bundles
from semclear.params import Settings
from semclear.restoration.checks import tiles
from semclear.restoration.checks.trust_flag import Family

FORMAT = 1
MEMBER = "release.json"
#: A network that only tells what a paired validation would have chosen: of use in the study alone.
LEFT_OUT = "oracle"
#: Weights hardly shrink when compressed: a file that claims to unpack to more than so many times its size is no release.
MOST_UNPACKED = 16


class _Flag(Settings):
    level: Annotated[FiniteFloat, Field(gt=0, lt=1)]
    members: dict[str, list[FiniteFloat]]


class _Header(Settings):
    format: Literal[1]
    name: Annotated[str, Field(min_length=1)]
    ensemble: bool
    interval_factor: Annotated[FiniteFloat, Field(gt=0)] | None
    side: Annotated[int, Field(ge=1)]
    flag: _Flag | None
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
    """

    bundle: bundles.Bundle
    name: str
    family: Family | None = None
    interval_factor: float | None = None
    side: int = tiles.SIDE
    card: Mapping[str, Any] = field(default_factory=dict)
    ensemble: bool = True


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


def read(path: str | Path) -> Release:
    """Read a release, or a plain bundle as a release without calibration and card.

    Parameters
    ----------
    path : str or Path
        From `write` or `semclear.networks.bundle.save`. Members that this
        version does not know are ignored.

    Returns
    -------
    Release
        Named after the file where it is a plain bundle.

    Raises
    ------
    SemclearError
        When the file is missing, damaged, of another format or version, or
        holds pickled arrays or weights that are not finite.
    """
    path = Path(path)
    if path.is_file():
        _check_size(path)
    bundle = _product(_bundle(path), path)
    text = text_in(path)
    return Release(bundle, path.stem) if text is None else of_text(text, bundle, path)


def text_in(path: str | Path) -> str | None:
    """Return the member `release.json` of a file as it stands, for `of_text`; None where the bundle is no release.

    Raises
    ------
    SemclearError
        When the file is damaged or no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(MEMBER).decode("utf-8") if MEMBER in archive.namelist() else None
    except _DAMAGE as error:
        raise _damaged(Path(path), error) from None


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
    SemclearError
        When the text is damaged or of another version.
    """
    path = Path(path)
    try:
        values = json.loads(text)
        found = values["format"]
    except (*_DAMAGE, KeyError) as error:
        raise _damaged(path, error) from None
    if found != FORMAT:
        raise SemclearError(
            f"{path}: release of format {found!r}, expected {FORMAT}; install the version of semclear that wrote it, or "
            "make it again with this one"
        )
    try:
        header = _Header.model_validate(values)
        flag = header.flag
        family = None if flag is None else Family.of_columns(flag.members, flag.level)
        if family is not None and "degrader" not in bundle.networks:
            family = family.without_degrader()
    except (ValidationError, SemclearError) as error:
        raise _damaged(path, error) from None
    return Release(
        bundle, header.name, family, header.interval_factor, header.side, header.card, header.ensemble
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
    return " ".join(str(error).split()) or type(error).__name__


def _damaged(path: Path, error: BaseException | str) -> SemclearError:
    reason = error if isinstance(error, str) else _line(error)
    return SemclearError(f"{path}: damaged or no release ({reason}); fetch it anew or make it again")


def _check_size(path: Path) -> None:
    """Refuse what would fill the memory, before anything is unpacked."""
    most = MOST_UNPACKED * path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(member.file_size for member in archive.infolist())
            for name in archive.namelist() if total <= most else ():
                if name.endswith(".npz"):
                    with zipfile.ZipFile(io.BytesIO(archive.read(name))) as inner:
                        total += sum(member.file_size for member in inner.infolist())
    except _DAMAGE as error:
        raise _damaged(path, error) from None
    if total > most:
        raise _damaged(path, f"claims to unpack to {total} bytes from {path.stat().st_size}")


def _bundle(path: Path) -> bundles.Bundle:
    try:
        return bundles.load(path)
    except SemclearError as error:
        # One line, whatever the library that read it had to say.
        raise SemclearError(_line(error)) from None
    except _DAMAGE as error:
        raise _damaged(path, error) from None


def _product(bundle: bundles.Bundle, path: str | Path) -> bundles.Bundle:
    """Return the bundle without what only the study needs, its weights as finite float32."""
    if "restorer" not in bundle.networks:
        raise _damaged(Path(path), f"networks {sorted(bundle.networks)}, expected a restorer among them")
    networks = {}
    for name, weights in bundle.networks.items():
        if name == LEFT_OUT:
            continue
        if any(
            values.dtype.kind != "f" or not np.isfinite(values).all() for values in map(np.asarray, weights)
        ):
            raise _damaged(Path(path), f"weights of {name} are not all finite numbers")
        networks[name] = [np.asarray(values, np.float32) for values in weights]
    return dataclasses.replace(bundle, networks=networks)
