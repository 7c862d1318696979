"""Each model's name, parts, state, answers and recipe. Pages read this; it does not import torch.

The notebook's six models are a ladder, each one step from the last. Models beyond it say which
model they follow, and why they are here. `hnviz.learn` holds the classes for these entries; a test
checks that the two agree.
"""

from dataclasses import dataclass, replace

from hnviz.cells import GRU, LSTM, RNN, Cell, Gate
from hnviz.parts import Part, Recipe, Weight

FIRST_RUN = "Model5"
"""The pre-trained run that is in view until one is picked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One model: all that the rest of hnviz knows about it."""

    name: str
    title: str  # in five words or fewer
    follows: str = ""  # the model that it changes; empty for one that is first
    network_change: str  # what the network changes in the model that it follows
    reason: str = ""  # why it is here, for a model beyond the notebook's six
    predicts: str  # "last" or "every": the positions at which it answers
    stateful: bool  # the hidden state carries over from mini-batch to mini-batch
    recipe: Recipe
    parts: tuple[Part, ...]
    n_layers: int = 1
    norm_in_loop: bool = False  # batch norm is part of the recurrence
    norm_over: str = "rows"  # batch norm's statistics: over a step's "rows", or over all "slots"
    max_bptt: int | None = None  # the longest window that the network can read
    cell: Cell | None = None  # of the recurrent torch part; None for a hand-written loop
    state: tuple[str, ...] = ("h",)  # the tensors of its hidden state; most pictures show the first
    nonlinearity: str = "relu"
    has_fast_form: bool = False  # vectorised over time, in `hnviz.learn.fast`

    def n_weights(self, nv: int, nh: int) -> int:
        """Count the numbers that the model learns."""
        return sum(part.n_weights(nv, nh) for part in self.parts)

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
        """Return the part that plays a role."""
        return next(part for part in self.parts if part.role == role)


_I_H = Part("i_h", "i_h", "Embedding", (Weight("weight", ("nv", "nh")),))
_H_H = Part("h_h", "h_h", "Linear", (Weight("weight", ("nh", "nh")), Weight("bias", ("nh",))))
_H_O = Part("h_o", "h_o", "Linear", (Weight("weight", ("nv", "nh")), Weight("bias", ("nv",))))
_BN = Part("bn", "bn", "BatchNorm1d", (Weight("weight", ("nh",)), Weight("bias", ("nh",))))
_BY_HAND = (_I_H, _H_H, _H_O, _BN)


def _recurrent(kind: str, n_layers: int, rows: str) -> tuple[Part, ...]:
    """List the parts of a model around torch's nn.`kind`, whose weights stack `rows` units."""
    shapes = {
        "weight_ih": (rows, "nh"),
        "weight_hh": (rows, "nh"),
        "bias_ih": (rows,),
        "bias_hh": (rows,),
    }
    weights = tuple(
        Weight(f"{name}_l{layer}", dims)
        for layer in range(n_layers)
        for name, dims in shapes.items()
    )
    return (_I_H, Part("rnn", "h_h", kind, weights), _H_O, _BN)


_LADDER = (
    ModelEntry(
        name="Model0",
        title="three layers by hand",
        network_change="reads three tokens with three layers written out one by one and answers "
        "once, after the last",
        predicts="last",
        stateful=False,
        recipe=Recipe(bptt=3, epochs=6, lr=1e-4),
        parts=_BY_HAND,
        max_bptt=3,
        norm_in_loop=True,
    ),
    ModelEntry(
        name="Model1",
        title="the same, as a loop",
        follows="Model0",
        network_change="is the same network with a for loop in place of the three copies, so the "
        "window can have any length",
        predicts="last",
        stateful=False,
        recipe=Recipe(bptt=3, epochs=6, lr=1e-4),
        parts=_BY_HAND,
        norm_in_loop=True,
    ),
    ModelEntry(
        name="Model2",
        title="an answer every step",
        follows="Model1",
        network_change="answers after every token instead of only after the last; batch norm "
        "moves out of the recurrence",
        predicts="every",
        stateful=False,
        recipe=Recipe(bptt=20, epochs=10, lr=1e-4, pct_start=0.1),
        parts=_BY_HAND,
        has_fast_form=True,
    ),
    ModelEntry(
        name="Model3",
        title="keeps its state",
        follows="Model2",
        network_change="keeps its hidden state from one mini-batch to the next, where Model2 "
        "starts from zeros",
        predicts="every",
        stateful=True,
        recipe=Recipe(bptt=20, epochs=20, lr=3e-3),
        parts=_BY_HAND,
        has_fast_form=True,
    ),
    ModelEntry(
        name="Model4",
        title="nn.RNN",
        follows="Model3",
        network_change="leaves the loop to nn.RNN: tanh instead of relu, one more matrix for the "
        "input and a second bias; batch norm runs over all steps at once",
        predicts="every",
        stateful=True,
        recipe=Recipe(bptt=20, epochs=20, lr=3e-3),
        parts=_recurrent("RNN", 1, "nh"),
        norm_over="slots",
        cell=RNN,
        nonlinearity="tanh",
    ),
    ModelEntry(
        name="Model5",
        title="two layers of GRU",
        follows="Model4",
        network_change="stacks two layers of nn.GRU, whose gates decide what a unit keeps and "
        "what it takes in",
        predicts="every",
        stateful=True,
        recipe=Recipe(bptt=20, epochs=10, lr=1e-2),
        parts=_recurrent("GRU", 2, "3*nh"),
        norm_over="slots",
        n_layers=2,
        cell=GRU,
        nonlinearity="tanh",
    ),
)

_BEYOND = (
    ModelEntry(
        name="LSTM",
        title="two layers of LSTM",
        follows="Model5",
        network_change="has nn.LSTM in place of nn.GRU: a fourth gate, and a second tensor beside "
        "the state, the cell, which is carried along and which no answer reads directly",
        reason="The LSTM is older than the GRU, and for twenty years it was the usual network for "
        "long texts. Its memory is a sum: a forget gate near 1 keeps a number, and its gradient, "
        "over many words. Compare its gates with Model5's, and see how far its gradient reaches.",
        predicts="every",
        stateful=True,
        recipe=Recipe(bptt=50, epochs=20, lr=3e-2, pct_start=0.5),
        parts=_recurrent("LSTM", 2, "4*nh"),
        norm_over="slots",
        n_layers=2,
        cell=LSTM,
        state=("h", "c"),
        nonlinearity="tanh",
    ),
    ModelEntry(
        name="Model3BN",
        title="batch norm inside the loop",
        follows="Model3",
        network_change="moves batch norm back into the recurrence, as in Model1: the state that "
        "goes on to the next token is the normalised one",
        reason="Model3 carries a state that relu has made, and relu has no upper bound: nothing "
        "keeps a unit's scale from token to token. Inside the loop, batch norm does, so a row can "
        "carry its state on and on.",
        predicts="every",
        stateful=True,
        recipe=Recipe(bptt=20, epochs=20, lr=1e-2, pct_start=0.5),
        parts=_BY_HAND,
        norm_in_loop=True,
    ),
)

LADDER: tuple[str, ...] = tuple(entry.name for entry in _LADDER)
"""The notebook's six models, each one step from the last; the others go beyond them."""

CATALOGUE: dict[str, ModelEntry] = {entry.name: entry for entry in (*_LADDER, *_BEYOND)}

BUILT_IN: tuple[str, ...] = tuple(CATALOGUE)
"""The models of the package; the user's own ones join the catalogue later (`hnviz.own`)."""

SAME_RECIPE = CATALOGUE["Model3"].recipe
"""One recipe for all models, so that a step of the ladder changes only the network."""


def entry(model: str) -> ModelEntry:
    """Look a model up by name."""
    if model not in CATALOGUE:
        raise ValueError(f"no model named {model!r}; choose one of {', '.join(CATALOGUE)}")
    return CATALOGUE[model]


PAIRS = (("Model0", "Model1"), ("Model2", "Model3"))
"""Models with the same weights that compute the same; Model3 differs in its initial state."""


def partner(model: str) -> str | None:
    """Return the model that a model is paired with; None if there is none."""
    for left, right in PAIRS:
        if model in (left, right):
            return right if model == left else left
    return None


def previous(model: str) -> str | None:
    """Name the model that this one follows and changes; None for the first."""
    return entry(model).follows or None


def recipe_for(model: str, *, same: bool = False) -> Recipe:
    """Return a model's own recipe, or with `same` the one that all models share.

    The shared recipe respects a model's longest window: Model0 reads at most 3 tokens.
    """
    chosen = entry(model)
    if not same:
        return chosen.recipe
    return replace(SAME_RECIPE, bptt=min(SAME_RECIPE.bptt, chosen.max_bptt or SAME_RECIPE.bptt))
