"""The panel of a lesson; its JavaScript needs no server."""
