"""The Data page: a text becomes tokens, tokens become ids, and one of them is the next guess."""

import pandas as pd
import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.fold import fold
from hnviz.app.kit.terms.picture import terms
from hnviz.app.kit.text import escape, linked, page_theme, page_title, prose, section
from hnviz.app.rooms.data.guess.picture import guess_line, is_cut
from hnviz.app.rooms.data.read import read_by_run
from hnviz.app.rooms.data.sentence import own_sentence
from hnviz.data import human_numbers, human_numbers_stream
from hnviz.figures.corpus import token_counts
from hnviz.figures.sentences import (
    OwnTokens,
    corpus_sentence,
    counts_sentence,
    opening,
    splits_sentence,
    vocab_sentence,
)
from hnviz.figures.tables import token_table


def page() -> None:
    """Draw the page."""
    stream, look = human_numbers_stream(), page_theme()
    table = token_table(stream)
    page_title("Data", corpus_sentence(stream))
    terms()
    prose(splits_sentence())
    line = st.container(key="data_line")
    said = own_sentence(stream.vocab)
    with line:
        guess_line("data_guess", said)
    _tokens(said)
    section("How common is each token?")
    prose(f"{vocab_sentence(stream)} {counts_sentence(table)}")
    st.html(token_counts(table, look))
    title = f"The vocabulary: {len(stream.vocab)} entries"
    fold(title, "data_vocabulary", lambda: _vocabulary(table))
    read_by_run()
    linked("[Next: how does such a long text fit into mini-batches?](batches)")


def _vocabulary(table: pd.DataFrame) -> None:
    """Tabulate the vocabulary."""
    st.markdown("Special tokens come first, then words, the most common in train first.")
    st.dataframe(table, hide_index=True, key="data_vocab", height=420)


def _tokens(said: OwnTokens) -> None:
    """Say what became of the sentence, with all its tokens where the line above cuts them."""
    look, corpus = page_theme(), human_numbers()
    section("Text, tokens, ids")
    st.markdown(
        "A **token** is a word or a comma. The **vocabulary** lists all tokens that the network "
        f"knows, and a token's **id** is its place there. {escape(said.sentence)}"
    )
    chips = cards.token_chips(said.tokens, said.ids, look) if is_cut(said) else ""
    st.html(chips + cards.kind_legend(look))
    left, right = st.columns(2)
    left.markdown(f"**train** begins with\n\n:gray[{opening(corpus.train)}]")
    right.markdown(f"**valid** begins with\n\n:gray[{opening(corpus.valid)}]")
