"""fast.ai's human numbers."""

from hnviz.data.corpora.value import Corpus, Tokens
from hnviz.data.english import human_numbers, number_words
from hnviz.data.splits import WAYS, numbers_split
from hnviz.data.tokens import tokenize


def _make(way: str) -> Tokens:
    numbers = numbers_split(way)
    texts = human_numbers(numbers.of("train").tolist(), numbers.of("valid").tolist())
    return Tokens(tokenize(texts.train), tokenize(texts.valid))


HUMAN_NUMBERS = Corpus(
    id="human_numbers",
    title="Human numbers",
    description="The numbers 1 to 9,999 in English words, with commas between them.",
    make=_make,
    tokenize=lambda text: tokenize(text)[1:],
    ways=WAYS,
    unit="numbers",
    has_digits=True,
    spell=lambda number: tuple(number_words(number).split()),
)
