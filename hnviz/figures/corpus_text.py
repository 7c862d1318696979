"""What the Data page says of any corpus, in its own numbers; **two stars** mark what is bold."""

from typing import TYPE_CHECKING

from hnviz.data import Corpus, TextChoice, corpus_of, human_numbers, numbers_of, stream_of
from hnviz.data.stream import SPLITS
from hnviz.figures.numbers import accuracy
from hnviz.figures.sentences import counts_sentence, opening, splits_sentence
from hnviz.figures.split_words import split_words

if TYPE_CHECKING:
    import pandas as pd

BEGINNING = 60  # numbers
CHARACTERS = 160
LESSON = "human_numbers"  # the one corpus that the lesson's own sentences are about

TOKEN = {
    "word": "a word or a mark",
    "char": "a character",
    "bpe": "a piece of text that byte-pair encoding found",
}
"""What a token is, by the level of a corpus."""


def token_is(read: Corpus) -> str:
    """Say what a token of a corpus is: "a word or a comma"."""
    return "a word or a comma" if read.id == LESSON else TOKEN[read.level]


def texts_sentence(choice: TextChoice) -> str:
    """Say what the network learns from and what tests it."""
    read, words, stream = corpus_of(choice), split_words(choice), stream_of(choice)
    if read.id == LESSON and choice.split == "notebook":
        return splits_sentence()
    if read.unit == "numbers":
        train, valid = words.train, words.valid
        return (
            f"{read.description} The network learns from **train**, {train}; **valid**, {valid}, "
            "tests it. Guess the next token, as it does."
        )
    return (
        f"{read.description} The network learns from **train**, {len(stream.train):,} tokens; "
        f"**valid**, {len(stream.valid):,} others, tests it. Guess the next token, as it does."
    )


def common_sentence(table: "pd.DataFrame", choice: TextChoice) -> str:
    """Say which token comes most often; of the lesson's text, where its two splits differ most."""
    if corpus_of(choice).id == LESSON and choice.split == "notebook":
        return counts_sentence(table)
    shares = [table[split] / max(1, table[split].sum()) for split in ("train", "valid")]
    most = int(shares[0].to_numpy().argmax())
    train, valid = (accuracy(float(share.iloc[most])) for share in shares)
    return (
        f"“{table['token'].iloc[most]}” comes most often: it is **{train}** of the train tokens "
        f"and {valid} of the valid tokens."
    )


def holds(choice: TextChoice) -> tuple[str, str]:
    """Name both splits with what they hold: "train, 1 to 7,999"."""
    words = split_words(choice)
    if corpus_of(choice).unit == "numbers":
        return f"train, {words.train}", f"valid, {words.valid}"
    return "train", "valid"


def beginning(choice: TextChoice, split: str) -> str:
    """Return the first words of train or of valid, as a reader would write them."""
    read = corpus_of(choice)
    if read.id == LESSON:
        numbers = numbers_of(choice)
        texts = human_numbers(*(numbers.of(each)[:BEGINNING].tolist() for each in SPLITS))
        return opening(texts.train if split == "train" else texts.valid)
    stream = stream_of(choice)
    ids = stream.ids(split)[1 : 1 + CHARACTERS].tolist()
    text = read.joined([stream.vocab.itos[index] for index in ids])
    return opening(text) if read.level == "word" else f"{text[:CHARACTERS]} …"
