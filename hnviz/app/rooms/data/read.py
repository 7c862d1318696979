"""What the run in view reads, where that is another text than the lesson's."""

import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.text import escape, page_theme, section
from hnviz.app.run.view import run_in_view
from hnviz.data import NOTEBOOK, corpus_of, stream_of
from hnviz.data.corpora.own import merging
from hnviz.data.vocab import SPECIALS

BEGINNING = 40  # tokens


def read_by_run() -> None:
    """Draw the beginning of the run's text, and how its byte pairs merged."""
    run = run_in_view()
    if run is None or run.record.config.corpus == NOTEBOOK.corpus:
        return
    config = run.record.config
    read, stream = corpus_of(config), stream_of(config)
    section("What the run in view reads")
    st.markdown(
        f"**{escape(read.title)}**. {escape(read.description)} The network "
        f"learns from {len(stream.train):,} tokens and is tested on {len(stream.valid):,}; "
        f"{len(stream.vocab) - len(SPECIALS):,} different "
        "ones appear."
    )
    ids = stream.train[:BEGINNING].tolist()
    st.html(cards.token_chips([stream.vocab.itos[index] for index in ids], ids, page_theme()))
    if read.level == "bpe":
        _merging(read.id)


def _merging(corpus_id: str) -> None:
    """Let the reader watch characters become pieces."""
    n_merges = merging(corpus_id, 0)[2]
    if n_merges < 1:
        return
    chosen = st.slider("Merges", 0, n_merges, n_merges, key="data_merges", bind="query-params")
    tokens, last, _ = merging(corpus_id, chosen)
    said = "Each character is a token."
    if last is not None:
        left, right = (escape(each.replace(" ", "␣")) for each in (last.left, last.right))
        said = f"Merge {chosen:,} joined “{left}” and “{right}”, neighbours {last.times:,} times."
    st.markdown(f"{said} The text then begins: {escape(' | '.join(tokens))}")
