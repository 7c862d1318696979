"""What a corpus lacks, in one sentence for the page that leaves something out."""

from functools import lru_cache

from hnviz.config import RunConfig
from hnviz.data import NOTEBOOK, Choice, TextChoice, corpus_of, stream_of
from hnviz.data.tokens import UNK
from hnviz.models.catalogue import entry
from hnviz.own.network import is_own

_EXAMPLE = {"word": 12, "char": 40, "bpe": 20}
"""Tokens of a text to begin with, by what one is."""
MOST = 1_000  # tokens that are searched for them


def without_numbers(choice: TextChoice) -> str:
    """Say why a page shows no counting; "" if the run's text lists numbers."""
    read = corpus_of(choice)
    if read.unit == "numbers":
        return ""
    return f"This run reads “{read.title}”, which does not list numbers, so it cannot count."


def without_digits(choice: TextChoice) -> str:
    """Say why a page shows no digits or slots; "" if the run's text has them."""
    read = corpus_of(choice)
    if read.has_digits:
        return ""
    return (
        f"This run reads “{read.title}”. Pictures of digits and of places in a number need the "
        "human numbers, so they are left out."
    )


def without_notebook(config: RunConfig) -> str:
    """Say why a run cannot be taken away as a notebook; "" if it can."""
    known = entry(config.model)
    if known.attends or known.penalty or is_own(config.model):
        return (
            f"{config.model} is made of more than one class and a plain training loop, so its runs "
            "cannot become a notebook."
        )
    if config.added:
        return f"The notebook has no setting {', '.join(config.added)}, which this run uses."
    if config.corpus != NOTEBOOK.corpus:
        return (
            f"This run reads “{corpus_of(config).title}”; only a run of {NOTEBOOK.corpus}, whose "
            "text fits into it, can become a notebook."
        )
    return ""


def example(choice: TextChoice, of_numbers: str) -> str:
    """Return a text to begin with: a range for a corpus of numbers, else the beginning of valid."""
    return (
        of_numbers
        if corpus_of(choice).unit == "numbers"
        else _beginning(choice.corpus, choice.split)
    )


@lru_cache(maxsize=16)
def _beginning(corpus: str, split: str) -> str:
    choice = Choice(corpus, split)
    stream, length = stream_of(choice), _EXAMPLE[corpus_of(choice).level]
    unknown = stream.vocab.stoi.get(UNK)  # its name would be read as letters or pieces
    for text in (stream.valid, stream.train):
        if known := [index for index in text[1:MOST].tolist() if index != unknown][:length]:
            return corpus_of(choice).joined([stream.vocab.itos[index] for index in known])
    return ""
