"""The fields of the next run's settings."""
