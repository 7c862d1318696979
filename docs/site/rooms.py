"""The rooms of hnviz and what each imports, read from the source without running it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Room:
    """A package of hnviz, or a module that belongs to none."""

    name: str  # "data", "config", "app.py", "pages"
    says: str = ""  # the first sentence of its docstring
    modules: int = 0
    torch: bool = False  # one of its modules imports torch
    imports: set[str] = field(default_factory=set)  # other rooms


def rooms(root: Path = ROOT) -> dict[str, Room]:
    """Return every room by name, with all that its modules import, wherever that is written."""
    found: dict[str, Room] = {}
    for path in [root / "app.py", *sorted(root.glob("pages/*.py")), *_package(root)]:
        name = _room_of(path.relative_to(root))
        room = found.setdefault(name, Room(name))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path in _faces(root, name):
            room.says = _first_sentence(ast.get_docstring(tree) or "")
        room.modules += 1
        for module in _imported(tree):
            package, _, rest = module.partition(".")
            room.torch |= package == "torch"
            if package == "hnviz" and rest:
                room.imports.add(rest.partition(".")[0])
    for room in found.values():
        room.imports = (room.imports & set(found)) - {room.name}
    return found


def reached(graph: Mapping[str, Room], start: str) -> set[str]:
    """Return all rooms that a room imports, by whatever way."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        new = graph[todo.pop()].imports - seen
        seen |= new
        todo += new
    return seen


def arrows(graph: Mapping[str, Room]) -> dict[str, set[str]]:
    """Return each room's imports, less those that a longer way through other rooms implies."""
    below = {name: reached(graph, name) for name in graph}

    def is_implied(name: str, target: str) -> bool:
        together = name in below[target]  # each imports the other
        others = (each for each in graph[name].imports if each != target)
        return not together and any(
            target in below[each] and name not in below[each] and each not in below[target]
            for each in others
        )

    return {
        name: {target for target in room.imports if not is_implied(name, target)}
        for name, room in graph.items()
    }


def _package(root: Path) -> Iterator[Path]:
    """Yield the modules of hnviz, but for the two that only start it."""
    for path in sorted(root.glob("hnviz/**/*.py")):
        if path.parent != root / "hnviz" or path.stem not in ("__init__", "__main__"):
            yield path


def _room_of(path: Path) -> str:
    if path.parts[0] != "hnviz":
        return path.parts[0]
    return path.with_suffix("").parts[1]


def _faces(root: Path, name: str) -> tuple[Path, ...]:
    """List where a room's own docstring may be."""
    package = root / "hnviz"
    places = (package / name, root / name)
    return (package / f"{name}.py", root / name, *(place / "__init__.py" for place in places))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _first_sentence(text: str) -> str:
    sentence = " ".join(text.partition("\n\n")[0].split()).partition(". ")[0]
    return sentence.removesuffix(".").replace("`", "")
