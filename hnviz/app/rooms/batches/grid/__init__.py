"""A text cut into mini-batches: one mini-batch, where it is in the text, and all of them."""
