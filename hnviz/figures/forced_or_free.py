"""How well a network counts with the true words and with its own: a sentence, a table's cells."""

from collections.abc import Mapping
from typing import Any

from hnviz.figures.numbers import accuracy, perplexity
from hnviz.figures.sentences import plural
from hnviz.figures.split_words import SplitWords

WHY_NO_PERPLEXITY = (
    "“100+”: hnviz stops a start after 100 right numbers. With its own words there is no "
    "perplexity: once its text differs from the true one, no true next word is left. Here a split "
    "is one row; an epoch reads it in many rows, so an epoch's accuracy differs."
)


def free_row(meta: Mapping[str, Any]) -> list[str]:
    """Return the cells of a split: accuracy, perplexity, numbers in a row, how many count on.

    `meta` is that of the question "forced_or_free".
    """
    low, high = meta["quartiles"]
    middle, ends = _numbers(meta["median"], meta), (_numbers(each, meta) for each in (low, high))
    return [
        accuracy(meta["accuracy"]),
        perplexity(meta["loss"]),
        f"{middle} ({' to '.join(ends)})",
        _counts_on(meta),
    ]


def free_sentence(model: str, meta: Mapping[str, Any], words: SplitWords) -> str:
    """Say what accuracy hides: how far the network counts alone, and what it does after a slip."""
    most = "three quarters" if len({*meta["quartiles"], meta["median"]}) == 1 else "half"
    said = (
        f"{model} gets **{accuracy(meta['accuracy'])}** of the words right {words.on_valid} with "
        f"the true words in one row. With its own words, at least {most} of {meta['n_starts']} "
        f"starts get {_far(meta['median'], meta['most'])}."
    )
    if not meta["wrong_number"]:
        return said
    return (
        f"{said} After a wrong number, **{meta['goes_on']}** of "
        f"{plural(meta['wrong_number'], 'start')} count on from it: the next is one higher."
    )


def _far(median: float, most: int) -> str:
    """Say how many numbers in a row are right, up to the median of the starts or from it on."""
    if median >= most:
        return f"**{most} or more** numbers right in a row"
    return f"at most **{median:g}** right in a row" if median else "**not one** number right"


def _numbers(value: float, meta: Mapping[str, Any]) -> str:
    """Write a count of numbers; a start is stopped after the most of them."""
    return f"{value:g}+" if value >= meta["most"] else f"{value:g}"


def _counts_on(meta: Mapping[str, Any]) -> str:
    """Say after how many wrong numbers it counts on, and what else starts ended in."""
    parts = [f"{meta['goes_on']} of {meta['wrong_number']}"] if meta["wrong_number"] else []
    if meta["no_number"]:
        parts.append(f"{plural(meta['no_number'], 'start')} without a number")
    if meta["no_mistake"]:
        parts.append(f"{plural(meta['no_mistake'], 'start')} without a mistake")
    return "; ".join(parts)
