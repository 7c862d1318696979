"""The models side by side: what changed, and what it brought.

HTML, not Plotly: it is the first picture of the first page, and appears long before a browser
has read Plotly's 4.8 MB. It needs the classes hn-ladder... from the app's style sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from hnviz.figures.numbers import accuracy, percent, unbroken
from hnviz.figures.sentences import scientific
from hnviz.figures.theme import Theme
from hnviz.models.catalogue import entry, previous
from hnviz.models.spec import Recipe

TICKS = (0, 0.25, 0.5, 0.75, 1)
CLOSE = 0.03  # train and valid accuracies nearer than this carry one label


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRow:
    """One model; accuracies are shares of right answers, None where nothing was measured."""

    model: str
    title: str
    recipe: str
    valid: float | None
    train: float | None
    seeds: tuple[float, float] | None  # the lowest and highest on valid, over other seeds too
    notebook: float | None  # the notebook's accuracy, on valid
    n_weights: int


def ladder(rows: Sequence[LadderRow], look: Theme) -> str:
    """Draw one line per model from its valid to its train accuracy, the notebook's above it.

    On a phone the style sheet puts each line below its text and leaves the recipe out.
    """
    style = (
        f"--hn-text:{look.text};--hn-muted:{look.muted};--hn-border:{look.border};"
        f"--hn-control:{look.control};--hn-paper:{look.background}"
    )
    ticks = "".join(f'<i style="left:{tick:.0%}">{percent(tick)}</i>' for tick in TICKS)
    head = (
        "<div class='hn-rung hn-head'><span>model and what changed</span><span></span>"
        f"<span class='hn-track'>{ticks}</span><span>weights</span></div>"
    )
    key = (
        '<p class="hn-key"><span><i class="hn-dot"></i>accuracy on valid</span>'
        '<span><i class="hn-ring"></i>on train</span>'
        '<span><i class="hn-mark"></i>the notebook, on valid</span>'
        '<span><b class="hn-range"></b>on valid, other seeds</span>'
        "<span>one run each, seed 0</span></p>"
    )
    body = "".join(_rung(row) for row in rows)
    named = f'role="img" aria-label="{_alt(rows)}"'
    return unbroken(f'<div class="hn-ladder" {named} style="{style}">{head}{body}{key}</div>')


def _alt(rows: Sequence[LadderRow]) -> str:
    """Say what each model's line shows."""
    parts = [
        f"{row.model}: valid {accuracy(row.valid)}{_range(row)}, train {accuracy(row.train)}, "
        f"notebook {accuracy(row.notebook)}"
        for row in rows
    ]
    return escape("Accuracy of " + "; ".join(parts))


def _range(row: LadderRow) -> str:
    """Write where runs end that differ only in the seed: " (seeds: 78 % to 85.1 %)"."""
    return f" (seeds: {accuracy(row.seeds[0])} to {accuracy(row.seeds[1])})" if row.seeds else ""


def _rung(row: LadderRow) -> str:
    text = f"{escape(row.title)}<small>{escape(row.recipe)}</small>"
    return (
        f'<div class="hn-rung"><b>{escape(row.model)}</b><span>{text}</span>'
        f'<span class="hn-track">{_track(row)}</span><span>{row.n_weights:,}</span></div>'
    )


def _track(row: LadderRow) -> str:
    """Draw dot, ring and triangle on a scale from 0 to 1; what was not measured is left out."""
    parts = [f'<u style="left:{tick:.0%}"></u>' for tick in TICKS]
    valid, train = row.valid, row.train
    if valid is not None and train is not None:
        left, width = min(valid, train), abs(train - valid)
        parts.append(f'<em style="left:{left:.2%};width:{width:.2%}"></em>')
    if row.seeds is not None:
        low, high = row.seeds
        place = f"left:{low:.2%};width:{high - low:.2%}"
        parts.append(f'<b title="{_range(row).strip()}" style="{place}"></b>')
    if row.notebook is not None:
        title = f"the notebook: {accuracy(row.notebook)}"
        parts.append(f'<i class="hn-mark" title="{title}" style="left:{row.notebook:.2%}"></i>')
    if train is not None:
        parts.append(f'<i class="hn-ring" style="left:{train:.2%}"></i>')
        if valid is None or abs(train - valid) > CLOSE:
            parts.append(f'<s class="hn-after" style="left:{train:.2%}">{accuracy(train)}</s>')
    if valid is not None:
        parts.append(f'<i class="hn-dot" style="left:{valid:.2%}"></i>')
        parts.append(f'<s class="hn-before" style="left:{valid:.2%}">{accuracy(valid)}</s>')
    return "".join(parts)


def recipe_step(model: str) -> str:
    """Say what changed in the recipe since the model before, short enough for one line."""
    recipe, before = entry(model).recipe, previous(model)
    if before is None:
        return f"bptt {recipe.bptt}, {recipe.epochs} epochs, lr {scientific(recipe.lr)}"
    return ", ".join(_changes(entry(before).recipe, recipe)) or f"as {before}"


def _changes(before: Recipe, after: Recipe) -> list[str]:
    pairs = (
        ("bptt", before.bptt, after.bptt),
        ("lr", scientific(before.lr), scientific(after.lr)),
        ("epochs", before.epochs, after.epochs),
        ("rise", percent(before.pct_start), percent(after.pct_start)),
    )
    return [f"{name} {old} → {new}" for name, old, new in pairs if old != new]
