"""Tasks whose memory is known before training: their generators, and exact figures of each."""
