"""Trained models: their archives, the catalogue of those at hand, and the restorers that read them."""
