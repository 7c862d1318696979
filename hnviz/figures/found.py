"""Where else a query's units are on: words in context, one place per line."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from hnviz.figures.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlace:
    """One range of a split in which units agree."""

    split: str
    at: int  # index of its first token
    number: int  # the number of its first token, -1 for none
    agree: int  # how many units
    before: Sequence[str]
    words: Sequence[str]
    after: Sequence[str]


def found_places(places: Sequence[FoundPlace], n_units: int, look: Theme) -> str:
    """List places, the best first; the range is framed in its context."""
    style = f"--hn-border:{look.border};--hn-muted:{look.muted};--hn-text:{look.text}"
    rows = "".join(_row(place, n_units) for place in places)
    head = "<tr><th>words</th><th>number</th><th>split</th><th>token</th><th>units</th></tr>"
    return (
        f'<div class="hn-found" style="{style}" tabindex="0" role="region" '
        f'aria-label="Places, best first"><table class="hn-table"><thead>{head}</thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(place: FoundPlace, n_units: int) -> str:
    before, words, after = (
        escape(" ".join(part)) for part in (place.before, place.words, place.after)
    )
    number = f"{place.number:,}" if place.number > 0 else ""
    return (
        f"<tr><td>{before} <mark>{words}</mark> {after}</td><td>{number}</td>"
        f"<td>{place.split}</td><td>{place.at:,}</td><td>{place.agree} of {n_units}</td></tr>"
    )
