"""What each answer looks back at: the marked row first, then the map, in one picture."""
