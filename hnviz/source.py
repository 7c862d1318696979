"""The source of the models, read from their file as text: importing it would load torch."""

import ast
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

PATH = Path(__file__).parent / "learn" / "models.py"
SHOWN_PATH = "hnviz/learn/models.py"


@dataclass(frozen=True, slots=True)
class Source:
    """A class as it stands in its file."""

    name: str
    text: str
    first_line: int  # counts from 1, as editors do


@cache
def class_source(name: str, path: Path = PATH) -> Source:
    """Cut one class out of a module by its name. Raises ValueError if the file has no such one."""
    text = path.read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
            return Source(name, "\n".join(lines), node.lineno)
    raise ValueError(
        f"the source of {name} cannot be read: {path.name} holds no class named {name!r}; "
        "write the model there"
    )


def new_lines(after: Source, before: Source | None) -> frozenset[int]:
    """Find the lines, from 0, of a class that the class before it does not have."""
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
