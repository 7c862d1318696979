"""The Hidden states page."""
