"""The class's answers: how many for each step, and once revealed the guesses over the truth."""
