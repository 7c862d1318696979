"""The classes of the models: the built-in ones, and those of the user's own file."""

import linecache
import sys
from functools import lru_cache
from types import ModuleType

from hnviz.learn.beyond import MODELS
from hnviz.learn.models import LanguageModel
from hnviz.models import catalogue, spec
from hnviz.own import OwnModelError, own_models

NAME = "own_models"  # of the module, as long as the process lives

WAS = {"hnviz.models.catalogue": catalogue, "hnviz.parts": spec, "hnviz.cells": spec}
"""Modules as hnviz 0.5.0 named them: files that were written for it, and runs that keep one, do."""


def model_class(name: str) -> type[LanguageModel]:
    """Return a model's class. Raises OwnModelError for one that this process does not know."""
    if name in MODELS:
        return MODELS[name]
    used = own_models()
    if used is None or name not in {model.entry.name for model in used.models}:
        raise OwnModelError(f"no class is known for {name!r}: name its file with --models")
    found: type[LanguageModel] = getattr(run_text(used.file, used.text), name)
    return found


@lru_cache(maxsize=1)
def run_text(file: str, text: str) -> ModuleType:
    """Run the text of a file as a module, once; its functions keep their source.

    The text is what was checked, even if the file has changed since. Raises what the text raises.
    """
    code = compile(text, file, "exec")
    module = ModuleType(NAME, None)
    module.__file__ = file
    # `inspect` finds the lines there; without a time of change it does not look for the file.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    sys.modules |= {NAME: module, **WAS}  # dataclasses look their module up
    exec(code, module.__dict__)
    return module
