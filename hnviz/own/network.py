"""What a recorded network computes, as data: its parts, their names, and how they are put together.

A run that a loop of the user's own trained brings this description, not code: hnviz builds the
network from parts of torch (`hnviz.learn.described`). Does not import torch.
"""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b, sha256
from math import prod
from pathlib import Path
from typing import Any

from hnviz.models.catalogue import RECORDED
from hnviz.models.spec import (
    GRU,
    IRNN,
    LSTM,
    NORMS,
    RNN,
    ROLES,
    Cell,
    ModelEntry,
    Part,
    Recipe,
)
from hnviz.own.models import OwnClass, identity_of, own_models, revived

OWN = "own"
"""The cell of a network that only its own class can compute."""

CELLS: Mapping[str, Cell | None] = {
    "Linear": None,
    "RNN": RNN,
    "GRU": GRU,
    "LSTM": LSTM,
    OWN: None,
}
"""What a cell may be: one matrix in a hand-written loop, a recurrent part of torch, or its own."""

SQUASHES = ("relu", "tanh", "sigmoid", "identity")
NORM_PLACES = ("", "loop", "head")  # part of the recurrence, or before the output
RECIPE = Recipe(bptt=20, epochs=10, lr=1e-2)  # a recorded run's name says how it differs from this

STATES = ("h", "c", "s3", "s4")  # names of a state's tensors
MAX_LAYERS = 16
MAX_PARTS = 1000
MAX_WEIGHTS = 2**28  # of one tensor
_CLASS = re.compile(r"[A-Za-z]\w{0,99}", re.ASCII)
_PATH = re.compile(r"(?!.*__)[A-Za-z_]\w{0,99}(\.\w{1,100}){0,9}", re.ASCII)  # of a submodule
_HASH = re.compile(r"([0-9a-f]{64})?")
_SIZE = 2048  # the largest nv and nh with which the limits are checked
_CLASS_CHARS = 20  # of a class's name in a model's


class NetworkError(ValueError):
    """A description that no network can have; the message is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One recorded network. `parts` have the names that its own class gives them."""

    class_name: str
    cell: str  # one of CELLS
    parts: tuple[Part, ...]
    predicts: str  # "last" or "every"
    stateful: bool
    n_layers: int = 1
    squash: str = "tanh"  # of a hand-written loop or nn.RNN
    norm_at: str = ""  # one of NORM_PLACES
    eps: float = 1e-5  # of the norm
    n_states: int = 1  # tensors of the state of a cell of its own
    code: str = ""  # SHA-256 of the class of such a cell, so that another class is another network

    def __post_init__(self) -> None:
        allowed = {
            "cell": tuple(CELLS),
            "squash": SQUASHES,
            "norm_at": NORM_PLACES,
            "predicts": ("last", "every"),
        }
        for name, words in allowed.items():
            _wrong_if(getattr(self, name) not in words, f"{name} must be one of {words}")
        _wrong_if(not _CLASS.fullmatch(self.class_name), "class_name is not the name of a class")
        _wrong_if(not 1 <= self.n_layers <= MAX_LAYERS, f"n_layers is 1 to {MAX_LAYERS}")
        _wrong_if(not 1 <= self.n_states <= len(STATES), f"n_states is 1 to {len(STATES)}")
        _wrong_if(not _HASH.fullmatch(self.code), "code is the SHA-256 of a class, in hexadecimal")
        _wrong_if(not 0 < self.eps < 1, "eps is between 0 and 1")
        _wrong_if(self.cell == "RNN" and self.squash not in SQUASHES[:2], "nn.RNN has no such form")
        if self.cell != OWN:
            _check_roles(self.parts)
        _check_parts(self.parts, has_norm=bool(self.norm_at))

    @property
    def identity(self) -> str:
        """A hash of all that determines what the network computes, 20 hexadecimal digits.

        A field that a later version adds does not change it, as long as it has its default.
        """
        usual = {each.name: each.default for each in fields(self)}
        made_of = {name: each for name, each in asdict(self).items() if each != usual[name]}
        whole = json.dumps(made_of, sort_keys=True)
        return blake2b(whole.encode(), digest_size=10).hexdigest()

    @property
    def name(self) -> str:
        """The model's name: its class, and digits that differ for another network."""
        return f"{self.class_name[:_CLASS_CHARS]}_{self.identity[:16]}"

    @property
    def older_name(self) -> str:
        """Its name in the runs of version 0.5, which has four digits."""
        return f"{self.class_name[:_CLASS_CHARS]}_{self.identity[:4]}"

    @property
    def entry(self) -> ModelEntry:
        """Say what the rest of hnviz needs to know of a model."""
        plain = self.cell in ("Linear", "RNN")
        unbounded = self.cell == OWN or (plain and self.squash in ("relu", "identity"))
        return ModelEntry(
            name=self.name,
            title=f"{self.class_name}, recorded",
            network_change="was recorded from a loop outside hnviz",
            predicts=self.predicts,
            stateful=self.stateful,
            recipe=RECIPE,
            parts=self.parts,
            n_layers=self.n_layers,
            norm_in_loop=self.norm_at == "loop",
            norm_over="rows" if self.cell == "Linear" else "slots",
            cell=IRNN if unbounded and self.cell == "RNN" else CELLS[self.cell],
            state=STATES[: 2 if self.cell == "LSTM" else self.n_states],
            nonlinearity="relu" if unbounded else "tanh",
        )

    def part(self, role: str) -> Part:
        """Return the part with a role."""
        return self.entry.part(role)

    @classmethod
    def from_dict(cls, values: Any) -> "Network":
        """Read the result of `asdict`, from JSON. Raises NetworkError for anything else."""
        parts = values.get("parts") if isinstance(values, dict) else None
        n_parts = len(parts) if isinstance(parts, list | tuple) else 0
        _wrong_if(n_parts > MAX_PARTS, f"a network has up to {MAX_PARTS:,} parts; got {n_parts:,}")
        try:
            found: Network = revived(cls, values)
        except NetworkError:
            raise
        except (ValueError, TypeError, RecursionError) as error:
            raise NetworkError(f"it does not describe a network: {error!s:.200}") from error
        return found


def _check_roles(parts: tuple[Part, ...]) -> None:
    roles = [part.role for part in parts]
    wanted = ["h_h", "h_o", "i_h", *(role for role in roles if role in NORMS)]
    _wrong_if(sorted(roles) != sorted(wanted), f"its parts have the roles {', '.join(roles):.100}")


def _check_parts(parts: tuple[Part, ...], *, has_norm: bool) -> None:
    roles = [part.role for part in parts]
    _wrong_if(has_norm is not any(role in NORMS for role in roles), "norm_at and its norm disagree")
    _wrong_if(len({part.name for part in parts}) < len(parts), "two of its parts have one name")
    for part in parts:
        _wrong_if(part.role not in ROLES, f"no part has the role {part.role!r:.40}")
        _wrong_if(not _PATH.fullmatch(part.name), f"no part has the name {part.name!r:.40}")
        for weight in part.weights:
            _wrong_if(not _PATH.fullmatch(weight.name), f"no weight is named {weight.name!r:.40}")
            sizes = weight.shape(_SIZE, _SIZE)
            fine = 1 <= len(sizes) <= 2 and min(sizes) > 0 and prod(sizes) <= MAX_WEIGHTS
            _wrong_if(not fine, f"{part.name}.{weight.name} has no usable shape")


def _wrong_if(wrong: object, problem: str) -> None:
    if wrong:
        raise NetworkError(problem)


networks: dict[str, Network] = {}
"""The recorded networks that this process knows, by their models' names."""

_holders: dict[str, set[object]] = {}
"""For whom each is known: the folders of its runs, who reads a run now, a loop that records."""
LOOP = "a loop"
"""The holder of a network whose loop this process records."""

_lock = threading.Lock()


def know(network: Network, holder: object, name: str = "") -> None:
    """Let this process read runs of a recorded network, under its own name or its older one.

    It is known as long as its holder is: a run's folder as long as it is there, another object
    until `forget`, and LOOP for good. Raises NetworkError for another network of the same name.
    """
    name = name if name == network.older_name else network.name
    with _lock:
        if name not in networks:
            _forget_gone()
        if networks.get(name, network) != network:
            raise NetworkError(f"two different recorded networks have the name {name}")
        _holders.setdefault(name, set()).add(holder)
        if name not in networks:
            networks[name], RECORDED[name] = network, network.entry


def forget(holder: object) -> None:
    """Forget the networks that are known for this holder alone."""
    with _lock:
        for held in _holders.values():
            held.discard(holder)
        _forget_gone()


def _forget_gone() -> None:
    for name, held in list(_holders.items()):
        held -= {each for each in held if isinstance(each, Path) and not each.exists()}
        if not held:
            del _holders[name], networks[name], RECORDED[name]


def is_own(model: str) -> bool:
    """Return whether a model is the user's: from a file of models, or of a recorded run."""
    return bool(identity_of(model)) or model in networks


def is_closed(model: str) -> bool:
    """Return whether only a model's own class can compute it, of which hnviz has no code."""
    return bool(why_closed(model))


def why_closed(model: str) -> str:
    """Say why this process cannot compute a recorded network, and what to do; "" if it can."""
    network = networks.get(model)
    if network is None or network.cell != OWN:
        return ""
    name, used, found = network.class_name, own_models(), _class_of(network)
    begin = f"{name} computes something of its own, and hnviz has no code of it"
    if used is None or found is None:
        file = f"; {used.file} has no class {name}" if used else ""
        return f"{begin}{file}: start hnviz with --models and the Python file that has its class"
    if found.problem:
        return (
            f"{used.file} has the class {name}, but none could be made ({found.problem}): make one "
            f"in the file, such as model = {name}(...)"
        )
    if not network.code:
        return f"{begin}: the record lacks the source of its class, so that no file is known as it"
    if found.code != network.code:
        return (
            f"{used.file} has another {name} than the one that trained this run: their sources "
            "have different hashes; recorded.json in the run's folder has the run's source"
        )
    return ""


def _class_of(network: Network) -> OwnClass | None:
    """Return the class that a named file has for a network; None without one."""
    used = own_models()
    found = (each for each in used.classes if each.name == network.class_name) if used else ()
    return next(iter(found), None)


def hash_of(source: str) -> str:
    """Return the hash of a class's source; "" for none."""
    return sha256(source.encode()).hexdigest() if source else ""


def network_of(model: str) -> Network | None:
    """Return the recorded network that has a model's name; None if there is none."""
    return networks.get(model)
