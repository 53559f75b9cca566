"""Generator, discriminator, losses and the CycleGAN: Keras only, the same on every backend.

============== ===================== ==========================================
name here      name in CycleGAN      what it does
============== ===================== ==========================================
restorer       G: X -> Y             degraded micrograph to clear micrograph
degrader       F: Y -> X             clear micrograph to degraded micrograph
judge of clear D_Y                   tells clear micrographs from restored ones
judge of degr. D_X                   tells degraded ones from artificial ones
============== ===================== ==========================================

X is the degraded domain and Y the clear one (Zhu et al., ICCV 2017,
doi:10.1109/ICCV.2017.244).
"""
