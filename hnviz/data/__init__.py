"""text -> tokens -> ids -> batches. Needs only numpy."""

from hnviz.data.continuation import continuation
from hnviz.data.corpora import Corpus, CorpusError, corpora, corpus
from hnviz.data.english import Texts, human_numbers, number_words
from hnviz.data.layout import Batch, BatchLayout, Slot, batches
from hnviz.data.shuffled import ShuffledLayout
from hnviz.data.splits import NOTEBOOK, Numbers, TextChoice
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
from hnviz.data.tokens import KINDS, kind_of, tokenize
from hnviz.data.vocab import SPECIALS, Vocab

__all__ = [
    "KINDS",
    "NOTEBOOK",
    "SPECIALS",
    "Batch",
    "BatchLayout",
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
    "continuation",
    "corpora",
    "corpus",
    "corpus_of",
    "human_numbers",
    "human_numbers_stream",
    "kind_in",
    "kind_of",
    "number_words",
    "numbers_of",
    "split_text",
    "stream_of",
    "tokenize",
]
