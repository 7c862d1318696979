"""What changes from one model to the next, in the network and in the recipe, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from hnviz.data import human_numbers_stream
from hnviz.figures.diagrams import cell_kind
from hnviz.figures.numbers import percent
from hnviz.models.catalogue import ModelEntry, entry, previous

_NORM = {
    "rows": "after the loop, step by step",
    "slots": "after the loop, over all steps",
    "units": "none; layer norm in each layer",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One property of a model: its value in the model before, and now."""

    name: str
    before: str  # empty for the first model
    now: str

    @property
    def is_new(self) -> bool:
        """Return whether the value differs from the one before."""
        return bool(self.before) and self.before != self.now


def takeaway(model: str) -> str:
    """Say in at most 20 words what a model adds, and whether its recipe changes too."""
    if previous(model) is None:
        return f"**{model}** comes first: {entry(model).title}. Each next network adds one idea."
    changed = n_settings_changed(model)
    recipe = {0: "same recipe", 1: "1 setting changed too"}.get(
        changed, f"{changed} settings changed too"
    )
    return f"**{model}** adds one idea to {previous(model)}: {entry(model).title}; {recipe}."


STEPS = "training steps"
"""A property that follows from the recipe's settings."""


def recipe_sentence(model: str) -> str:
    """Say whether the recipe changes too, and what that means for the result."""
    before = previous(model)
    if before is None:
        return "The settings to begin with: from here on, each change is marked."
    changed = n_settings_changed(model)
    if not changed:
        return f"Same as {before}'s: a difference in the result comes from the network or the seed."
    many = "1 setting" if changed == 1 else f"{changed} settings"
    steps = any(change.is_new for change in recipe_changes(model) if change.name == STEPS)
    said = f"{many} changed too{', and so did the number of training steps' if steps else ''}"
    return f"{said}: either the network or the recipe may cause a difference in the result."


def n_settings_changed(model: str) -> int:
    """Count the settings of the recipe that differ from the model before."""
    return sum(change.is_new for change in recipe_changes(model) if change.name != STEPS)


def network_changes(model: str) -> list[Change]:
    """List the properties of the network."""
    nv = len(human_numbers_stream().vocab)
    return _compared(model, _NETWORK, lambda net, write: write(net, nv))


def recipe_changes(model: str) -> list[Change]:
    """List the settings of the notebook's training."""
    return _compared(model, _RECIPE, lambda net, write: write(net))


def written_lr(lr: float) -> str:
    """Write a learning rate: "4.0e-4"."""
    digits, power = f"{lr:.1e}".split("e")
    return f"{digits}e{int(power)}"


def _compared(
    model: str,
    properties: Sequence[tuple[str, Callable[..., str]]],
    written: Callable[[ModelEntry, Callable[..., str]], str],
) -> list[Change]:
    net, before = entry(model), previous(model)
    return [
        Change(name, written(entry(before), write) if before else "", written(net, write))
        for name, write in properties
    ]


def _cell(net: ModelEntry) -> str:
    if net.attends:
        return "attention, one head"
    kind = cell_kind(net)
    return f"nn.{kind}, {net.nonlinearity}"


def _start(net: ModelEntry) -> str:
    if net.attends:
        return "nothing: no state"
    return "the state it kept" if net.stateful else "zeros"


def _answers(net: ModelEntry) -> str:
    return "after every token" if net.predicts == "every" else "after the last token"


def _layers(net: ModelEntry) -> str:
    """Count layers; Model0's "three layers" are one, since the copies share their weights."""
    return f"{net.n_layers}, applied to each token"


def _norm(net: ModelEntry) -> str:
    if not net.norm:
        return "none"
    return "after every token" if net.norm_in_loop else _NORM[net.norm_over]


def _peak(lr: float) -> str:
    """Write a learning rate in both ways: "0.0001 = 1.0e-4"; no line ends inside it."""
    return f"{lr:g} = {written_lr(lr)}".replace("-", "\N{NON-BREAKING HYPHEN}")


def _n_steps(net: ModelEntry) -> int:
    """Count the updates of a whole training, as `BatchLayout` counts its mini-batches."""
    recipe = net.recipe
    return ceil(len(human_numbers_stream().train) / (recipe.bptt * recipe.bs)) * recipe.epochs


_NETWORK: tuple[tuple[str, Callable[[ModelEntry, int], str]], ...] = (
    ("answers", lambda net, nv: _answers(net)),
    (
        "starts from",
        lambda net, nv: _start(net),
    ),
    ("state made by", lambda net, nv: _cell(net)),
    ("layers", lambda net, nv: _layers(net)),
    ("batch norm", lambda net, nv: _norm(net)),
    ("longest window", lambda net, nv: f"{net.max_bptt} tokens" if net.max_bptt else "any"),
    ("numbers to learn", lambda net, nv: f"{net.n_weights(nv, net.recipe.nh):,}"),
)

_RECIPE: tuple[tuple[str, Callable[[ModelEntry], str]], ...] = (
    ("rows of a mini-batch (bs)", lambda net: str(net.recipe.bs)),
    ("tokens per row (bptt)", lambda net: str(net.recipe.bptt)),
    ("epochs", lambda net: str(net.recipe.epochs)),
    ("highest learning rate (lr)", lambda net: _peak(net.recipe.lr)),
    ("it rises during (pct_start)", lambda net: f"the first {percent(net.recipe.pct_start)}"),
    (STEPS, lambda net: f"{_n_steps(net):,}"),
)
