"""Sweeps: many runs that differ in a few settings, trained one after the other. No torch."""
