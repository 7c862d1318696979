"""A task as an automaton, in which the state moves as the text is read."""
