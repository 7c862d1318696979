"""What a catalogue entry holds: a recipe, parts and their weights, a cell and its gates.

A `Cell` says how a recurrent part of torch computes its next state, in words and equations.
"""

from dataclasses import dataclass, replace
from math import prod

ROLES = {
    "i_h": "input to hidden",
    "h_h": "hidden to hidden",
    "h_o": "hidden to output",
    "bn": "batch norm",
    "ln": "layer norm",
    "drop": "dropout",
}
"""The roles of a model's parts; pictures draw the first three in green, brown and blue.

Each model has the first three, and at most one norm before its output.
"""
NORMS = ("bn", "ln")
PASS_ON = (*NORMS, "drop")  # roles whose output is of the same kind as their input


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a model is trained with `fit_one_cycle`.

    The six models have the notebook's settings, the others those that `hnviz.bench.search` found.
    """

    bptt: int
    epochs: int
    lr: float  # peak of the one-cycle schedule
    pct_start: float = 0.3  # share of all steps in which lr rises
    bs: int = 64
    nh: int = 64


@dataclass(frozen=True, slots=True)
class Weight:
    """One parameter tensor. Its dimensions are written in terms of nv and nh: "nv", "3*nh"."""

    name: str  # as in the module's state_dict, without the part's name
    dims: tuple[str, ...]
    tied: bool = False  # the same tensor as another part's, which includes it in its count

    def shape(self, nv: int, nh: int) -> tuple[int, ...]:
        """Return the dimensions as numbers."""
        sizes = {"nv": nv, "nh": nh}
        return tuple(
            prod(sizes.get(factor) or int(factor) for factor in dim.split("*")) for dim in self.dims
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One submodule of a model."""

    name: str  # its attribute in the model
    role: str  # one of ROLES
    kind: str  # its class in torch.nn
    weights: tuple[Weight, ...]

    def n_weights(self, nv: int, nh: int) -> int:
        """Return how many numbers this part learns."""
        return sum(prod(weight.shape(nv, nh)) for weight in self.weights if not weight.tied)


I_H = Part("i_h", "i_h", "Embedding", (Weight("weight", ("nv", "nh")),))
H_H = Part("h_h", "h_h", "Linear", (Weight("weight", ("nh", "nh")), Weight("bias", ("nh",))))
H_O = Part("h_o", "h_o", "Linear", (Weight("weight", ("nv", "nh")), Weight("bias", ("nv",))))
BN = Part("bn", "bn", "BatchNorm1d", (Weight("weight", ("nh",)), Weight("bias", ("nh",))))
DROP = Part("drop", "drop", "Dropout", ())
TIED = Part("h_o", "h_o", "Linear", (replace(H_O.weights[0], tied=True), H_O.weights[1]))
BY_HAND = (I_H, H_H, H_O, BN)
"""The parts of a hand-written loop."""


def recurrent(kind: str, n_layers: int, rows: str) -> Part:
    """Return the part for torch's nn.`kind`, whose weights have `rows` rows."""
    weights = tuple(
        Weight(f"{tensor}_{reads}_l{layer}", dims)
        for layer in range(n_layers)
        for tensor, dims in (("weight", (rows, "nh")), ("bias", (rows,)))
        for reads in ("ih", "hh")
    )
    return Part("rnn", "h_h", kind, weights)


def attending(n_layers: int, window: int) -> tuple[Part, ...]:
    """List the parts of a Transformer whose window has at most `window` tokens."""
    square = ("query", "key", "value", "merge")
    attention = {"norm": ("nh",), **dict.fromkeys(square, ("nh", "nh"))}
    mlp = {"0": ("nh",), "1": ("2*nh", "nh"), "3": ("nh", "2*nh")}  # the relu between has none
    return (
        I_H,
        Part("position", "i_h", "Embedding", (Weight("weight", (str(window), "nh")),)),
        Part("attention", "h_h", "ModuleList", _each_layer(n_layers, attention)),
        Part("mlp", "h_h", "ModuleList", _each_layer(n_layers, mlp)),
        H_O,
        Part("ln", "ln", "LayerNorm", (Weight("weight", ("nh",)), Weight("bias", ("nh",)))),
    )


def _each_layer(n_layers: int, parts: dict[str, tuple[str, ...]]) -> tuple[Weight, ...]:
    """List a matrix and a bias for each part of each layer."""
    return tuple(
        Weight(f"{layer}.{name}.{kind}", dims if kind == "weight" else dims[:1])
        for layer in range(n_layers)
        for name, dims in parts.items()
        for kind in ("weight", "bias")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate of a recurrent part: a layer with one output for each unit."""

    name: str  # in the question "units"
    title: str  # in sentences
    letter: str  # in equations
    squash: str  # "sigmoid", from 0 to 1, or "tanh", from -1 to 1
    equation: str  # LaTeX
    meaning: str

    @property
    def signed(self) -> bool:
        """Whether the gate can be negative."""
        return self.squash == "tanh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How a recurrent part of torch computes its next state."""

    gates: tuple[Gate, ...] = ()  # in the order in which torch stacks their weights
    equation: str  # of the next state, LaTeX
    meaning: str
    in_words: str = ""  # how the gates produce the next state, for pages
    keeper: str = ""  # the gate that says how much of the old memory remains


RNN = Cell(
    equation=r"h' = \tanh(W_{ih}\,x + b_{ih} + W_{hh}\,h + b_{hh})",
    meaning="one layer that reads the word and the state",
)
IRNN = Cell(
    equation=r"h' = \mathrm{relu}(W_{ih}\,x + b_{ih} + W_{hh}\,h + b_{hh})",
    meaning="one layer that reads the word and the state, and cuts off what is below zero",
)
GRU = Cell(
    gates=(
        Gate(
            name="reset",
            title="reset gate",
            letter="r",
            squash="sigmoid",
            equation=r"r = \sigma(W_{ir}\,x + b_{ir} + W_{hr}\,h + b_{hr})",
            meaning="how much of the matrix times the old state goes into the candidate",
        ),
        Gate(
            name="update",
            title="update gate",
            letter="z",
            squash="sigmoid",
            equation=r"z = \sigma(W_{iz}\,x + b_{iz} + W_{hz}\,h + b_{hz})",
            meaning="how much of each unit is kept as it was",
        ),
        Gate(
            name="candidate",
            title="candidate",
            letter="n",
            squash="tanh",
            equation=r"n = \tanh(W_{in}\,x + b_{in} + r \odot (W_{hn}\,h + b_{hn}))",
            meaning="what each unit would be if nothing were kept",
        ),
    ),
    equation=r"h' = (1 - z) \odot n + z \odot h",
    meaning="the mix of both",
    in_words="A unit's new state is (1 \N{MINUS SIGN} update) · candidate + update · old. "
    "The reset gate acts after the matrix: it sets how much of W times the old state goes into the "
    "candidate.",
    keeper="update",
)
LSTM = Cell(
    gates=(
        Gate(
            name="input",
            title="input gate",
            letter="i",
            squash="sigmoid",
            equation=r"i = \sigma(W_{ii}\,x + b_{ii} + W_{hi}\,h + b_{hi})",
            meaning="how much of the candidate is added to each unit's cell",
        ),
        Gate(
            name="forget",
            title="forget gate",
            letter="f",
            squash="sigmoid",
            equation=r"f = \sigma(W_{if}\,x + b_{if} + W_{hf}\,h + b_{hf})",
            meaning="how much of each unit's cell is kept: 1 keeps all of it",
        ),
        Gate(
            name="candidate",
            title="candidate",
            letter="g",
            squash="tanh",
            equation=r"g = \tanh(W_{ig}\,x + b_{ig} + W_{hg}\,h + b_{hg})",
            meaning="what could be added to each unit's cell",
        ),
        Gate(
            name="output",
            title="output gate",
            letter="o",
            squash="sigmoid",
            equation=r"o = \sigma(W_{io}\,x + b_{io} + W_{ho}\,h + b_{ho})",
            meaning="how much of each unit's cell the state shows",
        ),
    ),
    equation=r"\begin{aligned} c' &= f \odot c + i \odot g \\ h' &= o \odot \tanh(c') "
    r"\end{aligned}",
    meaning="the cell c is updated, and the state h is what the output gate lets through",
    in_words="A unit's new cell is forget · old cell + input · candidate. Its new state is "
    "output · tanh(new cell).",
    keeper="forget",
)


@dataclass(frozen=True, slots=True)
class Penalty:
    """What training adds to the cross-entropy, from a recurrent part's outputs.

    Merity, McCann and Socher, "Revisiting Activation Regularization for Language RNNs", 2017.
    """

    alpha: float  # times the mean square of the outputs after dropout: AR
    beta: float  # times the mean square of how far they move from token to token: TAR


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One model, with everything that the rest of hnviz knows about it."""

    name: str
    title: str  # at most five words
    follows: str = ""  # the model that it changes; empty for the first
    network_change: str  # how the network differs from the model that it follows
    reason: str = ""  # why it is here, for a model beyond the notebook's six
    predicts: str  # "last" or "every": the positions at which it answers
    stateful: bool  # it carries its hidden state from mini-batch to mini-batch
    recipe: Recipe
    parts: tuple[Part, ...]
    n_layers: int = 1
    norm_in_loop: bool = False  # batch norm is part of the recurrence
    norm_over: str = "rows"  # batch norm's statistics are over a step's "rows", or over all "slots"
    max_bptt: int | None = None  # the longest window that the network can read
    cell: Cell | None = None  # of torch's recurrent part; None for a hand-written loop
    state: tuple[str, ...] = ("h",)  # the tensors of its hidden state; most pictures show the first
    nonlinearity: str = "relu"
    attends: bool = False  # it looks back at its window, and carries no state from word to word
    dropout: float = 0.0  # share of the outputs that training sets to zero
    penalty: Penalty | None = None
    has_fast_form: bool = False  # vectorised over time, in `hnviz.learn.fast`

    def n_weights(self, nv: int, nh: int) -> int:
        """Return how many numbers the model learns."""
        return sum(part.n_weights(nv, nh) for part in self.parts)

    @property
    def norm(self) -> str:
        """Return the role of the norm before its output, "bn" or "ln"; "" if there is none."""
        return next((part.role for part in self.parts if part.role in NORMS), "")

    @property
    def shows(self) -> tuple[str, ...]:
        """Name what has a number for each unit: the state, its other tensors, and the gates."""
        others = () if self.attends else self.state[1:]  # a past has many numbers for each
        return ("state", *others, *self.gates)

    @property
    def gates(self) -> tuple[str, ...]:
        """Name the gates, in order; empty for a model without gates."""
        return tuple(gate.name for gate in self.cell.gates) if self.cell else ()

    def gate(self, name: str) -> Gate:
        """Look a gate up by name."""
        for gate in self.cell.gates if self.cell else ():
            if gate.name == name:
                return gate
        named = f"; it has {', '.join(self.gates)}" if self.gates else ""
        raise ValueError(f"{self.name} has no gate named {name!r}{named}")

    @property
    def recurrent(self) -> Part | None:
        """Return the part that reads a whole window in one call; None for a hand-written loop."""
        return self.part("h_h") if self.cell else None

    @property
    def roles(self) -> dict[str, str]:
        """Return the role of each part, by its name."""
        return {part.name: part.role for part in self.parts}

    def part(self, role: str) -> Part:
        """Return the first part that has a role. Raises ValueError if there is none."""
        if part := next((each for each in self.parts if each.role == role), None):
            return part
        raise ValueError(f"{self.name} has no {ROLES[role]}")
