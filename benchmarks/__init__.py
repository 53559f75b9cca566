"""What is measured and not tested: speed, memory, quality, trust. Called as ``python -m benchmarks.FOLDER.NAME``."""
