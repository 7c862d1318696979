"""The source of the models' classes, read as text: importing the classes would load torch."""

import ast
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from hnviz.own import identity_of, own_models

FILES = ("hnviz/learn/models.py", "hnviz/learn/beyond.py")  # the notebook's six; the others

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a class, as written in its file."""

    name: str
    text: str
    first_line: int  # counts from 1, as editors do


def shown_path(model: str) -> str:
    """Return the file of a model's class, as a page names it."""
    used = own_models()
    return used.file if used and identity_of(model) else _file_of(model)


def model_source(model: str) -> Source:
    """Return the source of a model's class. Raises ValueError if its file has none."""
    used = own_models()
    if used and identity_of(model):
        return _class_in(used.text, model, used.file)
    return class_source(model)


@cache
def class_source(name: str) -> Source:
    """Return the source of a built-in model's class. Raises ValueError if no file has it."""
    file = _file_of(name)
    return _class_in(_text_of(file), name, file)


def _file_of(name: str) -> str:
    """Return the file that has a class; the last of FILES if none has."""
    return next((file for file in FILES if name in _classes_in(_text_of(file))), FILES[-1])


@cache
def _text_of(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def _class_in(text: str, name: str, file: str) -> Source:
    """Cut a class out of a file. Raises ValueError if the file has no class of this name."""
    node = _classes_in(text).get(name)
    if node is None:
        raise ValueError(
            f"the source of {name} cannot be read: {file} has no class named {name!r}; "
            "add the model to it"
        )
    lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
    return Source(name, "\n".join(lines), node.lineno)


@cache
def _classes_in(text: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}


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
