"""The reading machine: a network reads a text word by word, then reads what it says."""
