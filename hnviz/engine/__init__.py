"""The engine: the process that owns torch, and the client that pages talk to.

`client` is all that a page imports, and it never loads torch.
"""
