"""Two models with the same weights, line by matching line, and how far they differ."""
