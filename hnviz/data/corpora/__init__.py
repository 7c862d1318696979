"""The corpora by id. A new one is one file and one entry here."""

from collections.abc import Callable

from hnviz.data.corpora.base import LEVELS, UNITS, Corpus, CorpusError, Spell, Tokens
from hnviz.data.corpora.numbered import NUMBERED, numbered_corpus
from hnviz.data.corpora.numbers import HUMAN_NUMBERS, LANGUAGES
from hnviz.data.corpora.own import text_corpus
from hnviz.data.corpora.tasks import task_corpus
from hnviz.data.numbers import TRAIN_NUMBERS, VALID_NUMBERS

__all__ = [
    "BUILT_IN",
    "FAMILIES",
    "LEVELS",
    "TRAIN_NUMBERS",
    "UNITS",
    "VALID_NUMBERS",
    "Corpus",
    "CorpusError",
    "Spell",
    "Tokens",
    "corpora",
    "corpus",
]

BUILT_IN: dict[str, Corpus] = {each.id: each for each in (HUMAN_NUMBERS, *LANGUAGES)}
"""The corpora shown in lists."""

FAMILIES: dict[str, Callable[[str], Corpus]] = {
    "text": text_corpus,
    "task": task_corpus,
    NUMBERED: numbered_corpus,
}
"""Makers of corpora whose id describes them, by the part of the id before its first "-".

A maker takes the whole id, always returns the same corpus for it, and raises CorpusError.
"""


def corpora() -> tuple[Corpus, ...]:
    """Return the built-in corpora."""
    return tuple(BUILT_IN.values())


def corpus(corpus_id: str) -> Corpus:
    """Look up a corpus by its id. Raises CorpusError."""
    if not isinstance(corpus_id, str):
        raise CorpusError(f"corpus must be the id of a corpus; got {corpus_id!r:.60}")
    if corpus_id in BUILT_IN:
        return BUILT_IN[corpus_id]
    family = FAMILIES.get(corpus_id.partition("-")[0])
    if family is None:
        known = ", ".join(BUILT_IN)
        raise CorpusError(f"corpus must be one of {known}; got {corpus_id[:100]!r}")
    return family(corpus_id)
