"""How a text becomes tokens, and tokens become ids."""

import streamlit as st

from hnviz.app.kit import cards, controls
from hnviz.app.kit.text import escape, page_theme, page_title, problem, section, show
from hnviz.data import human_numbers, human_numbers_stream
from hnviz.figures.corpus import token_counts
from hnviz.figures.sentences import corpus_sentence, counts_sentence, own_tokens
from hnviz.figures.sentences import opening as starts
from hnviz.figures.tables import token_table

look = page_theme()
stream, corpus = human_numbers_stream(), human_numbers()
table = token_table(stream)

page_title("Data", corpus_sentence(stream))
left, right = st.columns(2)
left.markdown(f"**train** begins with\n\n:gray[{starts(corpus.train)}]")
right.markdown(f"**valid** begins with\n\n:gray[{starts(corpus.valid)}]")

section("Text, tokens, ids", "A token is a word or a mark; its id is its place in the vocab.")
text, cut = controls.own_sentence()
said = own_tokens(text, stream.vocab)
problem(cut)
st.markdown(escape(said.sentence))
st.html(cards.token_chips(said.tokens, said.ids, look))
st.html(cards.kind_legend(look))

section("How often each token stands in the texts")
show(token_counts(table, look), counts_sentence(table), "data_counts")

section("The vocab", "The specials come first, then the words by falling count in train.")
st.dataframe(table, hide_index=True, key="data_vocab", height=420)
