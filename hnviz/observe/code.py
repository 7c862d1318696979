"""The source of a model's forward, line by line, as written in its file."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

SELF = "self."
RETURNED: tuple[str, ...] = ("logits", "state")  # how the caller names the results


@dataclass(frozen=True)
class ForwardSource:
    """The lines of a forward, and the statement of each. Lines count from 0 here."""

    lines: tuple[str, ...]
    first_line: int  # in the file, counted from 1 as in editors
    code: CodeType
    _statements: dict[int, ast.stmt]
    _loops: dict[int, tuple[str, ...]]
    _written: dict[tuple[str, ...], str] = field(
        default_factory=dict
    )  # cached: lines run many times

    @classmethod
    def of(cls, model: object) -> "ForwardSource":
        """Read the source of a model's forward. Raises ValueError, with a sentence, if it fails."""
        forward = inspect.unwrap(type(model).forward)  # type: ignore[attr-defined]
        return cls._read(forward, type(model).__name__)

    @classmethod
    @lru_cache(maxsize=32)
    def _read(cls, forward: Any, name: str) -> "ForwardSource":
        try:
            lines, first_line = inspect.getsourcelines(forward)
            tree = ast.parse(textwrap.dedent("".join(lines)))
        except (OSError, TypeError, SyntaxError) as error:
            raise ValueError(
                f"the source of {name}.forward cannot be read: the class is not in a file; "
                f"save it in a .py file and import it from there"
            ) from error
        statements, loops = dict[int, ast.stmt](), dict[int, tuple[str, ...]]()
        for statement, targets in _walk(tree.body[0], ()):
            for line in range(statement.lineno - 1, _last_line(statement)):
                statements[line], loops[line] = statement, targets
        whole = textwrap.dedent("".join(lines)).splitlines()
        return cls(tuple(whole), first_line, forward.__code__, statements, loops)

    def line_of(self, line_in_file: int) -> int:
        """Return the first line of the statement that a line of the file is part of."""
        line = line_in_file - self.first_line
        return self._statements[line].lineno - 1 if line in self._statements else line

    def last_line(self, line: int) -> int:
        """Return the last line of the statement that begins at a line, without its body."""
        return _last_line(self._statements[line]) - 1 if line in self._statements else line

    def loops(self, line: int) -> tuple[str, ...]:
        """Name the variables of the loops around a line."""
        return self._loops.get(line, ())

    def kind(self, line: int) -> str:
        """Return the kind of a line: "if", "for", "return", "assign" or "other"."""
        kinds: dict[type, str] = {
            ast.If: "if",
            ast.While: "if",
            ast.For: "for",
            ast.Return: "return",
            ast.Assign: "assign",
        }
        return kinds.get(type(self._statements.get(line)), "other")

    def text(self, line: int) -> str:
        """Return the statement at a line as one line, without self; for a loop, only its head."""
        key = ("text", str(line))
        if key not in self._written:
            self._written[key] = self._text(line)
        return self._written[key]

    def _text(self, line: int) -> str:
        statement = self._statements.get(line)
        if isinstance(statement, ast.If | ast.While):
            return _plain(statement.test)
        if isinstance(statement, ast.For):
            return f"{_plain(statement.target)} in {_plain(statement.iter)}"
        return _plain(statement) if statement else ""

    def is_taken(self, line: int, following: int) -> bool:
        """Return whether the line that ran after a condition is inside its body."""
        statement = self._statements.get(line)
        if not isinstance(statement, ast.If | ast.While):
            return False
        return statement.body[0].lineno - 1 <= following < (statement.body[-1].end_lineno or 0)

    def call(self, line: int, module: str) -> str:
        """Return the call of a submodule on a line: "h_h(h)"; only its name if not found.

        A submodule of a list, "mlp.0", is found as a loop writes it: "mlp[layer](h)".
        """
        key = ("call", str(line), module)
        if key not in self._written:
            self._written[key] = self._call(line, module)
        return self._written[key]

    def _call(self, line: int, module: str) -> str:
        statement, (name, _, index) = self._statements.get(line), module.partition(".")
        for node in ast.walk(statement) if statement else ():
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if index.isdigit() and isinstance(called, ast.Subscript):
                called, wanted = called.value, SELF + name
            else:
                wanted = SELF + module
            if ast.unparse(called) == wanted:
                return _plain(node)
        return module

    def value(self, line: int, name: str) -> str:
        """Return what a line assigns to a name, or returns as "logits", "state" or "state[0]"."""
        key = ("value", str(line), name)
        if key not in self._written:
            self._written[key] = self._value(line, name)
        return self._written[key]

    def _value(self, line: int, name: str) -> str:
        statement = self._statements.get(line)
        if not isinstance(statement, ast.Assign | ast.Return) or statement.value is None:
            return ""
        named = RETURNED
        if isinstance(statement, ast.Assign):
            target = statement.targets[0]
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            named = tuple(_plain(part) for part in parts)
        value = statement.value
        name, part, index = name.partition("[")
        if isinstance(value, ast.Tuple) and name in named and named.index(name) < len(value.elts):
            value = value.elts[named.index(name)]
        if part and isinstance(value, ast.Tuple):
            return _plain(value.elts[int(index[:-1])])
        return _plain(value) + part + index


def _walk(node: Any, targets: tuple[str, ...]) -> Iterator[tuple[ast.stmt, tuple[str, ...]]]:
    """Yield each statement before those inside it, with the loops around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        inside = targets
        if isinstance(child, ast.stmt):
            yield child, targets
            if isinstance(child, ast.For):
                names = [each.id for each in ast.walk(child.target) if isinstance(each, ast.Name)]
                inside = (*targets, *names)
        yield from _walk(child, inside)


def _last_line(statement: ast.stmt) -> int:
    """Return the line, from 1, where a statement's own text ends."""
    body = getattr(statement, "body", None)
    if body:
        return max(statement.lineno, body[0].lineno - 1)
    return statement.end_lineno or statement.lineno


def _plain(node: ast.AST) -> str:
    return ast.unparse(node).replace(SELF, "")
