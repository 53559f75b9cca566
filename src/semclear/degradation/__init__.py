"""Forward operators: how a sharp micrograph becomes a blurred, fogged and noisy one.

====  ==========================================  ===========
Name  Meaning                                     Module
====  ==========================================  ===========
k     Gaussian point spread function              `blur`
t     transmission of the contamination, (0, 1]   `fog`
A     airlight: the grey that a full veil has     `fog`
n     Gaussian and Poisson noise                  `noise`
y     t (k * x) + A (1 - t) + n                   `forward`
====  ==========================================  ===========

Between veil and noise a specimen may charge (`charging`), before the blur the
scan may drift (`drift`). `psf` and `fog` hold other forms of k and t, and
`out_of_family` what the study's data sets do not contain.

`instrument` is the whole of a real microscope in one formula, with noise that
runs along the scan; `transfer` holds its probe, `family` ranges to draw it from.
"""
