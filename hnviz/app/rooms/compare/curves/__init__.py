"""Curves of many runs, laid over each other."""
