"""Starts a sweep: a card that is ready, and a form."""
