"""The sentence above the Hidden states page's picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.sentences import when
from hnviz.models.catalogue import called, entry


@dataclass(frozen=True, slots=True)
class Seen:
    """Units over tokens, and where the tokens come from."""

    values: NDArray[np.float32]  # (nh, n_tokens)
    tokens: Sequence[str]
    named: str  # the tokens: "44 tokens", "tokens 0 to 99 of valid"
    show: str  # "state", another tensor of the state, or a gate

    @property
    def moving(self) -> int:
        """The unit that moves most."""
        return int((self.values.max(axis=1) - self.values.min(axis=1)).argmax())


def units_sentence(model: str, step: int, seen: Seen) -> str:
    """Say which unit moves most over the tokens, and between which words."""
    values, tokens = seen.values, [token[:20] for token in seen.tokens]
    trained = when(step, "before any training")
    name, what = called(model), _units_of(model, seen.show)
    if len(tokens) == 1:
        return (
            f"{name} {trained}: its {values.shape[0]} {what} after one token, “{tokens[0]}”. Type "
            "more words to see what they keep."
        )
    unit = seen.moving
    low, high = int(values[unit].argmin()), int(values[unit].argmax())
    if values[unit, low] == values[unit, high]:
        return f"{name} {trained}: none of its {values.shape[0]} {what} moves over {seen.named}."
    whose = f"unit **{unit}**" if seen.show == "state" else f"that of unit **{unit}**"
    return (
        f"{name} {trained}: of {values.shape[0]} {what} over {seen.named}, {whose} moves most, "
        f"from **{number(values[unit, low])}** after “{tokens[low]}” to "
        f"**{number(values[unit, high])}** after “{tokens[high]}”."
    )


def moving_sentence(seen: Seen) -> str:
    """Say where the unit that moves most is lowest and highest, in at most 20 words."""
    values, unit = seen.values[seen.moving], seen.moving
    low, high = int(values.argmin()), int(values.argmax())
    if values[low] == values[high]:
        return f"None of the {len(seen.values):,} units moves over {seen.named}."
    after = [f"“{seen.tokens[at][:20]}”" for at in (low, high)]
    return (
        f"Unit **{unit}** moves most here: from **{number(values[low])}** after {after[0]} to "
        f"**{number(values[high])}** after {after[1]}."
    )


def in_place_of_state(model: str) -> str:
    """Say what the page shows for a model that has no hidden state."""
    return (
        f"{called(model)} has no hidden state: it carries nothing from word to word. In its place, "
        "this page shows what each layer makes of a word, which the layer above looks at."
    )


def reading_note(model: str, bptt: int, split: str) -> str:
    """Say where the state starts from zeros, and what a column is."""
    name, column = called(model), "Each column is the state **after** that token, in eval mode."
    if entry(model).attends:
        return (
            f"{name} carries no state. Shown is what its layers make of each token, after reading "
            f"those before it in windows of {bptt} tokens, as in training. {column}"
        )
    if not entry(model).stateful:
        return (
            f"{name} carries no state: it starts from zeros again every {bptt} tokens, as in "
            f"training. {column}"
        )
    start = (
        f"it started from zeros at the first token of {split} and has read on from there"
        if split
        else "here it starts from zeros at the first token"
    )
    return f"{name} carries its state: {start}. {column}"


def _units_of(model: str, show: str) -> str:
    """Name the values in a picture: "units", "values of c", "update gates"."""
    if show == "state":
        return "units"
    return f"values of {show}" if is_state(model, show) else f"{entry(model).gate(show).title}s"


def is_state(model: str, show: str) -> bool:
    """Return whether what is shown is a tensor of the state, and not a gate."""
    return show == "state" or show in entry(model).state[1:]


def shown(model: str, show: str) -> str:
    """Name what is shown: "the state", "the cell c", "the update gate"."""
    if show == "state":
        return "the state"
    if is_state(model, show):
        return "the cell c" if show == "c" else f"{show}, a part of the state"
    return f"the {entry(model).gate(show).title}"


def is_signed(model: str, show: str) -> bool:
    """Return whether what is shown can be negative."""
    return is_state(model, show) or entry(model).gate(show).signed


def full_colour(model: str, show: str, values: NDArray[np.float32]) -> float:
    """Return the value that has full colour: 1 for gates and tanh, a power of two for the rest.

    relu and an LSTM's cell have no bound. A power of two keeps the colours from shifting with every
    snapshot.
    """
    bounded = show == "state" and entry(model).nonlinearity == "tanh"
    if bounded or not is_state(model, show):
        return 1.0
    return float(2.0 ** np.ceil(np.log2(max(float(np.abs(values).max()), 0.25))))


def number(value: float) -> str:
    """Write a value with two decimals and a real minus."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "\N{MINUS SIGN}")
