"""Whether what was gathered can be trained on: no restorations where the truth is learnt, and enough of everything."""

from __future__ import annotations

from semclear.datasets.real import LEAST_SOURCES, with_truth
from semclear.errors import SemclearError
from semclear.tool.own_data.gathering import CLEAR, DEGRADED, TRUTH, Folders, Gathered
from semclear.tool.terminal import printable

#: Files that a message names, before it counts the rest.
NAMED = 5


def check_originals(gathered: Gathered, folders: Folders) -> None:
    """Refuse restorations as clear micrographs or truths.

    A network learns what clear looks like from the one folder and is measured
    by the other: what an earlier network invented would pass for real in both.

    Raises
    ------
    SemclearError
        In one line that names the files.
    """
    for role, folder in ((CLEAR, folders.clear), (TRUTH, folders.truth)):
        files = [f"{printable(one.path.name)} by {one.by}" for one in gathered.restored if one.role == role]
        if files:
            named = ", ".join(files[:NAMED]) + (
                f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
            )
            raise SemclearError(
                f"--{role} {folder}: got restored {'image' if len(files) == 1 else 'images'} ({named}), expected "
                "micrographs as the microscope took them: what was invented would be learnt as real; take these files out"
            )


def check_enough(gathered: Gathered, folders: Folders) -> None:
    """Refuse folders in which too little is left to train and to test.

    Raises
    ------
    SemclearError
        In one line, with what was left, what is needed and how many files were refused.
    """
    found = gathered.found
    with_truths = folders.truth is not None
    wanted = [
        (CLEAR, folders.clear, found.clear, LEAST_SOURCES, "to learn what clear looks like"),
        (
            DEGRADED,
            folders.degraded,
            found.degraded,
            LEAST_SOURCES + with_truths,
            "one each for training, validation and test"
            if with_truths
            else "one for training, one for the test",
        ),
    ]
    if folders.truth is not None:
        complete = with_truth(found.degraded, found.truths)
        known = [item for item in found.degraded if item.source in complete]
        wanted.append((TRUTH, folders.truth, known, 2, "one for validation, one for the test"))
    for role, folder, originals, least, why in wanted:
        got = len({original.source for original in originals})
        if got < least:
            count = sum(one.role == role for one in gathered.refused)
            raise SemclearError(
                f"--{role} {folder}: got {got} usable source micrograph{'' if got == 1 else 's'}, expected at least "
                f"{least} ({why}); {f'{count} files were refused, see above' if count else 'add micrographs'}"
            )
