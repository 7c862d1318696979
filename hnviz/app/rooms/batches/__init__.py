"""The Batches page: how a text becomes mini-batches."""
