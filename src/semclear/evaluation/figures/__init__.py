"""The study's figures: PNG files with the same bytes for the same numbers."""
