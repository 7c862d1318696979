"""A line of a task, and how far back what decides each token lies."""
