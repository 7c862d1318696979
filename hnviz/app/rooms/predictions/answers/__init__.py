"""Words that a network read or said; a reader picks one to see its answers as bars."""
