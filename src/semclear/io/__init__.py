"""Micrographs: reading, writing, data bars, and synthetic scenes with known objects."""
