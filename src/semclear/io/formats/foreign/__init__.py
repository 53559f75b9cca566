"""Formats that packages of the extras read, one a module: what is restored of them becomes a TIFF."""
