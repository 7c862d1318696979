"""The path of the state while a model counts, in two dimensions."""
