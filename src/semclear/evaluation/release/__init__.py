"""A trained model made ready for use, with its card."""
