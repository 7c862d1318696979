"""One unit of a part of torch.nn: its line over the tokens, its equations with their numbers."""
