"""Two numbers that the network counts on from, inside and beyond what it read, word by word."""
