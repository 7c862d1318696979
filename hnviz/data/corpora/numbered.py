"""The text of a recorded loop as a corpus: tokens that the loop itself has numbered.

Its id is a hash of the tokens and of their numbers, under which it is stored beside the runs as
JSON, like a text that a user typed.
"""

import json
import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any

from hnviz.data.corpora import texts
from hnviz.data.corpora.base import Corpus, CorpusError, Tokens
from hnviz.data.tokens import SHOWN

NUMBERED = "tokens"
MAX_TOKEN_CHARS = 100
MOST_TOKENS = 2**16  # different ones
_ID = re.compile(rf"{NUMBERED}-([0-9a-f]{{20}})")


def numbered_hash(corpus_id: str) -> str | None:
    """Return the hash in an id of this family; None for another kind of corpus."""
    found = _ID.fullmatch(corpus_id)
    return found[1] if found else None


def level_of(vocab: Collection[str]) -> str:
    """Return "char" if a vocabulary is characters, a space among them, and "word" otherwise."""
    spaced = " " in vocab or " ".translate(SHOWN) in vocab
    return "char" if spaced and all(len(each) == 1 for each in vocab) else "word"


def tokenizer(vocab: Collection[str]) -> Callable[[str], list[str]]:
    """Return what splits a text into tokens of a vocabulary."""
    if level_of(vocab) == "word":
        return str.split
    return lambda text: list(text if " " in vocab else text.translate(SHOWN))


def visible(vocab: Sequence[str]) -> Sequence[str]:
    """Make the space and the ends of lines visible among characters."""
    shown = [each.translate(SHOWN) for each in vocab]
    return shown if level_of(vocab) == "char" and len({*shown}) == len({*vocab}) else vocab


def numbered(vocab: Sequence[str], train: Sequence[int], valid: Sequence[int]) -> Corpus:
    """Make a corpus of both splits' ids, and hold it in memory. Raises CorpusError."""
    content = {"vocab": list(vocab), "train": list(train), "valid": list(valid)}
    text = json.dumps(content, separators=(",", ":"))
    if len(text) > texts.MAX_TEXT_BYTES:
        raise CorpusError(
            f"the text has {len(train) + len(valid):,} tokens, too many to store with a run: pass "
            "its beginning"
        )
    _checked(content)
    return numbered_corpus(f"{NUMBERED}-{texts.hold(text)}")


def numbered_corpus(corpus_id: str) -> Corpus:
    """Return the corpus with an id of this family. Raises CorpusError."""
    name = numbered_hash(corpus_id)
    if name is None:
        raise CorpusError(
            f"an id of this family is {NUMBERED}-<20 hex digits>; got {corpus_id!r:.60}"
        )
    if not texts.is_known(name):
        raise texts.missing(name)
    return _made(corpus_id, name)


@lru_cache(maxsize=16)
def _made(corpus_id: str, name: str) -> Corpus:
    try:
        content = _checked(json.loads(texts.text_of(name)))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"the tokens of {corpus_id} cannot be read: {error!s:.200}") from error
    vocab = tuple(content["vocab"])
    splits = ([vocab[index] for index in content[split]] for split in Tokens._fields)
    tokens = Tokens(*splits)
    return Corpus(
        id=corpus_id,
        title=f"Own tokens {name[:6]}",
        description=f"The text of your own loop, in its {len(vocab):,} tokens.",
        make=lambda _: tokens,
        tokenize=tokenizer(vocab),
        level=level_of(vocab),
        vocab=vocab,
    )


def _checked(content: Any) -> dict[str, Any]:
    """Return the content if it is a text in numbers. Raises CorpusError."""
    vocab = content.get("vocab") if isinstance(content, dict) else None
    if not isinstance(vocab, list) or not all(isinstance(each, str) for each in vocab):
        raise CorpusError("vocab must be a list of texts, one for each token")
    if not 2 <= len(vocab) <= MOST_TOKENS or len(set(vocab)) < len(vocab):
        raise CorpusError(
            f"vocab must hold 2 to {MOST_TOKENS:,} different tokens; got {len(vocab):,}"
        )
    long = [each for each in vocab if not 1 <= len(each) <= MAX_TOKEN_CHARS]
    if long:
        raise CorpusError(f"a token has 1 to {MAX_TOKEN_CHARS} characters; got {long[0]!r:.60}")
    for split in Tokens._fields:
        ids = content.get(split)
        fine = isinstance(ids, list) and all(type(each) is int for each in ids)
        if not fine or len(ids) < 2 or not 0 <= min(ids) <= max(ids) < len(vocab):
            raise CorpusError(f"{split} must hold at least 2 ids from 0 to {len(vocab) - 1:,}")
    return dict(content)
