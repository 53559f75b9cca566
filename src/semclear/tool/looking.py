"""A laboratory's micrograph read as `semclear restore` will read it, so that training and restoring see the same greys."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from semclear.datasets import survey
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.io import read as original
from semclear.io.databar import Box
from semclear.tool.micrograph import history


class OwnOriginal(survey.Original):
    """A micrograph whose greys are those of `semclear.io.read.read`."""

    def picture(self, white: int, box: Box | None = None) -> np.ndarray:
        """Read the file again and return its picture, float32 (H, W) in [0, 1].

        Parameters
        ----------
        white : int
            Not used: each file's own grey range is that which restoring gives it, whatever the others hold.
        box : Box, optional
            The part to return; `self.box` by default.
        """
        return (box or self.box).of(original.read(self.path).pages[0].image)


def look_at(path: Path, source: str) -> tuple[OwnOriginal, str | None]:
    """Read and check one micrograph.

    Parameters
    ----------
    path : Path
        The file.
    source : str
        Its source micrograph.

    Returns
    -------
    OwnOriginal
        Its box leaves out data bar and frame; its peak is the number that is
        white in a 16-bit file.
    str or None
        What restored it, where it is a restoration; see `history.restored_before`.

    Raises
    ------
    SemclearError
        As `semclear.io.read.read`, and for a file of several pages.
    """
    read = original.read(path)
    if len(read.pages) > 1:
        raise SemclearError(
            f"{path}: got {len(read.pages)} pages, expected one micrograph; save each page you want as a file"
        )
    page = read.pages[0]
    picture = page.box.of(page.image)
    content = hashlib.sha256(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes())
    found = OwnOriginal(
        path,
        source,
        sha256(path),
        content.hexdigest(),
        page.image.shape,
        page.box,
        round(read.high) if read.dtype == "uint16" else None,
        read.dtype,
        read.pixel_size_nm,
    )
    return found, history.restored_before(read)
