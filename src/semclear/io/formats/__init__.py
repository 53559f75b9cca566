"""Containers and their encoders, one module each."""
