"""Time, memory and whether a training ends."""
