"""The models' source, read from their files as text: importing them would load torch."""

import ast
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from hnviz.own import identity_of, own_models

PATH = Path(__file__).parent / "learn" / "models.py"
SHOWN_PATH = "hnviz/learn/models.py"


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a class, as written in its file."""

    name: str
    text: str
    first_line: int  # counts from 1, as editors do


def shown_path(model: str) -> str:
    """Return the file of a model's class, as a page names it."""
    used = own_models()
    return used.file if used and identity_of(model) else SHOWN_PATH


def model_source(model: str) -> Source:
    """Return the source of a model's class. Raises ValueError if its file has none."""
    used = own_models()
    if used and identity_of(model):
        return _class_in(used.text, model, used.file)
    return class_source(model)


@cache
def class_source(name: str, path: Path = PATH) -> Source:
    """Return the source of one class in a module. Raises ValueError if the file has none."""
    return _class_in(path.read_text(encoding="utf-8"), name, path.name)


@cache
def _class_in(text: str, name: str, file: str) -> Source:
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
            return Source(name, "\n".join(lines), node.lineno)
    raise ValueError(
        f"the source of {name} cannot be read: {file} has no class named {name!r}; "
        "add the model to it"
    )


def new_lines(after: Source, before: Source | None) -> frozenset[int]:
    """Find the lines of a class, from 0, that the class before it does not have."""
    if before is None:
        return frozenset()
    new = after.text.splitlines()
    matcher = SequenceMatcher(None, before.text.splitlines(), new, autojunk=False)
    return frozenset(
        line
        for tag, _, _, start, end in matcher.get_opcodes()
        if tag in ("insert", "replace")
        for line in range(start, end)
        if new[line].strip()
    )
