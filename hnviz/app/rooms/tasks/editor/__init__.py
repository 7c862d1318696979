"""An automaton as a table that the reader edits."""
