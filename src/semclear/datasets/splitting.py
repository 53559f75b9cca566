"""Splits go by source micrograph, never by patch: what proves a training unpaired and a test unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.seeds import generator


def assign(
    sources: Iterable[str], wanted: Mapping[str, int], seed: int, *names: object
) -> dict[str, list[str]]:
    """Return disjoint draws of sources, one a split.

    Parameters
    ----------
    sources : iterable of str
        Names of source micrographs; repeated names count once, their order does not matter.
    wanted : mapping of str to int
        How many sources each split gets, filled in this order.
    seed : int
        The study's seed.
    *names : object
        What the draw is for, e.g. ``"ingest", "silica", "degraded"``; the
        first two also name the sources in an error.

    Returns
    -------
    dict of str to list of str
        For every split its sources, sorted.

    Raises
    ------
    SemclearError
        When there are fewer sources than the splits need together.
    """
    pool = sorted(set(sources))
    needed = sum(wanted.values())
    if len(pool) < needed:
        parts = " + ".join(f"{count} {split}" for split, count in wanted.items())
        raise SemclearError(
            f"{' '.join(map(str, names))}: got {len(pool)} source micrographs, expected at least {needed} ({parts}); "
            "add micrographs or lower the counts under `data` of this scale"
        )
    order = [pool[i] for i in generator(seed, "splitting", *names).permutation(len(pool))]
    drawn, start = {}, 0
    for split, count in wanted.items():
        drawn[split] = sorted(order[start : start + count])
        start += count
    return drawn


def check(records: Sequence[Record], name: str) -> None:
    """Prove that no source and no image content stands on two splits, and that no id is given twice.

    Contents are compared by hash, of images and of truths, so that a copy
    under another name is found too.

    Parameters
    ----------
    records : sequence of Record
        Of one data set.
    name : str
        What to call the data set in an error.

    Raises
    ------
    SemclearError
        Naming the source or the two images.
    """
    ids: set[str] = set()
    split_of_source: dict[str, str] = {}
    first_of_content: dict[str, tuple[str, str, str]] = {}
    for record in records:
        if record.id in ids:
            raise SemclearError(
                f"{name}: got the id {record.id} twice, expected unique ids; rename one of the images"
            )
        ids.add(record.id)
        split = split_of_source.setdefault(record.source, record.split)
        if split != record.split:
            raise SemclearError(
                f"{name}: source {record.source} stands in both {split} and {record.split}, expected one split a "
                "source; remove it from one of them"
            )
        for file, digest in ((record.image_file, record.sha256), (record.truth_file, record.truth_sha256)):
            if digest is None or file is None:
                continue
            split, source, other = first_of_content.setdefault(digest, (record.split, record.source, file))
            if split != record.split:
                raise SemclearError(
                    f"{name}: {other} ({source}, {split}) and {file} ({record.source}, {record.split}) are the same "
                    "image, expected each image in one split; remove one of the two"
                )
