"""Sweeps: every combination of some settings, and the map of their figures."""
