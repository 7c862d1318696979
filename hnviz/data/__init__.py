"""text -> tokens -> ids -> batches. Needs numpy and nothing else of hnviz."""

from hnviz.data.continuation import continuation
from hnviz.data.corpora import Corpus, human_numbers, number_words
from hnviz.data.layout import Batch, BatchLayout, Slot, batches
from hnviz.data.shuffled import ShuffledLayout
from hnviz.data.stream import Text, TokenStream, human_numbers_stream, own_text, split_text
from hnviz.data.tokens import KINDS, kind_of, tokenize
from hnviz.data.vocab import SPECIALS, Vocab

__all__ = [
    "KINDS",
    "SPECIALS",
    "Batch",
    "BatchLayout",
    "Corpus",
    "ShuffledLayout",
    "Slot",
    "Text",
    "TokenStream",
    "Vocab",
    "batches",
    "continuation",
    "human_numbers",
    "human_numbers_stream",
    "kind_of",
    "number_words",
    "own_text",
    "split_text",
    "tokenize",
]
