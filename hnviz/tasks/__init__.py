"""Tasks whose need of memory is known before training: their generators and exact figures."""
