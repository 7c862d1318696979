"""Next word: a prompt, how much each of its words surprised, and what was expected."""
