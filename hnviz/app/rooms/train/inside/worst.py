"""The most costly mistakes with the words of one kind, in their places."""

from collections.abc import Mapping, Sequence
from typing import Any

from hnviz.app.kit.drawn import MODE, html, look_of
from hnviz.app.kit.tabled import Tabled
from hnviz.app.kit.text import html_escape
from hnviz.data.stream import SPLITS
from hnviz.figures.inside import SHOWN
from hnviz.figures.numbers import percent
from hnviz.figures.sentences import plural, when
from hnviz.figures.theme import Theme
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

TOP = 6  # places listed
NOTE = (
    "One pass over the text from a state of zeros reads each word once. The bars "
    "above come from mini-batches, which read some words twice, so their shares differ a little."
)


def _worst(look: Look) -> Reply:
    """Draw the places; with no kind there is nothing to draw."""
    kind, split = look.params["kind"], look.params["split"]
    if not kind:
        return html("", tables=[])
    found = look.ask("worst_places", {"split": split, "kind": kind, "top": TOP}).meta
    sentence = worst_sentence(found, kind, f"{split} {when(look.step)}")
    places = found["places"]
    return html(worst_html(places, look_of(look)), sentence, NOTE, tables=[_table(places)])


def _table(places: Sequence[Mapping[str, Any]]) -> Tabled:
    """Tabulate the places."""
    heads = ["before", "true word", "after", "said"]
    measured = ["its probability|share", "the true word's|share", "loss"]
    return Tabled(
        "The most costly mistakes",
        [*heads, *measured],
        [
            (
                *(" ".join(each["before"]), each["truth"], " ".join(each["after"]), each["said"]),
                *(each["p_said"], each["p_truth"], each["loss"]),
            )
            for each in places
        ],
    )


def worst_sentence(meta: Mapping[str, Any], kind: str, where: str) -> str:
    """Say how often the words of a kind are right, and what is said in their place."""
    n, right = meta["n"], meta["right"]
    word = {"ones": "words one to nine", "teens": "words ten to nineteen", "comma": "commas"}
    named = word.get(kind, f"“{kind}”" if kind in ("hundred", "thousand") else "tens")
    said = f"**{right:,}** of {n:,} {named} are right on {where}"
    if not meta["mixed"]:
        return f"{said}."
    mixed = "; ".join(f"“{b}” for “{a}” {plural(times, 'time')}" for a, b, times in meta["mixed"])
    return f"{said}. Most often it says {mixed}."


def worst_html(places: Sequence[Mapping[str, Any]], look: Theme) -> str:
    """Each place as its words, the one in question marked, and what was said instead."""
    return f'<ol class="hn-worst">{"".join(_place_html(each, look) for each in places)}</ol>'


def _place_html(each: Mapping[str, Any], look: Theme) -> str:
    before = html_escape(" ".join(each["before"]).replace(" ,", ","))
    after = html_escape(" ".join(each["after"]).replace(" ,", ","))
    wrong = each["said"] != each["truth"]
    mark, color = ("✗ said", look.wrong) if wrong else ("✓ said", look.right_mark)
    p_said, p_truth = percent(each["p_said"]), percent(each["p_truth"])
    return (
        f'<li><span style="color:{look.muted}">{before}</span> <b>{html_escape(each["truth"])}</b> '
        f'<span style="color:{look.muted}">{after}</span><br>'
        f'<i style="color:{color}">{mark} “{html_escape(each["said"])}” {p_said}</i>, '
        f"“{html_escape(each['truth'])}” {p_truth}, loss {each['loss']:.2f}</li>"
    )


WORST_VIEW = View(
    "worst",
    {"kind": Param(("", *SHOWN), ""), "split": Param(SPLITS, "valid"), "mode": MODE},
    _worst,
    slow=True,
)

CHOICES = {"kinds": list(SHOWN), "splits": list(SPLITS)}
"""What a reader chooses from."""
