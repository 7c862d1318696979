"""One small reading machine a row: a mini-batch as a network reads it."""
