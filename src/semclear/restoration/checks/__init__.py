"""Measures of a restoration that need no truth."""
