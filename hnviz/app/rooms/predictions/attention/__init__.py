"""Where each word of a prompt looks, for a model that has attention in place of a state."""
