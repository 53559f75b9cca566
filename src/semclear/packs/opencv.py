"""Reading packed data needs no image library: OpenCV may be absent."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from semclear.errors import SemclearError


class _Absent(ModuleType):
    """Stands for OpenCV until somebody uses it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise SemclearError(
            f"cv2.{name}: OpenCV is not installed, and image files are read and written with it; "
            "install opencv-python-headless, or train from a packed data set"
        )


def tolerate_absence() -> None:
    """Let modules that import OpenCV be imported without it; its first use is then an error that says so.

    The data sets' records import it beside the classes that training needs,
    and of these a pack uses none that read files. Where OpenCV is installed
    nothing changes.
    """
    try:
        import cv2  # noqa: F401
    except ImportError:
        sys.modules["cv2"] = _Absent("cv2")
