"""The Data page's control: the reader's own sentence, in words or digits."""

from hnviz.app.kit.fields.picture import controls, remark, text, wrong
from hnviz.app.run.own_text import MANY, OWN
from hnviz.app.shell import session as state
from hnviz.data import TextChoice, corpus_of, stream_of
from hnviz.data.phrase import example
from hnviz.data.tokens import UNK
from hnviz.figures.sentences import OwnTokens, own_tokens

EXAMPLE = "three thousand forty five, three thousand forty six"
"""What the line shows while the box is empty; written in the box, it would give the words away."""
RANGE = "3045 to 3046"  # the same in any language of numbers
MOST_CHARACTERS = 2_000
_KEY, _ROW = "data_sentence", "data_sentence_row"
_GOOD = "data_good"  # the last sentence that could be read, and the text it belongs to
_WHAT = {
    True: (
        "Words or digits, such as 8045, 8046",
        "Type numbers in words or digits, or a range: 4318 to 4324. Any word that is not in "
        "the vocabulary becomes xxunk. To have another text read, choose it as Text.",
    ),
    False: (
        "Words of the text",
        "Type words as the text has them. A token that is not in the vocabulary becomes xxunk. To "
        "have another text read, choose it as Text.",
    ),
}
"""What the box asks for, and its help: of a corpus of numbers, and of another."""


def own_sentence(choice: TextChoice) -> OwnTokens:
    """Draw the box; return its tokens, or those of the last text that could be read."""
    read, vocab = corpus_of(choice), stream_of(choice).vocab
    wanted, explained = _WHAT[read.unit == "numbers"]
    start = EXAMPLE if read.has_digits else example(choice, RANGE)
    of = (choice.corpus, choice.split)
    with controls(_ROW):
        typed = text("A sentence in the words of this text", _KEY, "", empty=wanted, help=explained)
        try:
            said = own_tokens(typed[:MOST_CHARACTERS] if typed.strip() else start, vocab, read)
        except ValueError as error:
            wrong(_KEY, f"{error} The picture still shows the last text.")
            before, good = state.get(_GOOD, (None, None))
            return good if before == of else own_tokens(start, vocab, read)
        state.put(_GOOD, (of, said))
        remark(_KEY, _unknown(said))
        if len(typed) > MOST_CHARACTERS:
            n = f"{len(typed):,}"
            wrong(_KEY, f"Only the first {MOST_CHARACTERS:,} of {n} characters are shown.")
    return said


def _unknown(said: OwnTokens) -> str:
    """Say how another text is read, if much of this one is not in the vocabulary; "" if not."""
    n, unknown = len(said.tokens) - 1, said.tokens.count(UNK)
    if unknown < MANY * n:
        return ""
    return (
        f"{unknown:,} of these {n:,} tokens are not in this text, so they become {UNK}. To have "
        f"your own text read, choose “{OWN}” as Text."
    )
