"""What a run's texts hold, in words for sentences and headings."""

from dataclasses import dataclass

from hnviz.data import TextChoice, corpus_of


@dataclass(frozen=True, slots=True)
class SplitWords:
    """One split of the corpus in words."""

    train: str  # heading: what train holds
    valid: str
    on_train: str  # after "right ": which numbers of train
    on_valid: str
    columns: tuple[str, str]  # of a table, for train and valid
    no_mistake: str  # sentence: all of valid is right
    asked: str  # sentence: how the counting map asks about numbers at the edge of a text
    holds: str  # after "valid holds "
    note: str  # beside a run's settings; empty for the notebook's split


_WORDS = {
    "notebook": SplitWords(
        train="1 to 7,999",
        valid="8,001 to 9,999",
        on_train="up to 7,999",
        on_valid="from 8,001 on",
        columns=("to 7,999", "from 8,001"),
        no_mistake="Beyond 8,000 it makes no mistake.",
        asked="8,000 is in neither train nor valid: the network reads it and is asked for it like "
        "any other number, but no share counts it.",
        holds="numbers above 8,000",
        note="",
    ),
    "blocks": SplitWords(
        train="all but the blocks",
        valid="held-out blocks",
        on_train="in train",
        on_valid="in the held-out blocks",
        columns=("in train", "held out"),
        no_mistake="In the held-out blocks it makes no mistake.",
        asked="The numbers given are the ones just before, whether or not train holds them.",
        holds="blocks of 20 numbers held out between 1 and 9,999",
        note="blocks held out",
    ),
}


_PLAIN = SplitWords(
    train="the text it learns from",
    valid="the text that tests it",
    on_train="on train",
    on_valid="on valid",
    columns=("on train", "on valid"),
    no_mistake="On valid it makes no mistake.",
    asked="",
    holds="the end of the text",
    note="",
)


def split_words(choice: TextChoice) -> SplitWords:
    """Return the words for the split that a run was trained with."""
    if corpus_of(choice).unit != "numbers":
        return _PLAIN
    return _WORDS[choice.split]


def valid_holds(choice: TextChoice) -> str:
    """Say what valid holds, to follow "valid holds" in a sentence."""
    return split_words(choice).holds
