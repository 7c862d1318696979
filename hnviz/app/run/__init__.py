"""The run that a page shows."""
