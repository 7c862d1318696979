"""One setting of a run changed, and comparisons that are ready to train."""
