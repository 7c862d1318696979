"""The session keys and address parameters that the source names, read without running it.

A name that is put together is a pattern: f"train_speed_{run_id}" is "train_speed_*".
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path

from tests.conftest import ROOT

HOLDS_KEY = ("get", "put", "pop")  # of session.py: the first argument is a key
SESSION = ("state", "session")  # what session.py is imported as
JS_CALL = re.compile(
    r"\b(?:inAddress|numberInAddress|putInAddress|putOwnInAddress|asked\.(?:value|number|choice)"
    r"|searchParams\.(?:get|set|has|delete))\(\s*"
    r"(\"[^\"]*\"|`[^`]*`|[A-Z][A-Z_]*)"
)
OF_ROUTES = ("v", "every")  # parameters of the web API's addresses
JS_TABLE = re.compile(r"^const IN_ADDRESS = (\{[^}]*\});", re.MULTILINE)
JS_CONST = re.compile(r"^(?:export )?const ([A-Z][A-Z_]*) = \"([^\"]*)\"", re.MULTILINE)
Within = tuple[ast.FunctionDef | None, ast.AST]

DOORS = (
    *("hnviz/app/shell/session.py", "hnviz/app/shell/address.py"),
    "hnviz/app/kit/fields/picture.py",
)
"""They are handed keys by all others."""

ENTRIES = ("Whole", "Choice", "Text")
"""What a picture declares of its state."""

CONTROLS = {
    **dict.fromkeys(("choice", "menu"), 2),
    **dict.fromkeys(("switch", "whole", "number", "text", "area", "slider", "button"), 1),
    "in_order": 3,
}
"""What adds a control to a row -> which of its arguments is the name."""

DEEPEST = 6  # functions that hand a key on to each other


@cache
def names_in_python(root: Path = ROOT) -> dict[str, str]:
    """Return every key that hnviz/app and pages/ name, with one place that names it."""
    files = [*(root / "hnviz/app").rglob("*.py"), *(root / "pages").glob("*.py")]
    return dict(_Sources(root, files).found())


@cache
def names_in_javascript(root: Path = ROOT) -> dict[str, str]:
    """Return every address parameter that the JavaScript reads or writes, with one place."""
    found = {}
    for path in sorted((root / "hnviz/app").rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        constants = dict(JS_CONST.findall(text))
        own = "function inAddress(" in text  # takes a part of a name
        for table in JS_TABLE.findall(text):
            found.update(
                {name: str(path.relative_to(root)) for name in re.findall(r'"(\w+)"', table)}
            )
        for match in JS_CALL.finditer(text):
            named = match[1]
            if named.strip('"') in OF_ROUTES or (own and match[0].startswith("inAddress(")):
                continue
            name = constants.get(named) if named[0].isalpha() else named.strip('"`')
            if name:
                found[re.sub(r"\$\{[^}]*\}", "*", name)] = str(path.relative_to(root))
    return found


def fits(name: str, pattern: str) -> bool:
    """Tell whether a name, or a pattern in its place, is one that the source may make."""
    return name == pattern or fnmatchcase(name, pattern)


class _Sources:
    """All functions and constants of some files, by which keys are followed to where they begin."""

    def __init__(self, root: Path, files: list[Path]) -> None:
        self.trees = {
            str(path.relative_to(root)): ast.parse(path.read_text(encoding="utf-8"))
            for path in files
        }

    def found(self) -> Iterator[tuple[str, str]]:
        """Yield each key that a widget or session.py is handed."""
        for path, tree in self.trees.items():
            depth = 0 if path in DOORS else DEEPEST
            for function, node in _within(tree):
                for key in _keys_of(node):
                    for name in self._values(path, function, key, depth):
                        if name.strip("*"):
                            yield name, f"{path}:{key.lineno}"

    def _values(
        self, path: str, function: ast.FunctionDef | None, node: ast.expr, depth: int
    ) -> set[str]:
        """Return what an expression may be; "*" stands for what cannot be known."""
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.JoinedStr(values=parts):
                texts = [self._values(path, function, part, depth) for part in parts]
                return _joined(texts)
            case ast.FormattedValue(value=value):
                return self._values(path, function, value, depth)
            case ast.IfExp(body=one, orelse=other):
                return self._values(path, function, one, depth) | self._values(
                    path, function, other, depth
                )
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                sides = [self._values(path, function, side, depth) for side in (left, right)]
                return _joined(sides)
            case ast.Name(id=name) if name.isupper():
                return self._constant(name, path)
            case ast.Attribute(attr=name) if name.isupper():
                return self._constant(name, path)
            case ast.Name(id=name) if function is not None and depth:
                return self._handed(path, function, name, depth - 1)
            case ast.Call(func=func) if depth:
                return self._returned(path, func, depth - 1)
        return {"*"}

    def _constant(self, name: str, path: str) -> set[str]:
        own = self._constants.get((path, name))
        if own is not None:
            return {own}
        named = {text for (_, each), text in self._constants.items() if each == name}
        source = self._imported(path, name)
        if source is not None:
            named = {self._constants[source]}
        return named if len(named) == 1 else {"*"}

    def _imported(self, path: str, name: str) -> tuple[str, str] | None:
        for node in ast.walk(self.trees[path]):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    source = f"{(node.module or '').replace('.', '/')}.py"
                    if (alias.asname or alias.name) == name and (source, alias.name) in (
                        self._constants
                    ):
                        return source, alias.name
        session = ("hnviz/app/shell/session.py", name)
        return session if session in self._constants else None

    def _handed(self, path: str, function: ast.FunctionDef, name: str, depth: int) -> set[str]:
        """Follow an argument of a function to all calls of it, or a local name to its value."""
        arguments = [each.arg for each in [*function.args.posonlyargs, *function.args.args]]
        found: set[str] = set()
        if name not in [*arguments, *(each.arg for each in function.args.kwonlyargs)]:
            given = [
                self._values(path, function, node, depth) for node in _assigned(function, name)
            ]
            return set().union(*given) or {"*"}
        place = arguments.index(name) if name in arguments else None
        for where, caller, call in self._calls[function.name]:
            if caller is function:
                continue
            node = next((each.value for each in call.keywords if each.arg == name), None)
            if node is None and place is not None and place < len(call.args):
                node = call.args[place]
            if node is not None:
                found |= self._values(where, caller, node, depth)
        return found or {"*"}

    def _returned(self, path: str, func: ast.expr, depth: int) -> set[str]:
        """Follow a call of a function that only puts a name together."""
        for where, node in self._functions[_called(func)]:
            last = node.body[-1]
            if isinstance(last, ast.Return) and isinstance(last.value, ast.BinOp | ast.JoinedStr):
                values = self._values(where, None, last.value, depth)
                return {re.sub(r"\*+", "*", name) for name in values}
        return {"*"}

    @cached_property
    def _calls(self) -> dict[str, list[tuple[str, ast.FunctionDef | None, ast.Call]]]:
        """What is called -> each call, with its file and the function that it stands in."""
        found = defaultdict(list)
        for path, tree in self.trees.items():
            for function, node in _within(tree):
                if isinstance(node, ast.Call):
                    found[_called(node.func)].append((path, function, node))
        return found

    @cached_property
    def _functions(self) -> dict[str, list[tuple[str, ast.FunctionDef]]]:
        """Name -> each function of that name, with its file."""
        found = defaultdict(list)
        for path, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    found[node.name].append((path, node))
        return found

    @cached_property
    def _constants(self) -> dict[tuple[str, str], str]:
        """Every text that a module gives a name: (file, name) -> text."""
        return {
            (path, name.id): value.value
            for path, tree in self.trees.items()
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            for name, value in _pairs(target, node.value)
            if isinstance(name, ast.Name)
            and isinstance(value, ast.Constant)
            and isinstance(value.value, str)
        }


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return what is set to what, for `a = 1` and for `a, b = 1, 2`."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _assigned(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """Yield what a local name is set to."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            for one, value in _pairs(target, node.value):
                if isinstance(one, ast.Name) and one.id == name:
                    yield value


def _joined(parts: list[set[str]]) -> set[str]:
    texts = {""}
    for part in parts:
        texts = {text + each for text in texts for each in part}
    return {re.sub(r"\*+", "*", text) for text in texts}


def _within(tree: ast.AST, function: ast.FunctionDef | None = None) -> Iterator[Within]:
    """Yield each part of a file with the function that it stands in."""
    for child in ast.iter_child_nodes(tree):
        yield function, child
        yield from _within(child, child if isinstance(child, ast.FunctionDef) else function)


def _keys_of(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a call is handed as a key, and the names that settings hand to JavaScript."""
    if isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if isinstance(name, ast.Constant) and str(name.value).endswith("_key"):
                yield value
    if not isinstance(node, ast.Call) or _called(node.func) in ("sorted", "sort", "min", "max"):
        return
    func = node.func
    if _called(func) in ENTRIES:
        yield from (each.value for each in node.keywords if each.arg == "name")
    if isinstance(func, ast.Name) and func.id in CONTROLS:
        yield from node.args[CONTROLS[func.id] :][:1]
    if not _is_only_named(func):
        yield from (each.value for each in node.keywords if each.arg in ("key", "param"))
    if isinstance(func, ast.Name) and func.id == "address_problem":
        yield from node.args[:1]
    holders = (*SESSION, "st.session_state", "st.query_params")
    if isinstance(func, ast.Attribute) and func.attr in HOLDS_KEY:
        yield from node.args[:1] if ast.unparse(func.value) in holders else ()


def _is_only_named(func: ast.expr) -> bool:
    """Tell whether a call mounts a picture or opens a container: nothing is kept of it."""
    return isinstance(func, ast.Call) or _called(func).isupper() or _called(func) == "container"


def _called(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
