"""A text's characters: what runs on words, on characters and on byte pairs have in common."""

from functools import lru_cache
from math import log
from typing import NamedTuple

from hnviz.data.corpora.own import cut, text_hash, way_of
from hnviz.data.corpora.texts import text_of
from hnviz.data.splits import Chosen, TextChoice
from hnviz.data.stream import corpus_of, stream_of
from hnviz.data.vocab import UNK


class Measured(NamedTuple):
    """How the valid text of a run is made of tokens."""

    text: str  # the same for runs that read the same valid text
    tokens: str  # what one is: "word", "char", "bpe500"
    bits: float  # bits per character for each nat of the mean loss per token
    unknown: float  # share of the tokens that are read as xxunk, whose letters cost nothing


def measured(choice: TextChoice) -> Measured:
    """Measure the valid text of a run; recent ones are cached.

    Raises CorpusError for a text that is not there.
    """
    return _measured(choice.corpus, choice.split)


def tokens_of(choice: TextChoice) -> str:
    """Say what one token of a run is, without reading its text: "word", "char", "bpe500"."""
    way = way_of(choice.corpus)
    return corpus_of(choice).level if way is None else way.written.partition("-")[0]


def bits_per_character(loss: float, choice: TextChoice) -> float:
    """Turn a mean loss on valid, in nats per token, into bits per character."""
    return loss * measured(choice).bits


@lru_cache(maxsize=256)
def _measured(corpus_id: str, split: str) -> Measured:
    choice = Chosen(corpus_id, split)
    corpus, stream, way = corpus_of(choice), stream_of(choice), way_of(corpus_id)
    n_tokens = len(stream.valid) - 1  # xxbos writes nothing
    if way is None:
        text = f"{corpus_id} {split}"
        n_characters = len(corpus.joined(corpus.tokens(split).valid[1:]))
    else:
        name = text_hash(corpus_id) or ""
        text = f"{name} {way.valid}"
        n_characters = len(cut(text_of(name), way)[1])
    unknown = float((stream.valid == stream.vocab.stoi[UNK]).mean())
    return Measured(text, tokens_of(choice), n_tokens / n_characters / log(2), unknown)
