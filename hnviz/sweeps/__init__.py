"""Sweeps: many runs that differ in a few settings. Never loads torch."""
