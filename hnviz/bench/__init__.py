"""Time hnviz against a plain torch loop of the same model, in one process, epoch by epoch."""

from hnviz.bench.report import main

__all__ = ["main"]
