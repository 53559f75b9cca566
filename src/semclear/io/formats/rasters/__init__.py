"""Formats of one picture a file, one a module."""
