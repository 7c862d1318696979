"""Runs a short program that is a text, as the exercises have it, and returns its names."""

import random
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

FILE = "loop.py"


def execute(source: str, **given: Any) -> dict[str, Any]:
    """Run a program; return its global names. `given` are names that it begins with."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "random": random, **given}
    names["__name__"] = "loop"  # else its classes would be Python's own, which no check looks into
    exec(compile(source, FILE, "exec"), names)
    return names
