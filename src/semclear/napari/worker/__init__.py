"""The process of its own in which a model runs."""
