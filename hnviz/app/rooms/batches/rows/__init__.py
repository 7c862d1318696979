"""The first rows of the mini-batch in view, as text."""
