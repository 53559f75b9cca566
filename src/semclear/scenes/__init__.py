"""Synthetic clear micrographs with known objects."""

from semclear.scenes.rendering import render
from semclear.scenes.scene import Object, Scene

__all__ = ["Object", "Scene", "render"]
