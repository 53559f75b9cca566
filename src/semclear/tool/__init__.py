"""What a microscopist runs: files in, files out, and an account of what was done beside each.

Only `api`, `napari` and `cli` stand above it. The options of the command line
are in `cli`, which imports nothing heavy before a command needs it.
"""
