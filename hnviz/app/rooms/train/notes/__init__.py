"""How to read the curves, in sentences with their own numbers."""
