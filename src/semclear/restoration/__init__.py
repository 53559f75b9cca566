"""Applying any method to a whole micrograph: networks and classical baselines behind one signature.

Every method is a function ``restore(image, known=None)``: a float32 (H, W)
micrograph in [0, 1] in, one of the same shape and range out. `known` holds
the degradation's true parameters; only methods that say so look at it.
"""
