"""Planes larger than the memory: looked at whole, restored block by block, and judged, as the whole would be."""
