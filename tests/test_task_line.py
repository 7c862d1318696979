"""A line of a task: what each place needs, against a search through all that could have come."""

from itertools import product

import numpy as np
import pytest

from hnviz.app.rooms.data.guess.picture import AT, task_settings
from hnviz.figures.automaton import MOST, graph
from hnviz.figures.task_text import needs_sentence, why_sentence
from hnviz.tasks.bounds import statement_of
from hnviz.tasks.cycle import Cycle
from hnviz.tasks.excerpt import FARTHEST, LENGTH, SHOWN, Token, excerpt
from hnviz.tasks.machine import Machine
from hnviz.tasks.task import TASKS, TaskStream

SMALL = {
    "count": {"digits": 2},
    "roman": {"last": 60},
    "dates": {"years": 1},
    "dyck": {"depth": 2},
    "copy": {"symbols": 2, "length": 2, "delay": 1},
    "recall": {"symbols": 3, "gap": 2},
    "parity": {"every": 4},
    "periodic": {},
    "regular": {},
}


def can_follow(machine: Machine, tokens: list[str]) -> set[int]:
    """The states that some state reaches by writing these tokens."""
    found = set()
    for start in range(machine.n_states):
        here: int | None = start
        for token in tokens:
            number = machine.tokens.index(token)
            here = None if machine.move[here, number] < 0 else int(machine.move[here, number])
            if here is None:
                break
        if here is not None:
            found.add(here)
    return found


def is_clear(source: Machine | Cycle, tokens: list[str]) -> bool:
    """Whether one token is a best guess wherever these tokens may have led."""
    if isinstance(source, Cycle):
        text = [source.tokens[token] for token in source.ids]
        n, k = len(text), len(tokens)
        after = {
            text[start]
            for start in range(n)
            if all(text[(start - k + step) % n] == tokens[step] for step in range(k))
        }
        return len(after) == 1
    best = [set(np.flatnonzero(source.best[each])) for each in can_follow(source, tokens)]
    return bool(set.intersection(*best))


@pytest.mark.parametrize("name", TASKS)
def test_a_place_needs_the_fewest_tokens_that_leave_one_best_guess(name):
    stream = TaskStream.of(name, SMALL[name])
    shown = excerpt(stream)
    tokens = [each.token for each in shown.places]
    looked_at = 0
    for at, place in enumerate(shown.places):
        if place.needed is None or place.needed > at:
            continue
        looked_at += 1
        assert is_clear(stream.source, tokens[at - place.needed : at])
        if place.needed:
            assert not is_clear(stream.source, tokens[at - place.needed + 1 : at])
    assert looked_at > LENGTH / 3


@pytest.mark.parametrize("name", TASKS)
def test_a_line_shows_first_what_needs_most(name):
    stream = TaskStream.of(name, {})
    shown, context = excerpt(stream), statement_of(name, {}).context
    assert len(shown.places) == LENGTH and shown.at <= SHOWN
    first = shown.places[shown.at]
    assert first.token in first.guesses and len(first.guesses) == 1
    assert first.needed is not None and first.needed <= shown.at, "the line holds what it needs"
    if context is not None:
        assert max(each.needed or 0 for each in shown.places) <= context
        assert first.needed == context, "each default task has a place that needs all of it"
    else:
        assert first.needed > 8


def test_a_line_is_a_stretch_of_the_text():
    stream = TaskStream.of("recall", {})
    text, tokens = stream.texts()[0], [each.token for each in excerpt(stream).places]
    assert any(text[at : at + LENGTH] == tokens for at in range(300))


def test_a_guess_has_the_chance_that_the_generator_gives_it():
    stream = TaskStream.of("recall", {})
    machine = stream.source
    for place in excerpt(stream).places:
        chances = dict(zip(machine.tokens, machine.chance[place.state], strict=True))
        assert all(chances[guess] == pytest.approx(place.chance) for guess in place.guesses)
        assert place.chance == pytest.approx(max(chances.values()))
        assert chances[place.token] > 0


def test_what_lies_too_far_back_is_not_known():
    far = excerpt(TaskStream.of("recall", {"gap": 100}))
    assert far.places[far.at].needed is None
    assert {each.needed for each in far.places} <= {*range(FARTHEST + 1), None}


# --- automata -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dyck", "parity", "periodic", "regular"])
def test_a_small_task_is_drawn_with_all_its_moves(name):
    source = TaskStream.of(name, {}).source
    drawn = graph(source)
    assert drawn is not None and len(drawn.nodes) <= MOST
    places = {(node.x, node.y) for node in drawn.nodes}
    assert len(places) == len(drawn.nodes), "no two states are at one place"
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in places)
    if isinstance(source, Cycle):
        wanted = {(at, (at + 1) % 6, source.tokens[token]) for at, token in enumerate(source.ids)}
    else:
        pairs = product(range(source.n_states), enumerate(source.tokens))
        wanted = {
            (here, int(source.move[here, number]), token)
            for here, (number, token) in pairs
            if source.move[here, number] >= 0
        }
    moves = [(each.start, each.end, token) for each in drawn.arrows for token in each.tokens]
    assert set(moves) == wanted and len(moves) == len(wanted)
    for state in range(len(drawn.nodes)):
        leaving = [each for each in drawn.arrows if each.start == state]
        assert sum(sum(each.chances) for each in leaving) == pytest.approx(1)
        assert all(len(each.chances) == len(each.tokens) for each in leaving)


def test_states_have_the_names_of_the_table_and_say_what_they_remember():
    reber = graph(TaskStream.of("regular", {}).source)
    assert [node.name for node in reber.nodes] == [*"01234567"[:4], "4", "5", "6", "7"]
    assert [node.name for node in reber.nodes if node.ends] == ["7"]
    names = {node.name for node in graph(TaskStream.of("parity", {}).source).nodes}
    assert names == {"even", "odd", "even ?", "odd ?"}
    brackets = graph(TaskStream.of("dyck", {"depth": 2}).source)
    assert {node.name for node in brackets.nodes} == {"none", "(", "[", "((", "([", "[(", "[["}


def test_a_large_machine_is_not_drawn():
    assert graph(TaskStream.of("recall", {}).source) is None
    assert graph(TaskStream.of("count", {}).source) is None


@pytest.mark.parametrize(
    ("needed", "guesses", "chance", "asked", "known"),
    [
        (8, "b", 1.0, (8,), ()),
        (1, "b", 1.0, (), ()),
        (None, "b", 1.0, (64,), ()),
        (13, "b", 1.0, (13,), ()),
        (2, "]", 0.5, (2,), (50,)),
        (0, "b", 1.0, (), ()),
        (1, "a", 0.9996, (), (99.9,)),
        (2, "abcd", 0.25, (2,), (25,)),
        (0, "ab", 0.5, (), (50,)),
        (1, "abcdefgh", 0.125, (), (8, 12)),
    ],
)
def test_a_place_says_how_far_back_what_decides_it_lies(
    needed, guesses, chance, asked, known, recorded
):
    place = Token(guesses[0], needed, tuple(guesses), chance, 0)
    recorded(needs_sentence(place, 12), *asked)
    recorded(why_sentence(place), *known)


@pytest.mark.parametrize("name", TASKS)
def test_the_token_and_others_of_the_task_are_offered(name):
    stream = TaskStream.of(name, SMALL[name])
    settings, shown = task_settings(stream), excerpt(stream)
    assert len(settings["words"]) == len(settings["guesses"]) == len(settings["needed"]) == LENGTH
    assert AT.low <= settings["at"] <= AT.high == LENGTH - 1
    for place, (choices, *_) in zip(shown.places, settings["guesses"], strict=True):
        assert place.token in choices and len(choices) <= 4
        assert set(choices) <= set(stream.source.tokens)


def test_what_may_answer_is_offered(recorded):
    """The last tokens leave it open between the letters, so that none of them is given away."""
    settings = task_settings(TaskStream.of("recall", {}))
    choices, why, asked = settings["guesses"][settings["at"]]
    assert set(choices) == set("abcd")
    recorded(f"{asked} {why}", 8, 134, 540)
    recorded(" ".join(settings["guesses"][0][1:]), 25, 1_060, 20_000, 2)
