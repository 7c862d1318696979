"""Packages that hnviz can work with but does not need: each is loaded when it is asked for."""

import importlib
from typing import Any


def from_package(module: str, name: str, extra: str) -> Any:
    """Return a name of a package's module. Raises ImportError, with a sentence."""
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise ImportError(
            f"this callback needs {extra} ({error}); pip install 'hnviz[{extra}]' adds it",
            name=module.partition(".")[0],
        ) from error
