"""What the memory ruler says, in its own numbers; **two stars** mark what is set in bold."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hnviz.data import BatchLayout
from hnviz.figures.numbers import accuracy, percent
from hnviz.figures.reach import Reach
from hnviz.figures.ruler import Windows
from hnviz.runs.ruler import MAX_ONCE_SHARE, Bound, Example

if TYPE_CHECKING:
    import pandas as pd


HOW_TO_READ = (
    "A thin line of accuracy shows what a table of the last few tokens gets right at this run's "
    "own answers. Two things prove that the network uses more tokens: an accuracy above what any "
    "table of so many tokens can reach, or a loss below its thin line. Otherwise we can't tell."
)
_MOST = percent(MAX_ONCE_SHARE)

POSITIONS_NOTE = (
    "Thin lines: what no predictor can exceed at that position, from a table made for just its "
    f"answers. They are dotted where more than {_MOST} of these answers have a context that occurs "
    "only once. Measured in one pass in eval mode, from a state of zeros."
)

LISTED = 5  # tokens that followed another one, in the example

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number(value: int) -> str:
    """Write a small number as a word."""
    return _NUMBERS[value] if value < len(_NUMBERS) else f"{value:,}"


def memory(reached: Mapping[str, float], bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Say in one sentence the most that the accuracies prove about the network's memory."""
    proved = proof(reached, bounds)
    if proved is None:
        return (
            "Its accuracy is not above what a table of one token can reach, so it does not prove "
            "that the network remembers."
        )
    split, bound = proved
    few = "one token" if bound.k == 1 else f"{number(bound.k)} tokens"
    return (
        f"The network remembers more than {few}: on {split}, no table of {few} can get more than "
        f"**{accuracy(bound.most)}** of these answers right."
    )


def proof(
    reached: Mapping[str, float], bounds: Mapping[str, Sequence[Bound]]
) -> tuple[str, Bound] | None:
    """Return the split and bound of the most tokens that an accuracy proves to be too few."""
    passed = {split: _passed(value, bounds[split]) for split, value in reached.items()}
    return max(
        ((split, bound) for split, bound in passed.items() if bound),
        key=lambda each: (each[1].k, each[0] == "valid"),
        default=None,
    )


def flattery(bound: Bound, elsewhere: float) -> str:
    """Say what two other tables get right, as one made for the answers themselves flatters."""
    return (
        "A table made for the answers that it is scored on flatters: made for as many at random "
        f"places, it gets {accuracy(elsewhere)} right. Here, the table of the whole text gets "
        f"{accuracy(bound.accuracy)}."
    )


def reading(reached: Mapping[str, float], bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Compare the accuracy on each split with that split's own bounds; say what it proves."""
    return " ".join(_one_reading(split, value, bounds[split]) for split, value in reached.items())


def _passed(reached: float, bounds: Sequence[Bound]) -> Bound | None:
    """Return the bound of the most tokens that an accuracy proves to be too few."""
    return max((bound for bound in bounds if reached > bound.most), default=None)


def _one_reading(split: str, reached: float, bounds: Sequence[Bound]) -> str:
    bound = _passed(reached, bounds)
    said = f"On {split}, **{accuracy(reached)}**"
    if bound is None:
        return f"{said} is above no bound, so we can't tell."
    tokens = "one token" if bound.k == 1 else f"{number(bound.k)} tokens"
    said += (
        f" is above {accuracy(bound.most)}, which no table of {tokens} can exceed at the run's own "
        f"answers: the network uses more than {tokens}."
    )
    if bound.shown:
        return said
    return (
        f"{said} The chart draws no line for this bound, because {percent(bound.once)} of these "
        "answers have a context that occurs only once."
    )


def loss_reading(losses: Mapping[str, float], bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Compare losses, each over all answers of a split, with the least that few tokens allow.

    A loss that is no number is left out, and so is one with no line to compare it with.
    """
    found = [_one_loss(split, loss, bounds[split]) for split, loss in losses.items()]
    said = " ".join(filter(None, found))
    return f"{said} A loss above a line proves nothing: {SURE}." if " above " in said else said


def _one_loss(split: str, loss: float, bounds: Sequence[Bound]) -> str:
    shown = [bound for bound in bounds if bound.shown]
    below = max((bound for bound in shown if loss < bound.loss), default=None)
    above = next((bound for bound in shown if 0 < bound.loss <= loss), None)
    said = [f"below {_least(below)}, which proves memory"] if below else []
    said += [f"above {_least(above)}"] if above else []
    if not said:
        return ""
    return (
        f"In a pass after the last epoch, the loss on {split}, **{loss:.3f}** nats, is "
        f"{', and '.join(said)}."
    )


SURE = "loss also counts how sure the network was when it was wrong"
TRUE_HERE = "The lines hold for this text only; they do not estimate new text."


def _least(bound: Bound) -> str:
    tokens = "one token" if bound.k == 1 else f"{number(bound.k)} tokens"
    return (
        f"{bound.loss:.3f}, the least that {tokens} allow{'s' if bound.k == 1 else ''} "
        f"({percent(bound.once)} of the run's own answers have a context that occurs only once)"
    )


def too_short(split: str, bounds: Sequence[Bound]) -> str:
    """Say from how many tokens on a text is too short for a least loss; empty if it is not."""
    short = next((bound for bound in bounds if not bound.shown), None)
    if short is None:
        return ""
    tokens = "one token" if short.k == 1 else f"{number(short.k)} tokens"
    return (
        f"This text is too short for {tokens}: on {split}, {percent(short.once)} of the answers "
        "have a context that occurs only once."
    )


def given_note(bounds: Sequence[Bound]) -> str:
    """Say what the thin lines of an accuracy chart are, in a few words."""
    known = [bound.k for bound in bounds if bound.shown]
    if not known:
        return "the text is too short for thin lines"
    upto = "1 token gives" if known[-1] == 1 else f"1 to {known[-1]} tokens give"
    return f"train: a running figure; thin lines: what {upto}"


def lines_note(bounds: Sequence[Bound]) -> str:
    """Say what the thin lines of a loss chart are, in a few words."""
    known = [bound.k for bound in bounds if bound.shown and bound.loss]
    if not known:
        return "valid is too short for thin lines"
    upto = "1 token" if known[-1] == 1 else f"1 to {known[-1]} tokens"
    return f"thin lines: the least that {upto} allow{'s' if known[-1] == 1 else ''} on valid"


def window_sentence(layout: BatchLayout, windows: Windows) -> str:
    """Say what a reset state cannot know in windows of this length, and what a kept one can."""
    reset, kept = windows.reset, windows.kept
    said = (
        "If the state is reset before every mini-batch, the network knows a single token at "
        f"position 0. So on {windows.split} it can be right at most "
        f"**{accuracy(reset.accuracy[0])}** of the time there"
    )
    if layout.bptt > 1:
        said += f", and **{accuracy(reset.mean)}** over all {layout.bptt} positions"
    if kept is None:
        return f"{said}. Cut at random, a kept state does not help: it belongs to other text."
    if layout.n_batches == 1:
        return f"{said}. There is one mini-batch, so no state is carried over."
    return (
        f"{said}. If the state is kept, only the first of {layout.n_batches:,} mini-batches starts "
        f"without a past, and **{accuracy(kept.mean)}** is possible."
    )


def window_note(layout: BatchLayout, any_cut: float) -> str:
    """Say how the bounds by position are computed."""
    slots = layout.n_batches * layout.bs
    return (
        "A line shows the best table of guesses at each position, over that position's own "
        f"{slots:,} slots in this layout. It is not the same number as the bound of as many tokens "
        f"over the whole text. Dotted: more than {_MOST} of the slots have a context that occurs "
        "only once. The table always gets such slots right, so the bound is high. An accuracy "
        f"above it still proves more memory. Over every way to cut this text into windows of "
        f"{layout.bptt}, the mean with a reset state is {accuracy(any_cut)}. One layout has fewer "
        "slots at each position, so fewer contexts repeat and the bound is higher."
    )


def example_sentence(split: str, example: Example, words: Sequence[str]) -> str:
    """Work out the best guess after one token; `words` are those of the text, unescaped."""
    (best, times), *others = example.followed
    token = words[example.token]
    said = f"An example: in {split}, the token “{token}” is followed {_times(example.n)}"
    if not others:
        return f"{said}, always by “{words[best]}”: remembering one token is enough to be right."
    second, fewer = others[0]
    return (
        f"{said}: by “{words[best]}” {_times(times)}, by “{words[second]}” {_times(fewer)}"
        f"{_and_more(len(others) - 1)}. A network that remembers only “{token}” does best to guess "
        f"“{words[best]}”, and is right {percent(times / example.n)} of the time."
    )


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _and_more(n: int) -> str:
    return f", and by {n:,} other{'' if n == 1 else 's'}" if n else ""


def example_table(example: Example, words: Sequence[str]) -> "pd.DataFrame":
    """Tabulate what followed a token most often."""
    import pandas as pd

    rows = [
        {
            f"after “{words[example.token]}”": words[token],
            "times": f"{times:,}",
            "how often": accuracy(times / example.n),
        }
        for token, times in example.followed[:LISTED]
    ]
    return pd.DataFrame(rows)


def proof_sentence(split: str, bounds: Sequence[Bound]) -> str:
    """Say what the best guess after every token proves, once a network is above it."""
    return (
        f"The best guess after each token of {split} is right "
        f"**{accuracy(bounds[0].accuracy)}** of the time. These guesses have memorised "
        "this very text, so nothing that sees only one token "
        "can be right more often. A network above that line must remember more than one token."
    )


def reach_sentence(texts: Sequence[Reach], bptt: int) -> str:
    """Say what windows of one length allow on each text, however it is cut."""
    best = " and ".join(f"**{accuracy(text.means[bptt - 1])}** on {text.name}" for text in texts)
    every = "every token" if bptt == 1 else f"every {bptt} tokens"
    return (
        f"If the state is reset before {every}, the most that a network can get right is {best}, "
        "as the mean of all ways to cut the text. The bound of one layout, in the next fold, "
        "differs. Thin lines: the best that only the last few tokens allow."
    )


def reach_note(texts: Sequence[Reach]) -> str:
    """Say what the lines are, and which are left out."""
    said = (
        "A curve is the mean over all positions of a window and every way to cut the text into "
        f"windows. It is dotted, and thin lines are left out, where more than {_MOST} of the "
        "tokens have a context that occurs only once: there, a table of guesses has simply "
        "memorised the text"
    )
    hidden = [_hidden(text) for text in texts if text.sure < len(text.bounds)]
    return f"{said}. Left out: {', '.join(hidden)}." if hidden else f"{said}."


def _hidden(text: Reach) -> str:
    first = text.bounds[text.sure]
    tokens = "one token" if first.k == 1 else f"{number(first.k)} tokens"
    return f"on {text.name} from {tokens} on ({percent(first.once)})"


def table_sentence(split: str, bounds: Sequence[Bound]) -> str:
    """Say how accurate a memory of one token can be, and how many tokens are enough."""
    if not bounds:
        return "The text is too short for a bound."
    enough = next((bound for bound in bounds if bound.accuracy == 1), None)
    said = (
        f"A network that knows only the last token is right at most "
        f"**{accuracy(bounds[0].accuracy)}** of the time on {split}"
    )
    if enough is None:
        return f"{said}; with {number(bounds[-1].k)} tokens, **{accuracy(bounds[-1].accuracy)}**."
    said = f"{said}; **{number(enough.k)}** tokens always determine the next one"
    if enough.once != 1:
        return f"{said}."
    return f"{said}: no {number(enough.k)}-token sequence repeats."


def bounds_table(bounds: Mapping[str, Sequence[Bound]]) -> "pd.DataFrame":
    """Tabulate the bounds of each split by tokens known, with the share of contexts seen once.

    A text in which more than a quarter occur once is too short for a least loss.
    """
    import pandas as pd

    longest = min(len(each) for each in bounds.values())
    first = next(iter(bounds.values()))
    table = {"tokens known": [str(bound.k) for bound in first[:longest]]}
    for split, each in bounds.items():
        table[f"best on {split}"] = [accuracy(bound.accuracy) for bound in each[:longest]]
        table[f"least loss on {split}"] = [
            f"{bound.loss:.3f}" if bound.shown else "too short" for bound in each[:longest]
        ]
        table[f"seen once, {split}"] = [percent(bound.once) for bound in each[:longest]]
    return pd.DataFrame(table)


def least_sentence(split: str, bounds: Sequence[Bound]) -> str:
    """Say what loss so few tokens allow, and what a loss below or above it proves."""
    known = [bound for bound in bounds if bound.shown and bound.loss]
    if not known:
        return f"{too_short(split, bounds)} {TRUE_HERE}".strip()
    few, most = known[0], known[-1]
    said = (
        f"A network that knows only the last token has a loss of at least **{few.loss:.3f}** nats"
    )
    if most is not few:
        said += f"; with {number(most.k)} tokens, **{most.loss:.3f}**"
    return (
        f"{said} on {split}. A lower loss proves memory. A higher one proves nothing, because "
        f"{SURE}. {too_short(split, bounds)} {TRUE_HERE}"
    ).replace("  ", " ")


def measured_sentence(model: str, windows: Windows) -> str:
    """Say what the first and the last position reach with the state reset, and kept."""
    reset = windows.measured["reset"]
    last = len(reset) - 1
    said = (
        f"{model} after {windows.step:,} steps, on {windows.split}: with the state reset before "
        f"every mini-batch, it is right **{accuracy(reset[0])}** of the time at position 0, "
        f"where no predictor that knows one token does better than "
        f"{accuracy(windows.reset.accuracy[0])}, and "
        f"**{accuracy(reset[-1])}** at position {last}"
    )
    if "kept" not in windows.measured:
        return f"{said}. {model} never keeps its state, so this is all there is."
    kept = windows.measured["kept"]
    return f"{said}; with the state kept, **{accuracy(kept[0])}** and **{accuracy(kept[-1])}**."


def last_only_sentence(model: str, reached: float, bound: Bound, elsewhere: float) -> str:
    """Return the sentence that replaces the picture for a model with one answer per window.

    `bound` is that of all its tokens on valid, `elsewhere` that of as many answers at random.
    """
    tokens = "one token" if bound.k == 1 else f"{number(bound.k)} tokens"
    gives = "gives" if bound.k == 1 else "give"
    return (
        f"{model} answers only after the last of its {tokens}, so only one position counts: "
        f"**{accuracy(reached)}** on valid. By the table of the whole text, {tokens} {gives} "
        f"**{accuracy(bound.accuracy)}** there. No table of {tokens} can exceed "
        f"{accuracy(bound.most)}. A table made for as many answers at random places gets "
        f"{accuracy(elsewhere)}: few answers flatter a table."
    )
