"""Accuracy by position in the window, beside what a memory allows there."""
