"""Whether what is said of a restoration holds."""
