"""The buttons that copy a link to what a page shows."""
