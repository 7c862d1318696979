"""A text cut into mini-batches: the window, the rows' shares of the text, the whole pass."""
