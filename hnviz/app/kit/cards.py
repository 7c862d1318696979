"""Pieces of a page that Streamlit has no widget for, as HTML: tokens, diagrams, source, tables."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from hnviz.app.kit.text import html_escape
from hnviz.data import KINDS, kind_of
from hnviz.figures.changes import Change
from hnviz.figures.diagrams import NOTEBOOK_FIGURES, adds_loop, rolled, unrolled
from hnviz.figures.theme import Theme
from hnviz.models.catalogue import CATALOGUE, LADDER, entry, previous
from hnviz.source import Source

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Card:
    """A diagram in a frame."""

    title: str
    note: str
    svg: str
    chosen: bool = False


def drawing(html: str) -> None:
    """Show HTML that holds SVG, which st.html would remove."""
    st.markdown(html, unsafe_allow_html=True)


def two_sizes(wide: str, narrow: str) -> None:
    """Show a drawing made twice: for a page's width and for a phone's."""
    drawing(f'<div class="hn-wide">{wide}</div><div class="hn-narrow">{narrow}</div>')


def token_chips(
    tokens: Sequence[str],
    ids: Iterable[int],
    look: Theme,
    kind: Callable[[str], str] = kind_of,
) -> str:
    """Each token over a bar in its kind's colour, its id below; `kind` names the kind."""
    chips = [
        f'<span style="border-color:{look.kind[kind(token)]}" title="{kind(token)}">'
        f"{html_escape(token)}<i>{index}</i></span>"
        for token, index in zip(tokens, ids, strict=True)
    ]
    return f'<div class="hn-chips" style="--hn-muted:{look.muted}">{"".join(chips)}</div>'


def kind_legend(look: Theme, note: str = "") -> str:
    """The token kinds with their letters, and a remark after them."""
    items = []
    for kind, letter in look.letters.items():
        if kind not in KINDS:  # no word of human numbers is "other"
            continue
        edge = f"box-shadow:inset 0 0 0 1px {look.control};" if kind == "comma" else ""
        color = f"background:{look.kind[kind]};color:{look.kind_text[kind]};{edge}"
        items.append(f'<span><i style="{color}" aria-hidden="true">{letter}</i>{kind}</span>')
    if note:
        items.append(f'<span style="color:{look.muted}">{html_escape(note)}</span>')
    return f'<div class="hn-kinds">{"".join(items)}</div>'


def diagram_cards(cards: Sequence[Card], look: Theme) -> str:
    """Diagrams side by side; on a phone below each other, the chosen one first."""
    parts = []
    for card in cards:
        edge = f"2px solid {look.primary}" if card.chosen else f"1px solid {look.border}"
        order = "hn-card hn-chosen" if card.chosen else "hn-card"
        parts.append(
            f'<figure class="{order}" style="border:{edge}"><figcaption>'
            f'<b>{html_escape(card.title)}</b> <span style="color:{look.muted}">'
            f"{html_escape(card.note)}</span></figcaption>{card.svg}</figure>"
        )
    return f'<div class="hn-cards">{"".join(parts)}</div>'


def model_cards(model: str, look: Theme) -> list[Card]:
    """The model before, the chosen one, and the chosen one drawn in another way.

    Model0 has none before it and is no loop: the last model of the ladder is beside it.
    """
    before, last = previous(model), LADDER[-1]
    loop = adds_loop(model)  # then it is the loop that is new
    svg = (rolled if loop else unrolled)(model, look, mark_new=True)
    chosen = Card(f"Now: {model}", entry(model).title, svg, chosen=True)
    if before is None:
        return [chosen, Card(last, "where the path ends", unrolled(last, look))]
    title, other = ("written out", unrolled) if loop else ("as a loop", rolled)
    if entry(model).attends:
        title = "one word at a time"
    return [
        Card(f"Before: {before}", entry(before).title, unrolled(before, look)),
        chosen,
        Card(f"{model}, {title}", "the same network", other(model, look)),
    ]


def notebook_cards(look: Theme) -> str:
    """The notebook's five figures, each with its caption below."""
    parts = [
        f'<figure class="hn-card" style="border:1px solid {look.border}">'
        f"<b>{html_escape(each.title)}</b>{each.draw(look)}"
        f'<figcaption style="color:{look.muted}">{html_escape(each.caption)}</figcaption></figure>'
        for each in NOTEBOOK_FIGURES
    ]
    return f'<div class="hn-cards">{"".join(parts)}</div>'


def source_block(source: Source, new: frozenset[int], look: Theme) -> str:
    """A class's source with line numbers; new lines are marked, roles have their colours."""
    rows = []
    for index, line in enumerate(source.text.splitlines()):
        mark, place = "", look.muted
        if index in new:
            mark, place = f' class="hn-new" style="border-color:{look.primary}"', look.primary
        sign = "+" if index in new else " "
        rows.append(
            f'<div{mark}><i style="color:{place}">{source.first_line + index:>4} {sign}</i> '
            f"{_colored(line, look)}</div>"
        )
    style = f"background:{look.code['background']};color:{look.code['text']}"
    return (
        f'<div class="hn-code" style="{style}" tabindex="0" role="region" '
        f'aria-label="Source of {source.name}"><pre>{"".join(rows)}</pre></div>'
    )


def changes_html(changes: Sequence[Change], names: Sequence[str], look: Theme) -> str:
    """What a model changes, a row for each property; what is new is marked. `names`: columns."""
    rows = []
    for change in changes:
        mark = f' class="hn-new" style="--hn-mark:{look.primary}"' if change.is_new else ""
        values = [change.before, change.now] if len(names) > 1 else [change.now]
        cells = "".join(f"<td>{html_escape(value)}</td>" for value in values)
        rows.append(f"<tr{mark}><td>{html_escape(change.name)}</td>{cells}</tr>")
    head = "".join(f"<th>{html_escape(name)}</th>" for name in ("", *names))
    style = f"--hn-border:{look.border};--hn-muted:{look.muted}"
    return (
        f'<table class="hn-table hn-changes" style="{style}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def parts_html(table: "pd.DataFrame", look: Theme) -> str:
    """A model's parts in their roles' colours, and the sum of what it learns."""
    rows = [
        f'<tr><td style="color:{look.role.get(str(row.role), look.text)}"><b>{row.part}</b></td>'
        f"<td>{row.layer}</td><td>{row.shape}</td><td>{row.weights:,}</td></tr>"
        for row in table.itertuples()
    ]
    total = (
        f"<tr><td><b>all</b></td><td></td><td></td><td><b>{table['weights'].sum():,}</b></td></tr>"
    )
    head = "<tr><th>part</th><th>layer</th><th>shape</th><th>numbers</th></tr>"
    style = f"--hn-border:{look.border};--hn-muted:{look.muted}"
    return (
        f'<table class="hn-table" style="{style}"><thead>{head}</thead>'
        f"<tbody>{''.join(rows)}{total}</tbody></table>"
    )


def text_table(table: "pd.DataFrame", look: Theme, *, long: bool = True) -> str:
    """A table whose last column is a `long` text, or one of numbers alone."""
    head = "".join(f"<th>{html_escape(name)}</th>" for name in table.columns)
    rows = [
        "<tr>" + "".join(f"<td>{html_escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in table.itertuples(index=False)
    ]
    style = f"--hn-border:{look.border};--hn-muted:{look.muted}"
    kind = "hn-table hn-text" if long else "hn-table hn-numbers"
    return (
        f'<table class="{kind}" style="{style}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _colored(line: str, look: Theme) -> str:
    text = html_escape(line)
    parts = {part.name: part.role for net in CATALOGUE.values() for part in net.parts}
    for call, role in ((f"self.{name}", role) for name, role in parts.items() if role in look.role):
        text = text.replace(call, f'<b style="color:{look.role[role]}">{call}</b>')
    return text
