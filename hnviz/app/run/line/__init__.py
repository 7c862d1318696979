"""The run in view: what it is, how far it has come, and links to what the page shows."""
