"""What a corpus is made of.

HTML, not Plotly: the Data page has no other chart. It needs the classes hn-counts... from the
app's style sheet.
"""

from collections.abc import Sequence
from html import escape
from math import ceil
from typing import TYPE_CHECKING

from hnviz.data.numbers import TRAIN_NUMBERS, VALID_NUMBERS
from hnviz.figures.numbers import percent, unbroken
from hnviz.figures.theme import Theme

if TYPE_CHECKING:
    import pandas as pd


STEP = 0.05  # of the axis
NAMES = {",": ", comma"}
KEY = (
    f"train, 1 to {TRAIN_NUMBERS[-1]:,}",
    f"valid, {VALID_NUMBERS[0]:,} to {VALID_NUMBERS[-1]:,}",
)
MOST_DRAWN = 40  # tokens


def token_counts(table: "pd.DataFrame", look: Theme, key: tuple[str, str] = KEY) -> str:
    """Draw each token's share of train as a bar in its kind's colour, its share of valid as a dot.

    `table` has the columns token, kind, train and valid (counts), one row per token, in drawing
    order; tokens in neither text are left out, and all but the first 40. `key` names both texts.
    """
    shown = table[(table["train"] > 0) | (table["valid"] > 0)].head(MOST_DRAWN)
    share = {split: shown[split] / max(table[split].sum(), 1) for split in ("train", "valid")}
    highest = max([STEP, *share["train"], *share["valid"]])
    n_steps = ceil(highest / STEP)
    columns = (
        shown["token"],
        shown["kind"],
        shown["train"],
        shown["valid"],
        share["train"],
        share["valid"],
    )
    rows = [
        _row((token, look.kind[kind]), (train, valid), shares, n_steps, look)
        for token, kind, train, valid, *shares in zip(
            *(each.tolist() for each in columns), strict=True
        )
    ]
    style = (
        f"--hn-text:{look.text};--hn-muted:{look.muted};--hn-border:{look.border};"
        f"--hn-control:{look.control};--hn-paper:{look.background};--hn-valid:{look.valid}"
    )
    return f'<div class="hn-counts" style="{style}">{_head(n_steps, key)}{"".join(rows)}</div>'


def _head(n_steps: int, key: tuple[str, str]) -> str:
    """Draw the key, and the axis above the rows."""
    ticks = "".join(
        f'<i style="left:{tick / n_steps:.2%}">{unbroken(f"{100 * tick * STEP:.0f} %")}</i>'
        for tick in range(n_steps + 1)
    )
    named = (
        f'<p class="hn-key"><span><i class="hn-swatch"></i>{key[0]}</span>'
        f'<span><i class="hn-dot"></i>{key[1]}</span><span>share of all tokens</span></p>'
    )
    return (
        f'{named}<div class="hn-count hn-ends"><span></span><span class="hn-track">{ticks}</span>'
        "<span>train</span><span>valid</span></div>"
    )


def _row(
    drawn: tuple[str, str],
    count: tuple[int, int],
    share: Sequence[float],
    n_steps: int,
    look: Theme,
) -> str:
    """Draw one token, given with its colour; `count` and `share` are of train and of valid."""
    token, color = drawn
    name = escape(NAMES.get(token, token))
    edge = look.control if token == "," else color
    left, dot = (each / STEP / n_steps for each in share)
    said = "; ".join(
        f"{'once' if number == 1 else f'{number:,} times'} in {split}, {percent(part)}"
        for split, number, part in zip(("train", "valid"), count, share, strict=True)
    )
    bar = f'<em style="width:{left:.2%};background:{color};border-color:{edge}"></em>'
    point = f'<i class="hn-dot" style="left:{dot:.2%}"></i>'
    return (
        f'<div class="hn-count" title="{name}: {said}"><b>{name}</b>'
        f'<span class="hn-track">{bar}{point}</span>'
        f"<span>{count[0]:,}</span><span>{count[1]:,}</span></div>"
    )
