"""Byte-pair encoding, merge by merge, on one line of text."""
