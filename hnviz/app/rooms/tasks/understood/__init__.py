"""A small network for parity, with every weight drawn."""
