"""The table of questions, read without torch; ``python -m hnviz.observe.declare`` writes it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hnviz.questions.params import REQUIRED, Param


class Declaration(NamedTuple):
    """What the server knows about a question; hnviz.observe.question explains each field."""

    params: Mapping[str, Param]  # only their kinds: the observer checks the limits
    slow: bool
    measures: bool
    version: int


def _read(told: Mapping[str, Any]) -> Declaration:
    params = {name: _param(each) for name, each in told["params"].items()}
    return Declaration(params, told["slow"], told["measures"], told["version"])


def _param(told: Mapping[str, Any]) -> Param:
    kind = told["kind"] if isinstance(told["kind"], str) else tuple(told["kind"])
    return Param(kind, None if "default" in told else REQUIRED)


_FILE = Path(__file__).with_name("questions.json")

DECLARED: Mapping[str, Any] = json.loads(_FILE.read_text("utf-8"))
"""What the file says of each question, for a browser."""

QUESTIONS: Mapping[str, Declaration] = {name: _read(told) for name, told in DECLARED.items()}
"""Every question by name."""
