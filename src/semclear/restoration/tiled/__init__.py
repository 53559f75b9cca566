"""Restoring micrographs larger than memory, by tiles equal to the whole."""
