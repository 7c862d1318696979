"""The numbers 1 to 9,999: fast.ai's, and in other languages as num2words spells them.

If words repeat, a token is a word. If each number is a single word, as in German, a token is a
character: a network could learn nothing from 9,999 different words.
"""

from collections.abc import Callable
from functools import cache, partial

from hnviz.data.corpora.base import Corpus, Tokens
from hnviz.data.numbers import LAST_NUMBER, WAYS, human_numbers, number_words, numbers_split
from hnviz.data.tokens import BOS, COMMA, tokenize


def _human(way: str) -> Tokens:
    numbers = numbers_split(way)
    texts = human_numbers(numbers.of("train").tolist(), numbers.of("valid").tolist())
    return Tokens(tokenize(texts.train), tokenize(texts.valid))


HUMAN_NUMBERS = Corpus(
    id="human_numbers",
    title="Human numbers",
    description="The numbers 1 to 9,999 in English words, with commas between them.",
    make=_human,
    tokenize=lambda text: tokenize(text)[1:],
    ways=WAYS,
    unit="numbers",
    has_digits=True,
    spell=lambda number: tuple(number_words(number).split()),
)


_WORDS = {
    "fr": ("French", "98 is “quatre-vingt-dix-huit”: four twenties, ten and eight."),
    "en": ("English with “and”", "It says “two hundred and two”; the lesson's text has no “and”."),
    "eo": ("Esperanto", ""),
    "id": ("Indonesian", ""),
    "vi": ("Vietnamese", ""),
    "es": ("Spanish", ""),
    "ru": ("Russian", ""),
    "pl": ("Polish", ""),
    "cs": ("Czech", ""),
    "pt": ("Portuguese", ""),
    "da": (
        "Danish",
        "98 is “otteoghalvfems”: eight and half the fifth twenty, "
        "8 + 4.5 \N{MULTIPLICATION SIGN} 20.",
    ),
}
_CHARACTERS = {
    "de": ("German", "Each number is one word, and the ones come before the tens."),
    "nl": ("Dutch", "Each number is one word, and the ones come before the tens."),
    "it": ("Italian", "Each number is one word."),
    "tr": ("Turkish", "Each number is one word."),
    "ja": ("Japanese", "Each number is written without spaces, with a sign for each power of ten."),
}


@cache
def spelled(language: str) -> tuple[tuple[str, ...], ...]:
    """Return the tokens of each number from 1 to 9,999, without commas."""
    from num2words import num2words  # slow to load, and few runs need it

    numbers = (num2words(number, lang=language) for number in range(1, LAST_NUMBER + 1))
    if language in _CHARACTERS:
        return tuple(tuple("".join(words.lower().split())) for words in numbers)
    # English writes a comma inside a number, but here a comma ends it.
    return tuple(tuple(words.lower().translate(_BLANKS).split()) for words in numbers)


_BLANKS = str.maketrans("-,", "  ")


def _make(language: str, way: str) -> Tokens:
    numbers = numbers_split(way)
    return Tokens(*(_listed(language, numbers.of(text).tolist()) for text in ("train", "valid")))


def _listed(language: str, numbers: list[int]) -> list[str]:
    known = spelled(language)
    tokens = [token for number in numbers for token in (*known[number - 1], COMMA)]
    return [BOS, *tokens[:-1]]


def _characters(text: str) -> list[str]:
    return list("".join(text.lower().split()))


def _words(text: str) -> list[str]:
    return tokenize(text.replace("-", " "))[1:]


def _spell(language: str, number: int) -> tuple[str, ...]:
    if not 1 <= number <= LAST_NUMBER:
        raise ValueError(f"number must be from 1 to {LAST_NUMBER}, got {number}")
    return spelled(language)[number - 1]


def _corpus(language: str, name: str, remark: str) -> Corpus:
    level, tokenizer = _LEVELS[language in _CHARACTERS]
    return Corpus(
        id=f"numbers-{language}",
        title=f"Numbers in {name}",
        description=f"The numbers 1 to 9,999 in {name}, with commas between them. {remark}".strip(),
        make=partial(_make, language),
        tokenize=tokenizer,
        level=level,
        ways=WAYS,
        unit="numbers",
        spell=partial(_spell, language),
    )


_LEVELS: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
    ("word", _words),
    ("char", _characters),
)

LANGUAGES = tuple(_corpus(language, *about) for language, about in (_WORDS | _CHARACTERS).items())
