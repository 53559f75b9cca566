"""The degradation as tensors: formula, instrument, noise, and what degrades an image in a training."""
