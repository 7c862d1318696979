"""The engine: the process that owns torch, and the client that pages talk to.

Pages import only `client`, which never loads torch.
"""
