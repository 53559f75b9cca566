"""Limits by which tests choose and recommend; those of params.yaml may change."""

from semclear.params import Choosing, Recommending

CHOOSING = Choosing(veil_found=0.6, sharp_sigma=0.7, sharp_noise=0.04)
RECOMMENDING = Recommending(full_sigma=1.0, least_sigma=0.7, least_change=8.0, most_amplified=2.0)
#: What `params.Restoration` has of both.
LIMITS = {"choosing": CHOOSING, "recommending": RECOMMENDING}
