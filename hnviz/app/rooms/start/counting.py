"""The Start page's opening: a trained network counts on, word by word."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from hnviz.app.kit.cards import kind_legend
from hnviz.app.kit.text import escape, html_escape, lead, page_theme, problem
from hnviz.app.run.engine import observe
from hnviz.app.run.view import FIRST_RUN
from hnviz.app.shell.address import address_problem
from hnviz.data import kind_of, number_words
from hnviz.data.corpora import TRAIN_NUMBERS, VALID_NUMBERS
from hnviz.figures.theme import Theme

GIVEN = 3  # numbers that the network is given before it counts on
SAYS = 3  # numbers that it says
LAST_TRAINED = TRAIN_NUMBERS[-1]
LAST_START = VALID_NUMBERS[-1] - SAYS
EXAMPLES = (4318, 3498, 5997, 8316)
_COMPANIONS = {"inside": 3498, "beyond": 8316}  # counted beside a number of the other side
_WORD_DELAY = 0.09  # seconds between two words


@st.fragment(parallel=True)
def opening() -> None:
    """Draw the sentence, the choice of a number and the two counts.

    In parallel, so that what stands below is painted while the engine still starts.
    """
    sentence = st.empty()
    with sentence:
        lead("A network read the numbers 1 to 7,999 in words. Here it counts on by itself.")
    number = _number_box()
    if number is not None:
        _two_counts(number)
    answer, trouble = observe(FIRST_RUN, "last", "counting_accuracy", {"given": GIVEN})
    with sentence:
        if answer is not None:
            lead(_shares_sentence(answer.meta))
        else:
            problem(trouble)


def _shares_sentence(meta: Mapping[str, Any]) -> str:
    inside, beyond = 100 * meta["train"], 100 * meta["valid"]
    return (
        f"{FIRST_RUN} read the numbers 1 to 7,999 in words, ten times over. Given three of them, "
        f"it says the next number right **{inside:.1f}** times in 100; for numbers from 8,001 on, "
        f"**{beyond:.1f}** times."
    )


def _number_box() -> int | None:
    """Draw the number's box and four examples; return the number, None if it cannot be used."""
    lost = address_problem("start_number", "whole number")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(
            "Count on from",
            value=EXAMPLES[1],
            step=1,
            key="start_number",
            width=170,
            bind="query-params",
        )
        st.pills(
            "Try",
            EXAMPLES,
            key="start_example",
            on_change=_take_example,
        )
    if number is None or not GIVEN <= number <= LAST_START:
        problem(f"Count on from a number between {GIVEN} and {LAST_START}; got {number}.")
        return None
    problem(lost)
    return int(number)


def _take_example() -> None:
    chosen = st.session_state.start_example
    if chosen is not None:
        st.session_state.start_number = chosen


def _two_counts(number: int) -> None:
    side = "inside" if number + SAYS <= LAST_TRAINED else "beyond"
    numbers = {**_COMPANIONS, side: number}
    look = page_theme()
    left, right = st.columns(2, border=True)
    for box, (place, start) in zip((left, right), numbers.items(), strict=True):
        with box:
            _count(place, start, look)
    # In one piece: a style sheet by itself would go to a place that a parallel fragment must not
    # write to.
    st.html(_style(look) + kind_legend(look, "The bar under a word: its probability."))


def _count(place: str, start: int, look: Theme) -> None:
    answer, trouble = observe(
        FIRST_RUN, "last", "count_on", {"number": start, "given": GIVEN, "n": SAYS}
    )
    if answer is None:
        problem(trouble)
        return
    where = "inside what it read"
    if place == "beyond":
        where = "beyond 8,000" if start > LAST_TRAINED else "across 8,000, which it never read"
    st.markdown(f"**From {start:,}: {where}**")
    st.html(_count_html(answer.meta, look))
    st.markdown(f":gray[{escape(verdict(answer.meta['said']))}]")


def verdict(said: Sequence[Mapping[str, Any]]) -> str:
    """Say in one sentence how a count went; `said` holds a mapping for every number."""
    wrong = [each for each in said if not each["right"]]
    if not wrong:
        first, last = said[0]["truth"], said[-1]["truth"]
        carry = first // 100 != last // 100 or (said[0]["truth"] - 1) // 100 != first // 100
        return "All right, the carry too." if carry else f"All {len(said)} right."
    firsts = [_first_wrong(each) for each in wrong]
    if all(place == 0 for place in firsts):
        if all(len(number_words(each["truth"]).split()) == 1 for each in wrong):
            return f"{len(wrong)} of {len(said)} go wrong, each a single word."
        rest = all(_words(each)[1:] == number_words(each["truth"]).split()[1:] for each in wrong)
        return (
            "The wrong word is the first one; the rest counts on as it should."
            if rest
            else f"{len(wrong)} of {len(said)} go wrong, at their first word."
        )
    return f"{len(wrong)} of {len(said)} go wrong, the first at word {min(firsts) + 1}."


def _first_wrong(each: Mapping[str, Any]) -> int:
    """Return the place of the first word that is not the true number's."""
    truth = number_words(each["truth"]).split()
    words = _words(each)
    for place, (word, true) in enumerate(zip(words, truth, strict=False)):
        if word != true:
            return place
    return min(len(words), len(truth))


def _words(each: Mapping[str, Any]) -> list[str]:
    """Return what was said for a number, without the comma that ends it."""
    return [word for word in each["words"] if word != ","]


def _count_html(meta: Mapping[str, Any], look: Theme) -> str:
    given = ", ".join(number_words(number) for number in meta["given"])
    lines, delay = [], 0
    for each in meta["said"]:
        lines.append(_line_html(each, delay, look))
        delay += len(each["words"])
    return f'<p class="hn-given">It was given: {given}.</p>{"".join(lines)}'


def _line_html(each: Mapping[str, Any], delay: int, look: Theme) -> str:
    truth = number_words(each["truth"]).split()
    words = []
    for place, (word, share) in enumerate(zip(_words(each), each["probabilities"], strict=False)):
        right = place < len(truth) and word == truth[place]
        words.append(_word_html(word, share, right, (delay + place) * _WORD_DELAY, look))
    mark = '<i class="hn-ok">✓</i>' if each["right"] else '<i class="hn-no">✗</i>'
    return f'<div class="hn-line"><span>{each["truth"]:,}</span>{"".join(words)}{mark}</div>'


def _word_html(word: str, share: float, right: bool, after: float, look: Theme) -> str:
    color = look.kind[kind_of(word)]
    bar = f"linear-gradient(90deg,{color} {share:.0%},{look.border} {share:.0%})"
    text = html_escape(word) if right else f'<b class="hn-wrong">✗ {html_escape(word)}</b>'
    return (
        f'<span class="hn-word" style="animation-delay:{after:.2f}s" title="{share:.3f}">{text}'
        f'<u style="background:{bar}"></u></span>'
    )


def _style(look: Theme) -> str:
    return f"""<style>
.hn-given {{ color: {look.muted}; font-size: .9375rem; min-height: 2.8em; margin: 0 0 .5rem; }}
.hn-line {{ display: flex; flex-wrap: wrap; gap: 4px 8px; margin: 0 0 10px; position: relative;
  padding-left: calc(3.4em + 8px); }}
.hn-line > span:first-child {{ color: {look.muted}; position: absolute; left: 0; }}
.hn-word {{ position: relative; padding-bottom: 8px; animation: hn-say .18s both; }}
.hn-word u {{ position: absolute; left: 0; right: 0; bottom: 0; height: 5px; border-radius: 2px; }}
.hn-line .hn-wrong {{ color: {look.wrong}; }}
.hn-ok {{ color: {look.right_mark}; font-style: normal; }}
.hn-no {{ color: {look.wrong}; font-style: normal; }}
@keyframes hn-say {{ from {{ opacity: 0; }} to {{ opacity: 1; }} }}
@media (prefers-reduced-motion: reduce) {{ .hn-word {{ animation: none; }} }}
</style>"""
