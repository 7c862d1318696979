"""Turn what a user types into tokens: a range of numbers, numbers, or words."""

import re
from dataclasses import dataclass

from hnviz.data.corpora import BUILT_IN, Corpus
from hnviz.data.vocab import Vocab

LONGEST = 2000
"""The most tokens that the observer reads for a picture; some pictures have room for fewer."""

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:to|-|\u2013|\.\.)\s*(\d{1,9})\s*")
_NEGATIVE = re.compile(r"(?:^|\s)-\d+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens to show, and a sentence about any that were left out or unknown; else empty."""

    tokens: tuple[str, ...]
    remark: str = ""


def read_phrase(text: str, vocab: Vocab, corpus: Corpus = BUILT_IN["human_numbers"]) -> Phrase:
    """Turn "4318 to 4324", "4318, 12" or "four thousand" into tokens, without ``xxbos``.

    In a corpus without numbers, digits are text like any other.

    Raises ValueError, with a sentence for the page, if there is nothing to show.
    """
    tokens = _read(text, corpus) if corpus.spell else corpus.tokenize(text[: LONGEST * 8])
    if not tokens:
        wanted = " or a range of numbers, such as 4318 to 4324" if corpus.spell else ""
        raise ValueError(f"Type some words{wanted}.")
    return Phrase(tuple(tokens[:LONGEST]), _remark(tokens, vocab))


def _read(text: str, corpus: Corpus) -> list[str]:
    if negative := _NEGATIVE.search(text):
        raise ValueError(f"Numbers go from 1 to 9999 here; got {negative[0].strip()[:20]}.")
    match = _RANGE.fullmatch(text)
    if match:
        words = _counted(int(match[1]), int(match[2]), corpus)
    else:
        words = _NUMBER.sub(lambda number: _spelled(number[0], corpus), text[: LONGEST * 8])
    return corpus.tokenize(words)


def _counted(first: int, last: int, corpus: Corpus) -> str:
    if not (1 <= first <= 9999 and 1 <= last <= 9999):
        raise ValueError(f"Numbers go from 1 to 9999 here; got {first} to {last}.")
    if first > last:
        raise ValueError(f"A range goes upwards; got {first} to {last}. Try {last} to {first}.")
    most = first + LONGEST // 2  # a number has at least a word and a comma
    return ", ".join(_words(number, corpus) for number in range(first, min(last, most) + 1))


def _spelled(digits: str, corpus: Corpus) -> str:
    if len(digits) > 4 or int(digits) == 0:
        raise ValueError(f"Numbers go from 1 to 9999 here; got {digits[:20]}.")
    return _words(int(digits), corpus)


def _words(number: int, corpus: Corpus) -> str:
    return corpus.joined(corpus.spell(number) if corpus.spell else ())


def _remark(tokens: list[str], vocab: Vocab) -> str:
    parts = []
    shown = tokens[:LONGEST]  # the last word of a cut text may be half a word
    unknown = list(dict.fromkeys(token for token in shown if token not in vocab.stoi))
    if unknown:
        named = ", ".join(f"“{token[:20]}”" for token in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        parts.append(f"Not in the vocabulary, so read as xxunk: {named}{more}.")
    if len(tokens) > LONGEST:
        parts.append(f"The first {LONGEST:,} tokens are shown.")
    return " ".join(parts)
