"""Micrographs: reading, writing, data bars."""
