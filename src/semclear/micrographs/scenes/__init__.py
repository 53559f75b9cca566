"""Synthetic clear micrographs with known objects."""

from semclear.micrographs.scenes.rendering import render
from semclear.micrographs.scenes.scene import Object, Scene

__all__ = ["Object", "Scene", "render"]
