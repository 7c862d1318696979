"""Which model's gradient reaches furthest: all six, untrained and trained."""
