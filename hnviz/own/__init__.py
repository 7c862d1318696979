"""The user's own models: a Python file that ``--models`` names. Does not import torch.

The file is checked once, in a separate process (`hnviz.own.file`), which sends back its entries as
data. They join the catalogue; each process that needs a class runs the file's text itself
(`hnviz.learn.build`).
"""

from hnviz.own.file import MODELS_VARIABLE, use_file, use_named
from hnviz.own.models import (
    OwnModel,
    OwnModelError,
    OwnModels,
    identity_of,
    model_text,
    own_models,
    register,
)

__all__ = [
    "MODELS_VARIABLE",
    "OwnModel",
    "OwnModelError",
    "OwnModels",
    "identity_of",
    "model_text",
    "own_models",
    "register",
    "use_file",
    "use_named",
]
