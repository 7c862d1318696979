"""Which parts of a file make one of its models: runs of that model belong to them.

A comment, another model, or what an entry says of the model and how to train it may change, and old
runs are still runs of this model. Its class, its parts, or a function that the file shares may not.
"""

import ast
import json
from collections.abc import Collection
from dataclasses import asdict
from hashlib import blake2b

from hnviz.models.catalogue import ModelEntry

SAID = ("title", "follows", "network_change", "reason", "recipe")
"""What an entry says that changes no picture of a run."""


def identity(text: str, entry: ModelEntry, models: Collection[str]) -> str:
    """Return a hash of what makes a model of a file, 20 hexadecimal digits.

    `models` names all models of the file, whose classes have these names.
    """
    body = [node for node in ast.parse(text).body if not (_is_entry(node) or _is_text(node))]
    classes = {
        node.name: node for node in body if isinstance(node, ast.ClassDef) and node.name in models
    }
    shared = [node for node in body if node not in classes.values()]
    used = new = {entry.name} & set(classes)  # none, if it is made in another way
    while new:  # a class may extend another model's
        names = {name for each in new for name in _names(classes[each])}
        new = (names & set(classes)) - used
        used = used | new
    parts = [*shared, *(classes[name] for name in sorted(used))]
    made_of = {name: each for name, each in asdict(entry).items() if name not in SAID}
    written = [*(ast.unparse(node) for node in parts), json.dumps(made_of, sort_keys=True)]
    return blake2b("\n".join(written).encode(), digest_size=10).hexdigest()


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_entry(node: ast.stmt) -> bool:
    """Return whether a statement makes an entry, which is hashed as a value."""
    value = getattr(node, "value", None)
    if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.Call):
        return False
    return ast.unparse(value.func).rpartition(".")[2] in ("ModelEntry", "replace")
