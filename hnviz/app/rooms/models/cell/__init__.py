"""One unit of nn.RNN or nn.GRU: its line over the tokens, and its equations with their numbers."""
