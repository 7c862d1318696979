"""What an entry for a user's own model must say, and its identity. Does not import torch."""

import ast
import json
import re
from collections.abc import Collection
from dataclasses import asdict
from hashlib import blake2b

from hnviz.models.catalogue import CATALOGUE, ModelEntry
from hnviz.models.spec import ROLES, Part
from hnviz.own.models import revived

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")  # it becomes part of a run's id
_NV, _NH = 7, 6  # arbitrary sizes

NOT_HASHED = ("title", "follows", "network_change", "reason", "recipe")
"""The fields of an entry that affect no picture of a run."""


class ModelProblem(ValueError):  # noqa: N818 - it states the problem
    """What is wrong with an entry or its class, without their names."""


def wrong_if(wrong: object, problem: str) -> None:
    """Raise ModelProblem if something is wrong."""
    if wrong:
        raise ModelProblem(problem)


def check_entry(entry: ModelEntry, names: Collection[str]) -> None:
    """Check an entry without its class; `names` lists its file's entries. Raises ModelProblem."""
    try:
        revived(ModelEntry, asdict(entry))
    except ValueError as error:
        raise ModelProblem(f"in its entry, {error}") from error
    wrong_if(
        not _NAME.fullmatch(entry.name),
        "a name has 1 to 20 letters and digits, and begins with a letter",
    )
    wrong_if(entry.name in CATALOGUE, "hnviz has a model of this name: rename class and entry")
    known = [name for name in (*CATALOGUE, *names) if name != entry.name]
    wrong_if(
        entry.follows and entry.follows not in known,
        f"follows must name another model; got {entry.follows!r}",
    )
    for name in ("title", "network_change"):
        wrong_if(not getattr(entry, name).strip(), f"{name} must say something; it is empty")
    choices = {"predicts": ("last", "every"), "norm_over": ("rows", "slots")}
    choices["nonlinearity"] = ("relu", "tanh")
    for name, allowed in choices.items():
        value = getattr(entry, name)
        wrong_if(value not in allowed, f"{name} must be {' or '.join(allowed)}; got {value!r}")
    wrong_if(entry.n_layers < 1, f"n_layers must be at least 1; got {entry.n_layers}")
    wrong_if(entry.has_fast_form, "has_fast_form must be False: hnviz has no fast form of it")
    _check_names("tensors of the state", entry.state)
    _check_parts(entry)
    _check_gates(entry)


def _check_names(what: str, names: Collection[str]) -> None:
    listed = list(names)
    twice = [name for name in listed if listed.count(name) > 1]
    wrong_if(not listed, f"its {what} need at least one name")
    wrong_if(twice, f"its {what} need different names; {twice[0] if twice else ''!r} comes twice")
    odd = [name for name in listed if not name.isidentifier()]
    wrong_if(odd, f"its {what} need names as in Python; got {odd[0] if odd else ''!r}")


def _check_parts(entry: ModelEntry) -> None:
    _check_names("parts", [part.name for part in entry.parts])
    roles = [part.role for part in entry.parts]
    for part in entry.parts:
        wrong_if(
            part.role not in ROLES,
            f"the role of its part {part.name} must be one of {', '.join(ROLES)}; "
            f"got {part.role!r}",
        )
        _check_dims(part)
    for role in ("i_h", "h_h", "h_o"):
        wrong_if(role not in roles, f"it has no part with the role {role}, {ROLES[role]}")
    for role in ("i_h", "h_o", "bn"):
        wrong_if(roles.count(role) > 1, f"only one part may have the role {role}, {ROLES[role]}")
    words = entry.part("i_h")
    wrong_if(
        [(each.name, each.dims) for each in words.weights] != [("weight", ("nv", "nh"))],
        f"its part {words.name} must have one weight, 'weight' of ('nv', 'nh'), as nn.Embedding",
    )


def _check_dims(part: Part) -> None:
    for weight in part.weights:
        try:
            fine = all(size > 0 for size in weight.shape(_NV, _NH))
        except ValueError:
            fine = False
        wrong_if(
            not fine,
            f"the dimensions of {part.name}.{weight.name} must be written as 'nv', 'nh', '3*nh' "
            f"or '1'; got {weight.dims!r}",
        )


def _check_gates(entry: ModelEntry) -> None:
    gates = entry.cell.gates if entry.cell else ()
    if not gates:
        return
    _check_names("gates", [gate.name for gate in gates])
    taken = [gate.name for gate in gates if gate.name in ("state", *entry.state)]
    wrong_if(taken, f"a gate may not have the name of a state; got {taken[:1]}")
    for gate in gates:
        wrong_if(
            gate.squash not in ("sigmoid", "tanh"),
            f"the squash of its gate {gate.name} must be sigmoid or tanh; got {gate.squash!r}",
        )
    keeper = entry.cell.keeper if entry.cell else ""
    wrong_if(
        keeper and keeper not in entry.gates, f"keeper must name one of its gates; got {keeper!r}"
    )


def identity(text: str, entry: ModelEntry, models: Collection[str]) -> str:
    """Return a hash of everything that determines a model of a file, 20 hexadecimal digits.

    If a comment, another model, or an entry's description or recipe changes, old runs are still
    runs of this model. If its class, its parts, or a function shared by the file changes, they are
    not. `models` names all models of the file, whose classes have these names.
    """
    body = [node for node in ast.parse(text).body if not (_is_entry(node) or _is_text(node))]
    classes = {
        node.name: node for node in body if isinstance(node, ast.ClassDef) and node.name in models
    }
    shared = [node for node in body if node not in classes.values()]
    used = new = {entry.name} & set(classes)  # empty if it is made in another way
    while new:  # a class may extend another model's
        names = {name for each in new for name in _names(classes[each])}
        new = (names & set(classes)) - used
        used = used | new
    parts = [*shared, *(classes[name] for name in sorted(used))]
    made_of = {name: each for name, each in asdict(entry).items() if name not in NOT_HASHED}
    written = [*(ast.unparse(node) for node in parts), json.dumps(made_of, sort_keys=True)]
    return blake2b("\n".join(written).encode(), digest_size=10).hexdigest()


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_entry(node: ast.stmt) -> bool:
    """Return whether a statement makes an entry; entries are hashed as values."""
    value = getattr(node, "value", None)
    if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.Call):
        return False
    return ast.unparse(value.func).rpartition(".")[2] in ("ModelEntry", "replace")
