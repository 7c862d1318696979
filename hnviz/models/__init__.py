"""Models as data: what each is made of, and how it is trained. Does not import torch."""
