"""The map of a sweep: a square for each run, which fills as runs end."""
