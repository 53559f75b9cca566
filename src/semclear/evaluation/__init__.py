"""Metrics, statistics over micrographs, and the tables made of them."""
