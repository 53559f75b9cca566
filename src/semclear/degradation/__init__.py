"""Forward operators: how a sharp micrograph becomes a blurred, fogged and noisy one.

====  ==========================================  ===========
Name  Meaning                                     Module
====  ==========================================  ===========
k     Gaussian point spread function              `blur`
t     transmission of the contamination, (0, 1]   `fog`
A     airlight: the grey that a full veil has     `fog`
n     Gaussian and Poisson noise                  `noise`
y     t (k * x) + A (1 - t) + n                   `operators`
====  ==========================================  ===========
"""
