"""A class of viewers without browsers: ``python -m tests.load``."""
