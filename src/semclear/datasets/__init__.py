"""Data sets: images beside a manifest that names them, their hashes and their split by source."""
