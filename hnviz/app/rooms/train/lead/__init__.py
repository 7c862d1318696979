"""The headline of the Train page."""
