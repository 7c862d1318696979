"""Exercises on loops that were run beforehand: what is shown was measured, and nothing is run."""
