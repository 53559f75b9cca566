"""Volumes on disk, OME-Zarr: read and written window by window, never whole."""
