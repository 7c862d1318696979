"""What the Hidden states page reads: a phrase, a range of numbers, or a stretch of a split."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from hnviz.data import Choice, TextChoice, corpus_of, stream_of
from hnviz.data.phrase import MAX_TOKENS, read_phrase
from hnviz.data.stream import SPLITS
from hnviz.questions.params import Param
from hnviz.questions.view import Look
from hnviz.web.http import Refusal

FIRST, N = 0, 100  # tokens

TEXT_PARAMS: Mapping[str, Param] = MappingProxyType(
    {
        "text": Param("text", ""),
        "ids": Param("ints", ()),
        "split": Param(("", *SPLITS), ""),
        "first": Param("int", FIRST),
        "n": Param("int", N),
    }
)
"""A text in an address: `text`, `ids`, or `n` tokens of `split` from `first` on."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tokens as a picture shows them, and the parameters that ask the observer for them."""

    tokens: tuple[str, ...]
    asked: Mapping[str, Any]  # ids, or split, first and n
    split: str = ""  # empty for a phrase
    first: int = 0  # place of the first token in its split
    remark: str = ""  # about what was left out or is unknown
    text: str = ""  # a phrase as it was typed

    @property
    def called(self) -> str:
        """Call a phrase by its first words, a stretch by its place."""
        if self.split:
            return self.named
        words = " ".join(token[:20] for token in self.tokens[:4])
        return f"“{words}{' …' if len(self.tokens) > 4 else ''}”"

    @property
    def named(self) -> str:
        """Say which tokens they are."""
        if not self.split:
            return f"{len(self.tokens):,} tokens"
        last = self.first + len(self.tokens) - 1
        return f"tokens {self.first:,} to {last:,} of {self.split}"

    @property
    def params(self) -> dict[str, Any]:
        """Return the parameters by which an address names this text."""
        return {"text": self.text} if self.text else dict(self.asked)


def read_text(words: str, text: TextChoice) -> Stretch:
    """Read a phrase or a range of numbers with a run's vocabulary. Raises ValueError."""
    return _read_text(words, Choice(text.corpus, text.split))


@lru_cache(maxsize=64)
def _read_text(words: str, text: Choice) -> Stretch:
    vocab = stream_of(text).vocab
    phrase = read_phrase(words, vocab, corpus_of(text))
    asked = {"ids": vocab.numericalize(phrase.tokens).tolist()}
    return Stretch(phrase.tokens, asked, remark=phrase.remark, text=words)


def cut_stretch(text: TextChoice, split: str, first: int, n: int) -> Stretch:
    """Cut `n` tokens out of a split of a run's text. Raises ValueError."""
    stream = stream_of(text)
    ids = stream.ids(split)
    if wrong := stretch_problem(split, len(ids), first, n):
        raise ValueError(wrong)
    tokens = tuple(stream.vocab.itos[index] for index in ids[first : first + n].tolist())
    return Stretch(tokens, {"split": split, "first": first, "n": n}, split, first)


def stretch_in(look: Look) -> Stretch:
    """Read the text that a request names. Raises Refusal or ValueError."""
    params, text = look.params, look.run.record.config
    named = [name for name in ("text", "ids", "split") if params[name]]
    if len(named) != 1:
        raise Refusal(
            "a question about a text needs one of text, ids, or a split with first and n; "
            f"got {' and '.join(named) or 'none of them'}"
        )
    if named == ["split"]:
        return cut_stretch(text, params["split"], params["first"], params["n"])
    return read_text(params["text"], text) if named == ["text"] else _read_ids(look)


def _read_ids(look: Look) -> Stretch:
    itos, ids = stream_of(look.run.record.config).vocab.itos, tuple(look.params["ids"])
    if len(ids) > MAX_TOKENS or not 0 <= min(ids) <= max(ids) < len(itos):
        raise Refusal(
            f"ids are up to {MAX_TOKENS:,} numbers from 0 to {len(itos) - 1}; got {ids[:8]}"
        )
    return Stretch(tuple(itos[index] for index in ids), {"ids": list(ids)})


def stretch_problem(split: str, size: int, first: int, n: int) -> str | None:
    """Say why a stretch cannot be read, None if it can."""
    if not 0 <= first < size:
        return f"The first token must be from 0 to {size - 1:,}, the last of {split}; got {first:,}"
    most = min(MAX_TOKENS, size - first)
    if 1 <= n <= most:
        return None
    ends = f", as {split} ends with token {size - 1:,}" if most < MAX_TOKENS else ""
    return f"From token {first:,} on, 1 to {most:,} tokens can be shown{ends}; got {n:,}"
