"""Which networks do parity at lengths that training never showed: a table, and why."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from hnviz.figures.numbers import accuracy, unbroken
from hnviz.figures.theme import Theme

MINUS = "\N{MINUS SIGN}"
ABOUT = (
    "Each network reads only bits, and says after each bit whether the number of ones so far is "
    "even or odd. It trains on up to 40 bits and never reads an answer. A coin gets half right."
)
WHY = (
    f"**Why.** A minimal GRU's step is (1 {MINUS} z) · old + z · new, and z and new see only the "
    f"input. So it is linear in the old state, and its factor 1 {MINUS} z lies between 0 and 1: it "
    "keeps a number or lets it fade, and never flips its sign. No such network of finite "
    "precision, however many layers it has, does parity at every length "
    "([Grazzi et al., 2024](https://arxiv.org/abs/2411.12537)). With enough units it could do "
    "parity up to any given length. Training did not find such weights, even for 40 bits."
)
CHANGE = (
    f"**One change.** With 1 {MINUS} 2z instead, the factor reaches {MINUS}1: a one flips the "
    "sign of a number, and a zero keeps it. If the number fades a little at each step, the answer "
    "is lost in the end: with three layers, training found weights that hold it for 40 bits and "
    "lose it within 1,000. The steps of a GRU and of a tanh RNN are not linear in the old state, "
    "so the theorem does not apply to them."
)

Row = Mapping[str, Any]


def parity_table(rows: Sequence[Row], look: Theme) -> str:
    """List each network's share of right answers by length: the mean, and the range of seeds.

    `rows` are those of hnviz.runs.reference.parity_table.
    """
    lengths = sorted({row["bits"] for row in rows})
    networks = dict.fromkeys((row["model"], row["layers"]) for row in rows)
    head = "".join(f"<th>{length:,} bits</th>" for length in lengths)
    body = "".join(_network(rows, *each, lengths) for each in networks)
    return (
        f'<table class="hn-table hn-numbers" style="--hn-border:{look.border};'
        f'--hn-muted:{look.muted}"><thead><tr><th>network</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def seeds_sentence(rows: Sequence[Row]) -> str:
    """Say how many seeds and inputs the table is made of."""
    seeds, (n,) = {row["seed"] for row in rows}, {row["n"] for row in rows}
    return (
        f"Right answers after the last bit of {n:,} random inputs: the mean of {len(seeds)} seeds, "
        "and the lowest and highest. `python -m hnviz bench parity` trains them again."
    )


def _network(rows: Sequence[Row], model: str, layers: int, lengths: Sequence[int]) -> str:
    cells = []
    for length in lengths:
        shares = [
            row["right"] / row["n"]
            for row in rows
            if (row["model"], row["layers"], row["bits"]) == (model, layers, length)
        ]
        ends = [accuracy(each) for each in (min(shares), max(shares))]
        spread = f"<br>{' to '.join(ends)}" if ends[0] != ends[1] else ""
        cells.append(f"<b>{accuracy(sum(shares) / len(shares))}</b>{spread}")
    name = escape(model.replace("-1", f"{MINUS}1"))
    many = f"{layers} layer{'' if layers == 1 else 's'}"
    return f"<tr><td>{name}<br>{many}</td>{''.join(f'<td>{unbroken(c)}</td>' for c in cells)}</tr>"
