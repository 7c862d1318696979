"""Faults: what is kept, while writes fail and processes are killed. ``make chaos``."""
