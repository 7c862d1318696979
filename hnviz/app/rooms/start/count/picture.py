"""The count: what a network says after three numbers, and how often that is right."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from hnviz.app.kit.picture import Ask, Example, Picture, Place, ask
from hnviz.app.rooms.start.count.words import (
    GIVEN,
    SAYS,
    heading,
    shares_sentence,
    side,
    verdict,
    words,
)
from hnviz.data import Corpus, TextChoice, corpus_of, kind_in
from hnviz.data.corpora import BUILT_IN
from hnviz.data.numbers import LAST_NUMBER, PLACES
from hnviz.data.stream import SPLITS
from hnviz.figures.offers import without_numbers
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View
from hnviz.web.http import Refusal

FIRST, LAST = GIVEN, LAST_NUMBER - SAYS
ASKED = {"given": GIVEN, "n": SAYS}
TRIED = (4318, 3498, 5997, 8316)
MOST_WORDS = 7  # as many as a human number has; an untrained network says one over and over
COMPANIONS = {"inside": 3498, "beyond": 8316}  # counted beside a number from the other side


def _count(look: Look) -> Reply:
    """Return what the network says after `number`, word by word, and how that went."""
    number, config = look.params["number"], look.run.record.config
    read = corpus_of(config)
    if read.spell is None:
        raise Refusal(without_numbers(config))
    told = look.ask("count_on", {"number": number, **ASKED}).meta
    meta = {
        "heading": heading(number, config),
        "given": ", ".join(read.joined(read.spell(each)) for each in told["given"]),
        "lines": [_line(each, read) for each in told["said"]],
        "verdict": verdict(told["said"], read.spell),
        "kinds": read.has_digits,
        "level": read.level,
    }
    return Reply({}, meta)


def _room(read: Corpus) -> int:
    """Return how many tokens of a number are shown: one more than the longest true one has."""
    return _longest(read.id) + 1 if read.id in BUILT_IN else MOST_WORDS


@cache
def _longest(corpus_id: str) -> int:
    spell = BUILT_IN[corpus_id].spell
    return max(len(spell(number)) for number in range(1, LAST_NUMBER + 1)) if spell else 0


def _line(each: Mapping[str, Any], read: Corpus) -> dict[str, Any]:
    """Return one number as it was said; a word is [word, kind, probability, whether it is right].

    A word beyond the true number's is wrong. "more" is how many words were left out.
    """
    truth, room = read.spell(each["truth"]) if read.spell else (), _room(read)
    pairs = list(zip(words(each), each["probabilities"], strict=False))
    said = [
        (word, _kind(word, read), round(probability, 4), truth[place : place + 1] == (word,))
        for place, (word, probability) in enumerate(pairs[:room])
    ]
    more = max(0, len(pairs) - room)
    return {"number": f"{each['truth']:,}", "words": said, "right": each["right"], "more": more}


def _kind(word: str, read: Corpus) -> str:
    kind = kind_in(read)(word)
    return "place" if kind in PLACES else kind


def _shares(look: Look) -> Reply:
    """Say how often a number is right, on both sides of what was read."""
    told, record = look.ask("counting_accuracy", {"given": GIVEN}).meta, look.run.record
    shares = {split: told[split] for split in SPLITS}
    # While a run trains this follows it slowly: say of which step it is.
    step = None if look.run.shipped and look.step == record.step else look.step
    return Reply({}, shares, shares_sentence(told["train"], told["valid"], record.config, step))


COUNT_VIEW = View("start_count", {"number": Param("int", low=FIRST, high=LAST)}, _count)
SHARES_VIEW = View("start_shares", {}, _shares, slow=True)


def _named(name: str, number: int) -> Ask:
    return replace(ask(COUNT_VIEW, number=number), name=name)


def _example(number: int, chosen: str) -> Example:
    numbers = {**COMPANIONS, chosen: number}
    asks = [_named(name, each) for name, each in numbers.items()]
    return Example("Model5", asks, {"chosen": chosen, "turn": 0})


EXAMPLES = {
    "ready": _example(3498, "inside"),
    "long": _example(7888, "inside"),  # each number has seven words
}

COUNT = Picture(
    __file__,
    Place("start_count", "303px", "829px"),
    views=(COUNT_VIEW, SHARES_VIEW),
    silent=True,
    examples=EXAMPLES,
)


def two_counts(key: str, run: str, text: TextChoice, number: int, turn: int) -> None:
    """Draw a number's count beside one from the other side of what was read.

    `turn` is how often the reader has asked for it: a new one plays the words again.
    """
    chosen = side(number, text)
    numbers = {**COMPANIONS, chosen: number}
    COUNT(
        key=key,
        run=run,
        asks=[_named(name, each) for name, each in numbers.items()],
        settings={"chosen": chosen, "turn": turn},
    )
