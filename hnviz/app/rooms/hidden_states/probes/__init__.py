"""What the whole state shows: how often a linear probe reads each digit from all units."""
