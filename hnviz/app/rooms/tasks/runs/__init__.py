"""The runs on tasks."""
