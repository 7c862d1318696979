"""The models: name, parts, state, answers and recipe of each.

The notebook's six models are a ladder, each one step from the last. The others say which model they
follow and why they are here. `hnviz.learn` has the classes; a test checks that classes and entries
agree.
"""

from dataclasses import replace

from hnviz.models.spec import (
    BN,
    BY_HAND,
    DROP,
    GRU,
    H_O,
    I_H,
    IRNN,
    LSTM,
    RNN,
    TIED,
    ModelEntry,
    Penalty,
    Recipe,
    attending,
    recurrent,
)

FIRST_RUN = "Model5"
"""The pre-trained run that pages show until the user chooses one."""

WINDOW = 70  # positions that the Transformer learns: the longest window in the search

_LADDER = (
    ModelEntry(
        name="Model0",
        title="three layers by hand",
        network_change="reads three tokens with three layers written out one by one and answers "
        "once, after the last",
        predicts="last",
        stateful=False,
        recipe=Recipe(bptt=3, epochs=6, lr=1e-4),
        parts=BY_HAND,
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
        parts=BY_HAND,
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
        parts=BY_HAND,
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
        parts=BY_HAND,
        has_fast_form=True,
    ),
    ModelEntry(
        name="Model4",
        title="nn.RNN",
        follows="Model3",
        reason="What it is for: the loop of Model3 becomes one call into PyTorch, which is shorter "
        "and lets another cell take its place. Model5 does that, with nn.GRU.",
        network_change="leaves the loop to nn.RNN: tanh instead of relu, one more matrix for the "
        "input and a second bias; batch norm runs over all steps at once",
        predicts="every",
        stateful=True,
        recipe=Recipe(bptt=20, epochs=20, lr=3e-3),
        parts=(I_H, recurrent("RNN", 1, "nh"), H_O, BN),
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
        parts=(I_H, recurrent("GRU", 2, "3*nh"), H_O, BN),
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
        parts=(I_H, recurrent("LSTM", 2, "4*nh"), H_O, BN),
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
        parts=BY_HAND,
        norm_in_loop=True,
    ),
    ModelEntry(
        name="Transformer",
        title="attention, and no state",
        follows="Model2",
        network_change="has no loop and no state: each token looks at itself and at those before "
        "it in the window, takes a share of what each holds, and does so in two layers",
        reason="A recurrent network has to carry what it will need. A Transformer carries nothing: "
        "it keeps its window in sight and looks a word up when it needs it. So it can never know "
        "what lies before its window, and its gradient goes straight to each word in it. Compare "
        "its accuracy at each position with Model2's in Train, and see in Count which words it "
        "looks at.",
        predicts="every",
        stateful=False,
        recipe=Recipe(bptt=35, epochs=20, lr=1e-2, pct_start=0.2),
        parts=attending(2, WINDOW),
        norm_over="units",
        n_layers=2,
        max_bptt=WINDOW,
        state=("h", "past"),
        attends=True,
    ),
    ModelEntry(
        name="Model5Reg",
        title="Model5, regularised",
        follows="Model5",
        network_change="has no batch norm. Its output layer shares its weights with the embedding, "
        "and training sets half of the outputs to zero at random and adds to the loss when they "
        "are large or move far from word to word",
        reason="Training Model5 until it knows its text by heart does not teach it to count past "
        "it. fast.ai's later recipe makes that harder: dropout, tied weights, and a penalty on "
        "large activations (AR, alpha 2) and on fast ones (TAR, beta 1). Dropout acts only in "
        "training, so all pictures show the whole network. Compare how train and valid end.",
        predicts="every",
        stateful=True,
        recipe=Recipe(bptt=20, epochs=10, lr=3e-2, pct_start=0.5),
        parts=(I_H, recurrent("GRU", 2, "3*nh"), TIED, DROP),
        norm_over="",
        n_layers=2,
        cell=GRU,
        nonlinearity="tanh",
        dropout=0.5,
        penalty=Penalty(alpha=2.0, beta=1.0),
    ),
    ModelEntry(
        name="IRNN",
        title="relu that starts as identity",
        follows="Model4",
        network_change="has relu in nn.RNN in place of tanh, and starts each mini-batch from "
        "zeros. Before training, its matrix from state to state is the identity: it passes each "
        "unit on as it is",
        reason="With the identity, a state and its gradient neither grow nor shrink before "
        "training begins (Le, Jaitly and Hinton, 2015). But relu has no upper bound. With a state "
        "kept from mini-batch to mini-batch, all of nine runs diverged within 104 steps, six of "
        "them with their gradients clipped. So it starts each window from zeros, and remembers "
        "nothing from before it. Compare its curve with Model4's.",
        predicts="every",
        stateful=False,
        recipe=Recipe(bptt=50, epochs=15, lr=1e-2, pct_start=0.2),
        parts=(I_H, recurrent("RNN", 1, "nh"), H_O, BN),
        norm_over="slots",
        cell=IRNN,
    ),
    ModelEntry(
        name="Model3Tanh",
        title="tanh in place of relu",
        follows="Model3",
        network_change="has tanh where Model3 has relu, and is otherwise the same network",
        reason="From Model3 to Model4 relu becomes tanh, but three more things change with it: the "
        "input gets a matrix of its own, there is a second bias, and batch norm runs over all "
        "steps at once. This model changes only relu. tanh keeps every unit between -1 and 1, so "
        "a state that is carried on cannot grow. But its slope is below 1 wherever a unit is not "
        "0: each step back makes a gradient smaller, unless the weights make up for it.",
        predicts="every",
        stateful=True,
        recipe=Recipe(bptt=20, epochs=20, lr=3e-3),
        parts=BY_HAND,
        nonlinearity="tanh",
    ),
)

LADDER: tuple[str, ...] = tuple(entry.name for entry in _LADDER)
"""The notebook's six models, each one step from the last."""

CATALOGUE: dict[str, ModelEntry] = {entry.name: entry for entry in (*_LADDER, *_BEYOND)}

BUILT_IN: tuple[str, ...] = tuple(CATALOGUE)
"""The package's models; a user's own models join the catalogue later (`hnviz.own`)."""

SAME_RECIPE = CATALOGUE["Model3"].recipe
"""One recipe for all models, with which a step of the ladder changes only the network."""


RECORDED: dict[str, ModelEntry] = {}
"""The models of runs that loops outside hnviz trained: they are in no list, as none trains here."""


def is_known(model: str) -> bool:
    """Return whether `entry` has a model: one of the catalogue, or of a recorded run."""
    return model in CATALOGUE or model in RECORDED


def called(model: str) -> str:
    """Return a model's name as readers see it: of a recorded one its class, without the hash."""
    return model.rpartition("_")[0] if model in RECORDED else model


def entry(model: str) -> ModelEntry:
    """Look a model up by name."""
    if model in RECORDED:
        return RECORDED[model]
    if model not in CATALOGUE:
        raise ValueError(f"no model named {model!r}; choose one of {', '.join(CATALOGUE)}")
    return CATALOGUE[model]


IN_LANES = (*LADDER, "LSTM", "Model3BN", "IRNN", "Model3Tanh")
"""The models that `hnviz.learn.lane_models` writes out."""


def has_lanes(model: str) -> bool:
    """Return whether `hnviz.learn.lanes` can train many runs of a model as one program."""
    entry(model)
    return model in IN_LANES


PAIRS = (("Model0", "Model1"), ("Model2", "Model3"))
"""Pairs that compute the same from equal weights; Model3 differs in its initial state."""


def partner(model: str) -> str | None:
    """Return a model's partner in its pair; None if it has none."""
    for left, right in PAIRS:
        if model in (left, right):
            return right if model == left else left
    return None


def previous(model: str) -> str | None:
    """Return the model that this one follows and changes; None for the first."""
    return entry(model).follows or None


def recipe_for(model: str, *, same: bool = False) -> Recipe:
    """Return a model's recipe, or with `same` the recipe that all models share.

    The shared recipe keeps to a model's longest window: Model0 reads at most 3 tokens.
    """
    chosen = entry(model)
    if not same:
        return chosen.recipe
    return replace(SAME_RECIPE, bptt=min(SAME_RECIPE.bptt, chosen.max_bptt or SAME_RECIPE.bptt))
