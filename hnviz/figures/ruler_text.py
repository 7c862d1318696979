"""What the memory ruler says, in its own numbers; **two stars** mark what is set in bold."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hnviz.data import BatchLayout
from hnviz.figures.reach import Reach
from hnviz.figures.ruler import Windows
from hnviz.runs.ruler import MOST_ONCE, Bound

HOW_TO_READ = "Above a thin line: more tokens than that are used. Below it: nothing is proved."
_MOST = f"{100 * MOST_ONCE:.0f}\N{NO-BREAK SPACE}%"

POSITIONS_NOTE = (
    "Thin: the best that any predictor can reach at that position, dotted where more than "
    f"{_MOST} of the contexts occur once. One pass in eval mode, from a state of zeros."
)

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number(value: int) -> str:
    """Write a small number as a word."""
    return _NUMBERS[value] if value < len(_NUMBERS) else f"{value:,}"


def reading(accuracy: Mapping[str, float], bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Hold the accuracy on each split to that split's own bounds, and say what it proves."""
    said = [_one_reading(split, value, bounds[split]) for split, value in accuracy.items()]
    passed = [_passed(value, bounds[split]) for split, value in accuracy.items()]
    hidden = [bound for bound in passed if bound is not None and not bound.shown]
    if hidden:
        shares = " and ".join(f"{100 * bound.once:.0f}\N{NO-BREAK SPACE}%" for bound in hidden)
        tokens = " and ".join(dict.fromkeys(f"{number(bound.k)}-token" for bound in hidden))
        said.append(f"The {tokens} bound has no line: {shares} of its contexts occur only once.")
    return " ".join(said)


def _passed(accuracy: float, bounds: Sequence[Bound]) -> Bound | None:
    """Return the bound of most tokens that an accuracy is above."""
    return max((bound for bound in bounds if accuracy > bound.accuracy), default=None)


def _one_reading(split: str, accuracy: float, bounds: Sequence[Bound]) -> str:
    bound = _passed(accuracy, bounds)
    if bound is None:
        return f"On {split} **{accuracy:.3f}** is above no bound, which proves nothing."
    tokens = "one token is" if bound.k == 1 else f"{number(bound.k)} tokens are"
    return (
        f"On {split} **{accuracy:.3f}** is above the {number(bound.k)}-token bound "
        f"{bound.accuracy:.3f}: more than {tokens} used."
    )


def window_sentence(layout: BatchLayout, windows: Windows) -> str:
    """Say what a reset state cannot know in windows of this length, and a kept one can."""
    reset, kept = windows.reset, windows.kept
    said = (
        f"With the state reset before every mini-batch, position 0 of a window knows one token, "
        f"and no predictor is right there more than **{reset.accuracy[0]:.3f}** of the time on "
        f"{windows.split}"
    )
    if layout.bptt > 1:
        said += f"; over all {layout.bptt} positions **{reset.mean:.3f}**"
    if kept is None:
        return (
            f"{said}. Cut at random, a kept state is no help: what it brings along belongs to "
            "other text."
        )
    if layout.n_batches == 1:
        return f"{said}. There is one mini-batch, so a kept state has no past to bring along."
    return (
        f"{said}. With the state kept only the first of {layout.n_batches:,} mini-batches begins "
        f"without a past: **{kept.mean:.3f}**."
    )


def window_note(layout: BatchLayout, any_cut: float) -> str:
    """Say how the bounds by position are made."""
    slots = layout.n_batches * layout.bs
    return (
        f"The best table at each position, over its own {slots:,} slots. Dotted: more than "
        f"{_MOST} of the contexts occur once there, so the bound means little. "
        f"Over every way to cut this text into windows of {layout.bptt} the mean with a reset "
        f"state is {any_cut:.3f}; one layout's windows have fewer slots at a position, fewer "
        "contexts seen again, and so a higher bound."
    )


def reach_sentence(texts: Sequence[Reach], bptt: int) -> str:
    """Say what windows of one length allow on each text, whichever way it is cut."""
    best = " and ".join(f"**{text.means[bptt - 1]:.3f}** on {text.name}" for text in texts)
    every = "every token" if bptt == 1 else f"every {bptt} tokens"
    said = f"With the state reset before {every} no predictor is right more often than {best}"
    hidden = [_hidden(text) for text in texts if text.sure < len(text.bounds)]
    thin = "Thin lines: the best that the last tokens alone allow"
    if not hidden:
        return f"{said}. {thin}."
    return (
        f"{said}. {thin}, hidden where more than {_MOST} of the contexts occur once: "
        f"{', '.join(hidden)}."
    )


def _hidden(text: Reach) -> str:
    first = text.bounds[text.sure]
    tokens = "one token" if first.k == 1 else f"{number(first.k)} tokens"
    return f"on {text.name} from {tokens} on ({100 * first.once:.0f}\N{NO-BREAK SPACE}%)"


def table_sentence(split: str, bounds: Sequence[Bound]) -> str:
    """Say how far a memory of few tokens goes, and how many are enough."""
    if not bounds:
        return "The text is too short for a bound."
    enough = next((bound for bound in bounds if bound.accuracy == 1), None)
    said = (
        f"Knowing only the last token, no predictor is right more than "
        f"**{bounds[0].accuracy:.3f}** of the time on {split}"
    )
    if enough is None:
        return f"{said}; with {number(bounds[-1].k)} tokens **{bounds[-1].accuracy:.3f}**."
    said = f"{said}; **{number(enough.k)}** tokens always tell the next one"
    return f"{said}: no {number(enough.k)} stand there twice." if enough.once == 1 else f"{said}."


def bounds_table(bounds: Mapping[str, Sequence[Bound]]) -> pd.DataFrame:
    """Tabulate the bounds of each split by tokens known, with the share of contexts seen once."""
    longest = min(len(each) for each in bounds.values())
    table = {"tokens known": [str(k) for k in range(1, longest + 1)]}
    for split, each in bounds.items():
        table[f"best on {split}"] = [f"{bound.accuracy:.4f}" for bound in each[:longest]]
        table[f"seen once, {split}"] = [_share(bound.once) for bound in each[:longest]]
    return pd.DataFrame(table)


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if value >= 0.001 or value == 0 else "< 0.1 %"


def measured_sentence(model: str, windows: Windows) -> str:
    """Say what the first and the last position reach with the state reset, and kept."""
    reset = windows.measured["reset"]
    last = len(reset) - 1
    said = (
        f"{model} after {windows.step:,} steps, on {windows.split}: with the state reset before "
        f"every mini-batch **{reset[0]:.3f}** at position 0, where no predictor can do better than "
        f"{windows.reset.accuracy[0]:.3f}, and **{reset[-1]:.3f}** at position {last}"
    )
    if "kept" not in windows.measured:
        return f"{said}. {model} never keeps its state, so this is all there is."
    kept = windows.measured["kept"]
    return f"{said}; with it kept **{kept[0]:.3f}** and **{kept[-1]:.3f}**."


def last_only_sentence(model: str, windows: Windows, accuracy: float) -> str:
    """Say what stands in place of the picture for a model that answers only the last position."""
    seen = len(windows.reset.accuracy)
    tokens = "one token" if seen == 1 else f"{number(seen)} tokens"
    return (
        f"{model} answers only after the last of its {tokens}, so it has one position to be right "
        f"at: **{accuracy:.3f}** on valid, where no predictor that sees {tokens} reaches more than "
        f"**{windows.reset.accuracy[-1]:.3f}**."
    )
