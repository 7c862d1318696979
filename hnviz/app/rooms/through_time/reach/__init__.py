"""Which model's gradient reaches furthest: all of them, untrained and trained."""
