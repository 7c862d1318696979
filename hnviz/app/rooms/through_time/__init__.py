"""The Through time page."""
