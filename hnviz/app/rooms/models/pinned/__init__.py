"""A tensor of the forward pass, pinned and followed through training."""
