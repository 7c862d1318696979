"""A user's own text gets the same ids in the browser as in Python, or the same refusal."""

import subprocess
import sys
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from hnviz.browser.form import reading_form
from hnviz.data import CorpusError, TokenStream, kind_of
from hnviz.data.corpora.own import Way, own_corpus
from tests.browser_engine import NODE, answers, arrays_of, needs_node

pytestmark = needs_node

# ruff: noqa: RUF001  the texts need letters that look like others
NUMBERS = " ".join(f"{n} twenty-{n}, Hundred" for n in range(30))
TURKISH = "İstanbul IĞDIR ılık Iİıi " * 4
GREEK = "ΟΔΟΣ ΣΑΣ Σ ΑΣ. ΑΣ\u0301 ΑΣ\u0301Α ΣΣ ΌΣΟΣ’Σ ΑΣ1 " * 3
MARKS = "e\u0301 é n\u0303o a\u200db 👩\u200d👩\u200d👧 🏳️\u200d🌈 👍🏽 ✌️ x\ufe0fy a\u00adb " * 3
DIGITS = "٣٤٥ ४५६ ⅷ ② ½ x² 三千 〇 12_34 _a_ 1,000.5 " * 3
WIDE = "𝒜𝓫𝒸 𐐀𐐁 𠀀𠀁 \U0001e900\U0001e901 🄰🄱 ﬀ ﬁx ẞß ŉa ǅ " * 3
TURNS = "a\u202eb \u2066c\u2069 \u200e\u200f\u061c d e f g h i j k l m n"
SPACES = "a\x1cb\x1dc\x1ed\x1fe\x85f\xa0g\u1680h\u2000i\u2028j\u2029k\u202fl\u205fm\u3000n"
TYPED = "␣ ⏎\n⇥\t a␣b⏎c⇥d e f g h i"
TEXTS = {
    "plain": "It was the best of times, it was the worst of times; xxbos xxunk XXPAD it was.",
    "numbers": NUMBERS,
    "turkish": TURKISH,
    "greek": GREEK,
    "marks": MARKS,
    "digits": DIGITS,
    "wide": WIDE,
    "turns": TURNS,
    "spaces": SPACES,
    "typed": TYPED,
    "prototypes": "__proto__ constructor toString valueOf __proto__ hasOwnProperty a b c d e f",
    "line ends": "a\r\nb\rc\n\rd\r\r\ne \r\n f g h i j k l",
    "spaces around": " \x1c\u2003\ufeff\u200b\n" + "a b c d e f g h i j k l m" + "\x85\u3000\n",
    "byte order mark": "\ufeff\ufeffa b c d e f g h i j k l",
    "one long word": "a" * 200,
    "long words": f"{'é' * 64} {'ü' * 65} {'x' * 129} {'𝒜' * 130} a b c d e f",
    "no space near the cut": "a b " + "x" * 3000,
    "a space 1,000 before the cut": "y" * 1249 + " " + "x" * 1250,
    "a space 1,001 before the cut": "y" * 1248 + " " + "x" * 1251,
    "ties": "b a c b a c d d e e f f a",
    "one word": "hello",
    "nine words": "a b c d e f g h i",
    "ten words": "a b c d e f g h i j",
    "no valid": "a b c d e f g h i jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj",
    "empty": "",
    "only spaces": " \n\t\x1c\u3000",
    "only a byte order mark": "\ufeff",
    "a NUL": "a 𝒜 \0 b",
    "too many tokens": "".join(f"w{n} " for n in range(66_000)),
}
WAYS = (Way(), Way(level="char"), Way(min_count=2, valid=50), Way(level="char", valid=1))


def python(content: bytes, way: Way) -> TokenStream | str:
    try:
        corpus = own_corpus(content, way)
        return TokenStream.from_tokens(corpus.tokens(), corpus.min_count)
    except CorpusError as error:
        return str(error)


def compare(contents: list[bytes], ways: tuple[Way, ...], folder: Any) -> None:
    """Tokenize each text in each way, in Python and in the browser's engine."""
    pairs = [(content, way) for content in contents for way in ways]
    cases = [
        {
            "content": b64encode(content).decode(),
            "way": {"level": way.level, "min_count": way.min_count, "valid": way.valid},
        }
        for content, way in pairs
    ]
    question = {"out": str(folder), "reading": reading_form(), "split": cases}
    (answer,) = answers([question], folder)
    for (content, way), mine in zip(pairs, answer["split"], strict=True):
        said, theirs = f"{content[:60]!r} {way}", python(content, way)
        if isinstance(theirs, str):
            assert mine == {"refused": f"EngineError: {theirs}"}, said
            continue
        assert "refused" not in mine, f"{said}: {mine}"
        ids = arrays_of(mine)
        assert mine["itos"] == list(theirs.vocab.itos), said
        assert ids["train"].tolist() == theirs.train.tolist(), said
        assert ids["valid"].tolist() == theirs.valid.tolist(), said
        assert mine["kinds"] == [kind_of(token) for token in theirs.vocab.itos], said


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_has_pythons_ids(name, tmp_path):
    compare([TEXTS[name].encode()], WAYS, tmp_path)


@pytest.mark.slow
def test_every_character_has_pythons_ids(tmp_path):
    """Alone, within a word and beside a sigma: letters, digits, marks, spaces, all planes."""
    command = [str(NODE), "-p", "process.versions.unicode"]
    known = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if float(known) < float(unicodedata.unidata_version.rpartition(".")[0]):
        pytest.skip(f"node has Unicode {known}, which is older than this Python's")
    compare([text.encode() for text in characters()], WAYS[:2], tmp_path)


CHANGED = {"\u0295"}
"""Letters that a later Unicode version than Python's classifies differently."""


def characters() -> Iterator[str]:
    """Yield texts that contain all characters in this Python's Unicode, 12,000 in each."""
    without = ("Cn", "Co", "Cs")  # unassigned, private use, surrogates
    points = (chr(point) for point in range(1, sys.maxunicode + 1))
    known = [each for each in points if unicodedata.category(each) not in without]
    known = [each for each in known if each not in CHANGED]
    for start in range(0, len(known), 12_000):
        yield " ".join(f"a{each}b {each} Σ{each} {each}Σ" for each in known[start : start + 12_000])


def test_random_texts_have_pythons_ids(tmp_path):
    draw, texts = Random(28), []
    signs = "".join(set("".join(list(TEXTS.values())[:20])) - {"\0"})
    for _ in range(300):
        n = draw.randint(1, 400)
        texts.append("".join(draw.choices(f"{signs}   \n\tabΣ,", k=n)).encode())
    ways = tuple(
        Way(level=level, min_count=draw.randint(1, 3), valid=draw.randint(1, 50))
        for level in ("word", "char")
    )
    compare(texts, ways, tmp_path)


def test_what_python_refuses_is_refused(tmp_path, recorded):
    reading = reading_form()
    ways = [{"level": "bpe"}, {"min_count": 0}, {"min_count": 1.5}, {"valid": 51}]
    content = b64encode(TEXTS["plain"].encode()).decode()
    whole = [{"level": "word", "min_count": 1, "valid": 10, **way} for way in ways]
    cases = [{"content": content, "way": way} for way in whole]
    bad = [b64encode(each).decode() for each in (b"a \xff b", b"\xed\xa0\x80", b"a" * 5_000_001)]
    cases += [{"content": each, "way": whole[0]} for each in bad]
    question = {"out": str(tmp_path), "reading": reading, "split": cases}
    (answer,) = answers([question], tmp_path)
    utf_8 = (8, 8)  # the name has a number
    wanted = [(), (1, 1_000, 0), (1, 1_000, 1.5), (1, 50, 51), utf_8, utf_8, (5, 5.0)]
    for each, numbers in zip(answer["split"], wanted, strict=True):
        recorded(each["refused"].removeprefix("EngineError: "), *numbers)
