"""The rules of the design that ruff.toml cannot say, each over every file.

    text -> tokens -> batch layout -> model -> events -> run folder -> observations ->
    figures -> pages

An import may only point back along this line.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent

MAX_LINES = 600  # of a module
MAX_FUNCTION = 40  # lines of a function


class Rule(NamedTuple):
    """What the modules of one part may import."""

    hnviz: tuple[str, ...]  # parts, or modules of a part, of hnviz
    packages: tuple[str, ...]  # beside the standard library


FREE = (
    *("layout", "data", "models", "config"),
    *("events", "schedule", "estimate", "lr_finder", "source", "tasks", "own"),
    *("disk", "questions", "given"),
)
"""The parts that load in a moment: numpy is all they need."""

RULES: dict[str, Rule] = {
    "layout": Rule((), ("numpy",)),
    "data": Rule(("layout", "tasks"), ("cachetools", "numpy", "num2words")),
    "models": Rule((), ()),
    "config": Rule(("models", "data"), ()),
    "events": Rule((), ()),
    "schedule": Rule((), ("numpy",)),
    "disk": Rule((), ()),
    "given": Rule((), ()),
    "estimate": Rule(("data", "models", "config", "schedule"), ("psutil",)),
    "lr_finder": Rule(("data", "config", "schedule"), ("numpy",)),
    "source": Rule(("own",), ()),
    "own": Rule(("models",), ()),
    "tasks": Rule(("models", "layout"), ("numpy",)),
    "lessons": Rule(("models",), ()),
    "exercises": Rule((), ()),
    "learn": Rule(FREE, ("numpy", "torch")),
    "recording": Rule(
        (*FREE, "learn", "observe", "runs", "doctor"), ("filelock", "numpy", "torch")
    ),  # and what hnviz/recording/optional.py loads; the doctor watches what is recorded
    "observe": Rule((*FREE, "learn"), ("cachetools", "numpy", "scipy", "sklearn", "torch")),
    "questions": Rule((), ("numpy",)),
    "runs": Rule(FREE, ("cachetools", "filelock", "numpy", "pandas", "psutil", "safetensors")),
    "engine": Rule((*FREE, "runs", "learn", "observe"), ("cachetools", "numpy", "psutil", "torch")),
    "sweeps": Rule((*FREE, "runs", "engine.client"), ("cachetools",)),
    "figures": Rule((*FREE, "exercises", "runs"), ("numpy", "pandas", "plotly")),
    "settings": Rule((), ()),
    "classroom": Rule(("lessons", "disk"), ("segno",)),
    "web": Rule(
        (
            *(*FREE, "lessons", "settings", "runs", "figures", "engine.client"),
            *("sweeps", "classroom", "browser"),
        ),
        ("numpy", "cachetools", "starlette", "anyio", "uvicorn"),
    ),
    "app": Rule(
        (
            *(*FREE, "lessons", "settings", "runs", "figures", "engine.client"),
            *("sweeps", "classroom", "web", "exercises"),
        ),
        ("cachetools", "numpy", "pandas", "plotly", "streamlit"),
    ),
    "notebook": Rule((*FREE, "runs", "figures", "web", "app", "analysis"), ("markupsafe", "numpy")),
    "gallery": Rule(
        (*FREE, "settings", "runs", "engine.client", "sweeps", "web", "app"),
        ("anyio", "starlette", "uvicorn"),
    ),
    "browser": Rule(("models", "data", "config"), ()),
    "export": Rule(
        (*FREE, "settings", "runs", "figures", "engine.client", "lessons", "web", "app", "browser"),
        ("markdown_it", "markupsafe", "nbformat", "numpy", "streamlit"),
    ),
    "analysis": Rule(
        (*FREE, "runs", "figures", "learn", "observe", "engine"),
        ("numpy", "pandas", "scipy", "sklearn", "torch"),
    ),
    "doctor": Rule(("given",), ("numpy", "torch")),
    "bench": Rule(
        (*FREE, "runs", "learn", "observe", "engine", "doctor", "exercises"), ("numpy", "torch")
    ),
    "cli": Rule(
        (
            *(*FREE, "runs", "learn", "engine", "bench", "doctor", "export", "gallery", "lessons"),
            *("sweeps", "classroom", "app.shell.host", "app.shell.serve", "app.lesson.names"),
            "exercises",
        ),
        ("torch",),
    ),  # streamlit is started by app.shell.serve, which `hnviz app` alone imports
    "__main__": Rule(("cli",), ()),
    "__init__": Rule(
        ("analysis", "doctor", "notebook", "recording"), ()
    ),  # types: the names of `hnviz` load when they are used
    "app.py": Rule((*FREE, "app", "web"), ("streamlit",)),
    "pages": Rule((*FREE, "runs", "figures", "app"), ("streamlit",)),
}

SERVER = (
    *("app.py", "pages", "app", "browser", "export", "gallery"),
    *("web", "classroom", "settings", "figures", "runs", "lessons", "sweeps", "exercises"),
    *FREE,
)
"""The parts that run in Streamlit's process, which must stay free of torch."""


def sources() -> list[Path]:
    """List every Python file of the project but the tests, relative to its root."""
    found = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "hnviz").rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in found if path.is_file())


FILES = sources()
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))


def each(
    wanted: Callable[[Path], bool], paths: list[Path] = FILES
) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Hold each file that is wanted to a rule, in one test; a failure names all that break it."""

    def decorate(rule: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            files, broken = list(filter(wanted, paths)), []
            assert files
            for path in files:
                try:
                    rule(path)
                except AssertionError as error:
                    broken.append(f"{path}: {error}")
            assert not broken, "\n".join(broken)

        test.__name__, test.__doc__ = rule.__name__, rule.__doc__
        return test

    return decorate


every_file = each(lambda path: True)
every_page = each(lambda path: path.parts[0] == "pages")
every_figure = each(lambda path: path.parts[:2] == ("hnviz", "figures"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(path)))


def part_of(path: Path) -> str:
    """Name the part that a file belongs to: "data", "config", "pages", ..."""
    if path.name == "app.py" and len(path.parts) == 1:
        return "app.py"
    parts = path.with_suffix("").parts
    return parts[1] if parts[0] == "hnviz" else parts[0]


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


@cache
def imports(path: Path) -> tuple[str, ...]:
    """List the modules that a file imports, wherever the import stands."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    # The public names in hnviz/__init__.py are imported for types alone: they are loaded late.
    late = for_types(path) if path == Path("hnviz/__init__.py") else set()
    for node in set(nodes_of(path)) - late:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield module
            below = (f"{module}.{alias.name}" for alias in node.names)
            yield from (name for name in below if name in MODULES)


def is_within(module: str, parts: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"hnviz.{part}.") for part in parts)


@cache
def named(node: ast.AST) -> str:
    """Write a call's function as source has it: "open", "np.random.rand"."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def where(path: Path, nodes: list[ast.AST]) -> list[str]:
    return [f"{path}:{getattr(node, 'lineno', 1)}" for node in nodes]


@every_file
def test_imports_point_back_along_the_line(path: Path) -> None:
    part = part_of(path)
    assert part in RULES, f"{path} belongs to no part: say in RULES what it may import"
    rule = RULES[part]
    for module in imports(path):
        top = module.partition(".")[0]
        if top == "hnviz":
            allowed = module == "hnviz" or is_within(module, (*rule.hnviz, part))
        else:
            allowed = top in sys.stdlib_module_names or top in rule.packages
        assert allowed, f"{part} may not import {module}"


def test_nothing_imports_itself_through_others() -> None:
    """Neither a part nor a module; imports in functions count, those only for types do not."""
    parts = {part: set[str]() for part in RULES}
    modules = {name: set(run_time_imports(path)) - {name} for name, path in MODULES.items()}
    for name, below in modules.items():
        parts[part_of(MODULES[name])] |= {part_of(MODULES[each]) for each in below}
    for part, others in parts.items():
        others.discard(part)
    for graph in (parts, modules):
        tuple(TopologicalSorter(graph).static_order())  # raises CycleError


def for_types(path: Path) -> set[ast.AST]:
    """Return the nodes of a file that only a type checker reads."""
    return {
        each
        for node in nodes_of(path)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for each in ast.walk(node)
    }


def run_time_imports(path: Path) -> Iterator[str]:
    """Yield the project's modules that a file imports, but for those that only types need."""
    types = for_types(path)
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom) and node not in types and node.module in MODULES:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from below & MODULES.keys() or {node.module}


@cache
def reached(module: str) -> frozenset[str]:
    """Follow imports from a module to all that it loads, packages on the way included.

    Imports for types count, but for those of `hnviz` itself, which name what a notebook may call.
    """
    seen: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        parents = name.split(".")[:-1]
        todo += [".".join(parents[: end + 1]) for end in range(len(parents))]
        if name in MODULES and name != "hnviz":
            todo += imports(MODULES[name])
    return frozenset(seen)


@each(lambda path: part_of(path) in SERVER)
def test_torch_cannot_be_reached_from_the_server(path: Path) -> None:
    assert "torch" not in reached(module_name(path))


@each(lambda path: part_of(path) == "cli")
def test_the_command_line_loads_little(path: Path) -> None:
    """A mistyped option is told at once: torch, pandas and Streamlit wait for a good one."""
    parts = ("learn", "doctor", "observe", "runs", "engine", "app", "export", "gallery", "bench")
    slow = tuple(f"hnviz.{part}" for part in parts)
    for node in tree_of(path).body:
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith(slow), f"{path}:{node.lineno}"


@every_file
def test_module_is_short(path: Path) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_LINES


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node for node in nodes_of(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@every_file
def test_functions_are_short(path: Path) -> None:
    lengths = {
        f"{node.name}, line {node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for node in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}


@every_file
def test_no_drawer_for_everything(path: Path) -> None:
    assert path.stem not in ("utils", "util", "helpers", "common", "misc")


KEPT_BY = ("runs", "sweeps", "classroom")
WRITES = ("write_text", "write_bytes", "rename", "fsync", "truncate")


@each(lambda path: part_of(path) in KEPT_BY)
def test_what_is_kept_goes_through_one_door(path: Path) -> None:
    """Every write, sync and rename is a step of hnviz/disk.py, so that tests can break it."""
    for node in nodes_of(path):
        name = named(node)
        steps, arguments = name.split("."), getattr(node, "args", ())
        renames = steps[-1] == "replace" and len(steps) > 1 and len(arguments) == 1
        direct = steps[-1] in WRITES or renames or name in ("os.write", "os.replace")
        assert name.startswith("disk.") or not direct, where(path, [node])


@every_figure
def test_figures_are_pure(path: Path) -> None:
    """A figure opens no file, draws no random number and keeps no clock; the theme reads once."""
    reads = ("open", "read_text", "read_bytes", "write_text", "write_bytes")
    chance = ("random", "secrets", "time", "datetime")
    for node in nodes_of(path):
        steps = named(node).split(".")
        assert path.stem == "theme" or steps[-1] not in reads, where(path, [node])
        assert "random" not in steps, where(path, [node])
        assert "default_rng" not in steps, where(path, [node])
    assert not set(chance) & {module.partition(".")[0] for module in imports(path)}


LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


@every_page
def test_pages_are_prose_widgets_and_calls(path: Path) -> None:
    found = [node for node in nodes_of(path) if isinstance(node, (*LOOPS, ast.ClassDef))]
    assert where(path, found) == [], "a page holds no loop: move it into hnviz/figures or hnviz/app"


@every_page
def test_pages_do_no_arithmetic(path: Path) -> None:
    found = [node for node in nodes_of(path) if isinstance(node, ast.BinOp)]
    assert where(path, found) == []


@every_page
def test_pages_define_fragments_only(path: Path) -> None:
    for node in functions(path):
        decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
        assert "st.fragment" in decorators, f"{path}:{node.lineno} {node.name}"


WIDGETS = (
    *("audio_input", "button", "camera_input", "chat_input", "checkbox", "color_picker"),
    *("data_editor", "date_input", "datetime_input", "download_button", "feedback"),
    *("file_uploader", "form", "form_submit_button", "link_button", "multiselect", "number_input"),
    *("pills", "radio", "segmented_control", "select_slider", "selectbox", "slider", "text_area"),
    *("text_input", "time_input", "toggle"),
)
IN_SIDEBAR = {
    Path("hnviz/app/run/view.py"): {"selectbox"},
    Path("hnviz/app/shell/frame.py"): {"toggle"},
}
"""Which of Streamlit's widgets the sidebar has: the picker of runs, and Present."""


@each(lambda path: path.parts[:2] == ("hnviz", "app"))
def test_a_room_has_no_widget_of_streamlits(path: Path) -> None:
    called = (named(node).rpartition(".") for node in nodes_of(path))
    found = {name for start, _, name in called if start in ("st", "streamlit") and name in WIDGETS}
    assert found == IN_SIDEBAR.get(path, set()), "the browser draws it: hnviz/app/kit/fields"


PRIVATE = re.compile(
    r"(?<!self)(?<!cls)(?<!torch\.utils)\._(?!_|replace\b|asdict\b|fields\b|exit\b)[a-zA-Z]\w*(?![\"\w])"
    r"|^from .* import .*\b_[a-z]",
    re.MULTILINE,
)
"""What reads a private name, except of self, a named tuple, os and a part of torch."""

BY_NAME = ("getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller", "object")
"""Calls that take an attribute's name as text; `object` is that of unittest.mock.patch."""


@each(lambda path: "node_modules" not in path.parts, TESTS)
def test_tests_read_no_private_names(path: Path) -> None:
    """They hold what the package promises, and not how it keeps it; nor do they name it in text."""
    assert not PRIVATE.findall((ROOT / path).read_text(encoding="utf-8"))
    assert where(path, [node for node in nodes_of(path) if names_what_is_private(node)]) == []


def names_what_is_private(node: ast.AST) -> bool:
    """Tell whether a call is given "module._name", or "_name" where a name is an attribute's."""
    given = [*node.args, *(each.value for each in node.keywords)] if named(node) else []
    texts = [ast.unparse(each).strip("rf\"'") for each in given if is_text(each)]
    attribute = named(node).rpartition(".")[2] in BY_NAME
    path = re.compile(r"[\w.{}]*\._(?!_)\w+" if not attribute else r"([\w.{}]*\.)?_(?!_)\w+")
    return any(path.fullmatch(text) for text in texts)


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or isinstance(getattr(node, "value", None), str)


@pytest.mark.parametrize(
    "call",
    [
        'getattr(engine, "_jobs")',
        'monkeypatch.setattr(engine, "_jobs", [])',
        'monkeypatch.setattr("hnviz.engine.client._jobs", [])',
        'monkeypatch.setattr(f"hnviz.{part}._jobs", [])',
        'mock.patch("hnviz.engine.client.Client._jobs")',
        'mock.patch.object(engine, attribute="_jobs")',
        'attrgetter("client._jobs")',
    ],
)
def test_a_private_name_in_text_is_seen(call: str) -> None:
    assert names_what_is_private(ast.parse(call).body[0].value)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "call", ['getattr(x, "__name__")', 'usefixtures("_alone")', 'text.endswith("_key")']
)
def test_what_names_nothing_private_is_allowed(call: str) -> None:
    assert not names_what_is_private(ast.parse(call).body[0].value)  # type: ignore[attr-defined]


def test_every_part_is_looked_at() -> None:
    assert len(FILES) > 20
    folders = {path.name for path in (ROOT / "hnviz").iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(RULES)
