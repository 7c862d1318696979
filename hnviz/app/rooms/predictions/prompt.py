"""The text that a network reads first, as a reader types it."""

from dataclasses import dataclass
from functools import lru_cache

from hnviz.data import Choice, TextChoice, corpus_of, stream_of
from hnviz.data.phrase import read_phrase

LONGEST = 200  # tokens: each is a word to pick
LONGEST_TEXT = 2000  # characters
DEFAULT_PROMPT = "4316 to 4318"


@dataclass(frozen=True, slots=True)
class Words:
    """A text as tokens and as ids, and a sentence about what was left out or is unknown."""

    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    remark: str = ""


def read_prompt(typed: str, text: TextChoice) -> Words:
    """Read the first tokens of numbers or words with a run's vocabulary. Raises ValueError."""
    return _read_prompt(typed, Choice(text.corpus, text.split))


@lru_cache(maxsize=64)
def _read_prompt(typed: str, text: Choice) -> Words:
    vocab = stream_of(text).vocab
    read = corpus_of(text)
    phrase = read_phrase(typed, vocab, read)
    remark = phrase.remark
    if len(phrase.tokens) > LONGEST:
        phrase = read_phrase(read.joined(phrase.tokens[:LONGEST]), vocab, read)
        remark = f"{phrase.remark} The first {LONGEST} tokens are read.".lstrip()
    return Words(phrase.tokens, tuple(vocab.numericalize(phrase.tokens).tolist()), remark)
