"""Find the sentences that a test holds as literals, which belong into a snapshot."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hnviz.data import number_words

WORDS = 6  # of a sentence, at least
LONG = 9  # words that are a sentence without a stop, too

SHOWN = ("to_have_text", "to_contain_text", "get_by_text", "to_have_accessible_description")
PARTS = ("startswith", "endswith", "count", "index", "partition")
PATTERNS = ("re.fullmatch", "re.search", "re.match", "re.compile", "re.findall")
PASSED_ON = ("escape", "replace", "format", "strip", "split", "join", "param", "sorted", "set")
EXPECTING = (*SHOWN, *PARTS, *PATTERNS, *PASSED_ON, "len", "recorded", "shown")
"""Calls that take what is expected; what others take is typed in."""

CODE = re.compile(r"[{}<>=|]|--|\bxx|::|python -m|\w[(\[]|\([\\\[]|\bimport\b|^/|^https?:|\[\[")
NUMBERS = {*" ".join(map(number_words, (*range(1, 20), *range(20, 100, 10), 100, 1000))).split()}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Found(NamedTuple):
    """A literal that a test compares with what the product says."""

    node: ast.expr
    text: str
    whole: bool  # compared by ==


def sentences_in(tree: ast.Module) -> Iterator[Found]:
    """Yield each literal of a test file that is a sentence and is expected of the product."""
    seen: set[ast.expr] = set()
    for found in Expected(tree).literals():
        if found.node not in seen and is_sentence(found.text, found.whole):
            seen.add(found.node)
            yield found


def is_sentence(text: str, whole: bool) -> bool:
    """Tell whether a text has a sentence's words, and its stop, length or place."""
    words = re.findall(r"[^\W\d_][\w'\N{RIGHT SINGLE QUOTATION MARK}]*", text)
    if len(words) < WORDS or is_data(text):
        return False
    ends = re.search(r"[.?!]\W*$", text)
    return whole or bool(ends) or len(words) >= LONG


def is_data(text: str) -> bool:
    """Tell whether a text is tokens, code or a command rather than words."""
    words = {*re.findall(r"[^\W\d_]+", text)}
    return words <= NUMBERS | {"and"} or " , " in text or bool(CODE.search(text))


def text_of(node: ast.AST) -> str | None:
    """Return what a literal says, with X for each value that it is given."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "X" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None and right is None else f"{left or 'X'}{right or 'X'}"
    return None


class Scope(NamedTuple):
    """The names of a function or a module: their values, and those that are given to calls."""

    bound: dict[str, list[ast.expr]]
    typed: set[str]

    @classmethod
    def of(cls, scope: Function | ast.Module) -> "Scope":
        """Read a scope; of a module, only what stands in no function has a value."""
        found = cls({}, set())
        nodes = tuple(ast.walk(scope))
        for node in scope.body if isinstance(scope, ast.Module) else nodes:
            if isinstance(node, ast.Assign):
                found.bind(node.targets, node.value)
            elif isinstance(node, ast.For | ast.comprehension):
                found.bind([node.target], node.iter)
        for node in nodes:
            if isinstance(node, ast.Call) and not ast.unparse(node.func).endswith(EXPECTING):
                for each in (*node.args, *(keyword.value for keyword in node.keywords)):
                    found.typed.update(_names(each))
        return found

    def bind(self, targets: list[ast.expr], value: ast.expr) -> None:
        for name in {name for target in targets for name in _names(target)}:
            self.bound.setdefault(name, []).append(value)


class Expected:
    """Follows what is compared back to the literals that it comes from."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents = {c: n for n in ast.walk(tree) for c in ast.iter_child_nodes(n)}
        self.calls: dict[str, list[ast.Call]] = {}  # by what is called, as it is written
        for node in self.parents:
            if isinstance(node, ast.Call):
                self.calls.setdefault(ast.unparse(node.func), []).append(node)
        self.seen: set[tuple[Function | None, str, bool]] = set()
        self.scopes: dict[Function | ast.Module, Scope] = {}

    def literals(self) -> Iterator[Found]:
        """Yield all literals that are expected somewhere."""
        for node in self.parents:
            if isinstance(node, ast.Assert):
                for each in ast.walk(node.test):
                    yield from self._compared(each)
        for name, calls in self.calls.items():
            for call in calls:
                yield from self._called(name, call)

    def _compared(self, node: ast.AST) -> Iterator[Found]:
        if isinstance(node, ast.Compare):
            whole = any(isinstance(op, ast.Eq) for op in node.ops)
            for side in (node.left, *node.comparators):
                yield from self._sources(side, whole)

    def _called(self, name: str, node: ast.Call) -> Iterator[Found]:
        if name.endswith((*SHOWN, *PARTS, *PATTERNS)):
            for each in node.args:
                yield from self._sources(each, False)
        for keyword in node.keywords:
            if keyword.arg in ("match", "has_text", "name"):
                yield from self._sources(keyword.value, False)

    def _sources(self, node: ast.AST, whole: bool) -> Iterator[Found]:
        text = text_of(node)
        if text is not None and isinstance(node, ast.expr):
            yield Found(node, text, whole)
            values = [part.value for part in ast.walk(node) if isinstance(part, ast.FormattedValue)]
            yield from self._each(values, whole)
        elif isinstance(node, ast.Name):
            yield from self._named(node, whole)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.endswith(PASSED_ON):
                yield from self._each([node.func, *node.args], whole)
        elif isinstance(node, ast.Subscript | ast.Attribute):
            yield from self._sources(node.value, whole)
        elif isinstance(node, ast.Dict):
            yield from self._each([*node.keys, *node.values], whole)
        elif not isinstance(node, ast.Constant | ast.Compare):
            yield from self._each(ast.iter_child_nodes(node), whole)

    def _each(self, nodes: Iterable[ast.AST | None], whole: bool) -> Iterator[Found]:
        for node in nodes:
            if node is not None:
                yield from self._sources(node, whole)

    def _named(self, node: ast.Name, whole: bool) -> Iterator[Found]:
        """Yield what a name stands for: assigned, looped over, or given to its function."""
        function = self._function(node)
        key = (function, node.id, whole)
        if key in self.seen:
            return
        self.seen.add(key)
        for scope in (function, self.tree):
            if scope is not None and node.id not in self._scope(scope).typed:
                for value in self._scope(scope).bound.get(node.id, ()):
                    yield from self._sources(value, whole)
        if function is not None:
            yield from self._given(function, node.id, whole)

    def _scope(self, node: Function | ast.Module) -> "Scope":
        if node not in self.scopes:
            self.scopes[node] = Scope.of(node)
        return self.scopes[node]

    def _given(self, function: Function, name: str, whole: bool) -> Iterator[Found]:
        arguments = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        for each in function.decorator_list:
            if isinstance(each, ast.Call) and ast.unparse(each.func).endswith("parametrize"):
                yield from self._column(each, name, whole)
        for call in self.calls.get(function.name, ()) if name in arguments else ():
            place = arguments.index(name)
            yield from self._each(call.args[place : place + 1], whole)
            yield from self._each((k.value for k in call.keywords if k.arg == name), whole)

    def _column(self, call: ast.Call, name: str, whole: bool) -> Iterator[Found]:
        names = _listed(call.args[0])
        if name not in names:
            return
        values = call.args[1]
        if len(names) == 1:
            yield from self._sources(values, whole)
        for row in getattr(values, "elts", ()) if len(names) > 1 else ():
            cells = row.args if isinstance(row, ast.Call) else getattr(row, "elts", ())
            yield from self._each(cells[names.index(name) :][:1], whole)

    def _function(self, node: ast.AST) -> Function | None:
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                return node
        return None


def _names(target: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}


def _listed(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [each.strip() for each in str(node.value).split(",")]
    return [str(getattr(each, "value", "")) for each in getattr(node, "elts", ())]
