"""The Data page: a text becomes tokens, tokens become ids, and one of them is the next guess."""

from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hnviz.app.kit import cards
from hnviz.app.kit.fold import fold
from hnviz.app.kit.text import escape, kept_place, lead, page_link, page_theme, prose, section
from hnviz.app.rooms.data.guess.picture import guess_line, is_cut
from hnviz.app.rooms.data.merging.picture import merging_line
from hnviz.app.rooms.data.sentence import own_sentence
from hnviz.app.rooms.tasks.controls import address_of
from hnviz.app.run.corpus_box import AS_RUN, WIDE, corpus_choice, corpus_in, text_chosen
from hnviz.app.run.own_text import OWN
from hnviz.app.run.view import run_in_view
from hnviz.data import Choice, TextChoice, corpus_of, kind_in, stream_of
from hnviz.figures import corpus_text
from hnviz.figures.corpus import token_counts
from hnviz.figures.offers import without_digits
from hnviz.figures.sentences import OwnTokens, corpus_sentence, vocab_sentence
from hnviz.figures.tables import token_table
from hnviz.figures.theme import theme
from hnviz.runs import RunRecord
from hnviz.tasks.reach import is_task
from hnviz.tasks.task import task_stream

if TYPE_CHECKING:
    import pandas as pd

FOLLOWS = "Next: how does a text this long fit into mini-batches?"
AWAITED = "Your text becomes numbers, and a network guesses each from those before it."
RULE = "See the rule behind this text, and how much memory it needs, in Tasks"
ROW = "data_corpus_fields"  # with the choice of the text
MOST_LISTED = 2000  # entries of the vocabulary


def page() -> None:
    """Draw this part of its room."""
    takeaway, run = kept_place("feed_opening"), run_in_view()
    is_own = corpus_in("data", ROW) == OWN  # then the box comes first, and its line below it
    line = None if is_own else kept_place("data_line")
    shown = corpus_choice("Text", "data", WIDE)
    choice = text_chosen(shown, "data", run)
    with takeaway:
        lead(AWAITED if choice is None else corpus_sentence(stream_of(choice), own=is_own))
    if choice is not None:
        _text(choice, line or kept_place("data_line"), run.record if run else None)
        own = {} if shown == AS_RUN else {"batches_corpus": shown}
        page_link("feed", FOLLOWS, {"feed_part": "Batches", **own})


def _text(choice: TextChoice, line: DeltaGenerator, record: RunRecord | None) -> None:
    """Draw a text as the network gets it; `line` is the place of its line."""
    stream, read = stream_of(choice), corpus_of(choice)
    prose(escape_marks(corpus_text.texts_sentence(choice)))
    said = own_sentence(choice)
    if is_task(choice.corpus):
        page_link("feed", RULE, address_of(task_stream(choice.corpus)))
    with line:
        guess_line("data_guess", said, choice, record)
    _tokens(said, choice)
    if read.level == "bpe":
        merging_line(read.id)
    section("How common is each token?")
    common, counts = _counted(Choice(choice.corpus, choice.split), page_theme().mode)
    prose(f"{vocab_sentence(stream)} {escape_marks(common)}")
    st.html(counts)
    title = f"The vocabulary: {len(stream.vocab):,} entries"
    fold(title, "data_vocabulary", lambda: _vocabulary(token_table(stream, kind_in(read))))


@lru_cache(maxsize=32)  # all viewers of a text see the same
def _counted(choice: Choice, mode: str) -> tuple[str, str]:
    """Say which tokens of a text are common; draw the counts of all, as HTML."""
    table = token_table(stream_of(choice), kind_in(corpus_of(choice)))
    sentence = corpus_text.common_sentence(table, choice)
    return sentence, token_counts(table, theme(mode), corpus_text.holds(choice))


def escape_marks(sentence: str) -> str:
    """Escape a sentence that has words of the text in it, but for what is bold."""
    return "**".join(escape(part) for part in sentence.split("**"))


def _vocabulary(table: "pd.DataFrame") -> None:
    """Tabulate the vocabulary."""
    more = f" These are the first {MOST_LISTED:,}." if len(table) > MOST_LISTED else ""
    st.markdown(f"Special tokens come first, then the most common in train.{more}")
    st.dataframe(table.head(MOST_LISTED), hide_index=True, key="data_vocab", height=420)


def _tokens(said: OwnTokens, choice: TextChoice) -> None:
    """Say what became of the sentence, with all its tokens where the line above cuts them."""
    look, read = page_theme(), corpus_of(choice)
    section("Text, tokens, ids")
    st.markdown(
        f"A **token** is {corpus_text.token_is(read)}. The **vocabulary** lists all tokens that "
        "the network knows, and a token's **id** is its place there. "
        f"{escape(said.sentence)}"
    )
    chips = cards.token_chips(said.tokens, said.ids, look, kind_in(read)) if is_cut(said) else ""
    legend = "" if without_digits(choice) else cards.kind_legend(look)
    if chips or legend:
        st.html(chips + legend)
    for column, split in zip(st.columns(2), ("train", "valid"), strict=True):
        begins = escape(corpus_text.beginning(choice, split))
        column.markdown(f"**{split}** begins with\n\n:gray[{begins}]")
