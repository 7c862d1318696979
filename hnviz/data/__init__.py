"""From text to tokens, ids and batches. Needs only numpy."""

from hnviz.data.corpora import Corpus, CorpusError, corpora, corpus
from hnviz.data.corpora.base import NOTEBOOK, Choice, TextChoice
from hnviz.data.numbers import Numbers, Texts, human_numbers, number_words
from hnviz.data.phrase import judge
from hnviz.data.stream import (
    Text,
    TokenStream,
    corpus_of,
    human_numbers_stream,
    kind_in,
    numbers_of,
    split_text,
    stream_of,
)
from hnviz.data.tokens import KINDS, SPECIALS, Vocab, kind_of, tokenize
from hnviz.layout import Batch, BatchLayout, ShuffledLayout, Slot, batches

__all__ = [
    "KINDS",
    "NOTEBOOK",
    "SPECIALS",
    "Batch",
    "BatchLayout",
    "Choice",
    "Corpus",
    "CorpusError",
    "Numbers",
    "ShuffledLayout",
    "Slot",
    "Text",
    "TextChoice",
    "Texts",
    "TokenStream",
    "Vocab",
    "batches",
    "corpora",
    "corpus",
    "corpus_of",
    "human_numbers",
    "human_numbers_stream",
    "judge",
    "kind_in",
    "kind_of",
    "number_words",
    "numbers_of",
    "split_text",
    "stream_of",
    "tokenize",
]
