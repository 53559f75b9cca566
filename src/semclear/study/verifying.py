"""Compare files with dvc.lock byte for byte: DVC itself trusts its cache and hashes no file that it took from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from semclear.errors import SemclearError


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _named(folder: Path) -> Iterator[tuple[Path, str, Path]]:
    """Yield every file that dvc.lock names as an output, its MD5, and where DVC's cache keeps it."""
    from dvc.repo import Repo

    with Repo(str(folder)) as repo:
        cache = repo.cache.local
        for out in (out for stage in repo.index.stages for out in stage.outs):
            value, path = out.hash_info.value, Path(out.fs_path)
            if not value:
                continue
            kept = Path(cache.oid_to_path(value))
            if not value.endswith(".dir"):
                yield path, value, kept
            elif kept.is_file():
                content = kept.read_bytes()
                if hashlib.md5(content, usedforsecurity=False).hexdigest() != value.removesuffix(".dir"):
                    raise SemclearError(
                        f"{kept}: got other content than its name says, expected DVC's list of {path}; delete it, "
                        "then `dvc pull`, or `dvc repro`, which makes it anew"
                    )
                for entry in json.loads(content):
                    yield path / entry["relpath"], entry["md5"], Path(cache.oid_to_path(entry["md5"]))


def check(folder: str | Path = ".") -> None:
    """Hold the files on disk to dvc.lock by their content.

    Parameters
    ----------
    folder : str or Path
        The project's folder.

    Raises
    ------
    SemclearError
        Names the first file with other content than dvc.lock says, and its copy in DVC's cache where that is damaged.
    """
    for path, value, kept in _named(Path(folder)):
        if not path.is_file() or _md5(path) == value:
            continue
        if kept.is_file() and _md5(kept) != value:
            raise SemclearError(
                f"{path}: got other content than dvc.lock names, as its copy in DVC's cache is damaged ({kept}); "
                "delete both, then `dvc pull`, or `dvc repro`, which makes it anew"
            )
        raise SemclearError(f"{path}: got other content than dvc.lock names; delete it, then `dvc checkout`")
