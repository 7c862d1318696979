"""Which learning rate is too high: each model's recipe at several of them, as one small map."""

from math import inf, isnan
from typing import TYPE_CHECKING

from hnviz.figures.numbers import accuracy
from hnviz.figures.sentences import scientific
from hnviz.figures.theme import Theme, ink_on
from hnviz.models.catalogue import entry

if TYPE_CHECKING:
    import pandas as pd


CLEARLY = 0.5
"""Nats per token: a rate whose last train loss is so much above the best one's is too high."""

CLEARLY_WORSE = 0.05
"""A rate is named if its accuracy on valid is more than this below the best one's."""

WORST = 4.0  # nats: the darkest colour; an even guess among the text's 31 tokens costs 3.43

RATES_NOTE = (
    "How this was measured: one run for each square, with the model's own recipe, seed 0, on the "
    "CPU; only lr differs. Another processor may add in another order, and end a tenth of a "
    "percentage point away. lr is the top of the one-cycle schedule. lr is too high for train "
    "where the last train loss, a running figure, is more than half a nat above the model's best; "
    "valid may get worse at lower rates. The rate finder suggests other rates: it looks at the "
    "loss of the first 100 steps from random weights. This map looks at how whole runs end."
)


def first_too_high(table: "pd.DataFrame", model: str) -> float | None:
    """Return the lowest rate past a model's best that is too high, None if none was tried.

    `table` has a row per run: columns model, lr, train_loss; a loss of nan is a run that diverged.
    """
    own = table[table["model"] == model].set_index("lr")["train_loss"].sort_index()
    past = own[own.index > own.idxmin()]
    high = past[past.isna() | (past > own.min() + CLEARLY)]
    return None if high.empty else float(high.index[0])


def rates_sentence(table: "pd.DataFrame", model: str) -> str:
    """Say which rate a model's recipe uses, how it ends there, and which rate is too high."""
    runs = table[table["model"] == model].set_index("lr")
    own, valid = runs["train_loss"], runs["valid"]
    lr, high = entry(model).recipe.lr, first_too_high(table, model)
    said = (
        f"{model}'s recipe, lr {scientific(lr)}, ends at a running train loss of **{own[lr]:.2f}**"
    )
    if high is None:
        said += f"; no lr up to {scientific(own.index.max())} is too high for train."
    else:
        ends = "diverges" if isnan(own[high]) else f"ends at **{own[high]:.2f}**"
        said += f". From **lr {scientific(high)}** on, lr is too high for train: there it {ends}."
    best = float(valid.dropna().sort_values().index[-1])
    said += f" Valid accuracy is highest at lr {scientific(best)}, with **{accuracy(valid.max())}**"
    edge = [lr for lr in valid.index if best < lr < (high or inf)]
    if edge and valid.max() - valid[edge[-1]] > CLEARLY_WORSE:
        worse = accuracy(valid[edge[-1]])
        said += f"; at {scientific(edge[-1])}, where train still works, it is {worse}"
    return f"{said}."


def rate_warning(table: "pd.DataFrame", model: str, lr: float) -> str | None:
    """Say that a run at this rate will fail as the model's recipe did; None if that is not known.

    `table` is as for `first_too_high`.
    """
    own = table[table["model"] == model].set_index("lr")["train_loss"].sort_index()
    if own.empty:
        return None  # a model of the reader's own
    best = float(own.sort_values().index[0])
    high = first_too_high(table, model)
    tried = high or float(own.index.max())
    if lr < tried or (high is None and lr == tried):
        return None
    above = f"too high for {model}" if high else f"above all that was tried with {model}"
    already = " already" if lr > tried else ""
    ends = "diverges" if isnan(own[tried]) else f"ends at a running train loss of {own[tried]:.2f}"
    return (
        f"lr {_rate(lr)} is {above}: at {_rate(tried)}, its recipe{already} {ends}. Its lowest "
        f"train loss is {own[best]:.2f}, at {_rate(best)}."
    )


def rates_map(table: "pd.DataFrame", model: str, look: Theme) -> str:
    """Draw the map as HTML: a row per model, a column per rate; `model`'s row is in bold."""
    head = "".join(f"<th>{_rate(lr)}</th>" for lr in sorted(table["lr"].unique()))
    rows = "".join(
        _row(str(name), own.sort_values("lr"), look, bold=name == model)
        for name, own in table.groupby("model", sort=False)
    )
    style = f"--hn-border:{look.border};--hn-muted:{look.muted};--hn-mark:{look.cursor}"
    return (
        f'<div class="hn-rates" tabindex="0" role="region" aria-label="Loss by learning rate" '
        f'style="{style}"><table class="hn-table">'
        f"<thead><tr><th>lr, highest</th>{head}</tr></thead><tbody>{rows}</tbody></table>"
        '<p class="hn-key"><span>large: last running loss on train, in nats per token</span>'
        "<span>small: valid accuracy</span>"
        '<span><i class="hn-own"></i>the recipe\'s lr</span>'
        "<span>✕ the run diverged</span></p></div>"
    )


def _row(model: str, own: "pd.DataFrame", look: Theme, *, bold: bool) -> str:
    recipe = entry(model).recipe.lr
    cells = "".join(
        _cell(_rate(lr), loss, valid, ' class="hn-own"' if lr == recipe else "", look)
        for lr, loss, valid in own[["lr", "train_loss", "valid"]].to_numpy()
    )
    return f"<tr><th>{f'<b>{model}</b>' if bold else model}</th>{cells}</tr>"


def _cell(lr: str, loss: float, valid: float, mark: str, look: Theme) -> str:
    if isnan(loss):
        return f'<td{mark} title="lr {lr}: the run diverged">✕</td>'
    at = min(loss / WORST, 1.0) * (len(look.sequential) - 1)
    fill = look.sequential[round(at)]
    colors = f"background:{fill};color:{ink_on(fill)}"
    return f'<td{mark} style="{colors}">{loss:.2f}<small>{accuracy(valid)}</small></td>'


def _rate(lr: float) -> str:
    return f"{lr:,g}" if lr >= 1 else scientific(lr)
