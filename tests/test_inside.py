"""What pages say of answers by kind and of the counting map: from figures typed by hand."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from hnviz.app.rooms.train.inside.topic import Kinds
from hnviz.app.rooms.train.inside.worst import worst_html, worst_sentence
from hnviz.config import RunConfig
from hnviz.data import KINDS
from hnviz.events import EpochEnd, KindFigures
from hnviz.figures.counting import MapFigures, map_headline, map_sentence, number_card, prompt_note
from hnviz.figures.inside import MOST_EPOCHS, counted_steps, epochs_by_kind
from hnviz.figures.theme import theme
from hnviz.runs import RunRecord
from hnviz.web.state import CurrentRun
from tests.sentences import Recorded


def epoch(number: int, **kinds: KindFigures) -> EpochEnd:
    return EpochEnd(
        epoch=number,
        step=(number + 1) * 40,
        train_loss=2.0,
        valid_loss=1.5,
        accuracy=0.75,
        train_accuracy=0.9,
        seconds=1.0,
        train_kinds=kinds,
        valid_kinds={**kinds, "special": KindFigures(1, 0, 9.0)} if kinds else {},
    )


def record(n_epochs: int, snapshots: tuple[int, ...] = (), planned: int = 10) -> RunRecord:
    ones = KindFigures(20, 15, 12.3456789)
    return RunRecord(
        id="a",
        config=RunConfig.for_model("Model5", epochs=planned),
        epochs=tuple(epoch(number, ones=ones) for number in range(n_epochs)),
        snapshots=snapshots,
    )


def test_epochs_are_packed_kind_by_kind() -> None:
    data = epochs_by_kind(record(2))
    assert (
        data["kinds"] == list(KINDS[:6])
        and data["planned"] == 10
        and data["special"] == {"train": 0, "valid": 1}
    )
    assert [each["step"] for each in data["epochs"]] == [40, 80]
    first = data["epochs"][0]
    assert (first["epoch"], first["accuracy"], first["loss"]) == (1, 0.75, 1.5)
    assert first["train"] == first["valid"]
    assert first["valid"] == [[0, 0, 0.0]] * 5 + [[20, 15, 12.3457]]


def test_a_run_of_before_is_packed_as_nothing() -> None:
    old = RunRecord(id="a", config=RunConfig.for_model("Model5"), epochs=(epoch(0),))
    assert epochs_by_kind(old)["epochs"] == []


def test_a_long_run_is_thinned_and_keeps_its_last_epoch() -> None:
    shown = epochs_by_kind(record(250, planned=250))["epochs"]
    assert len(shown) <= MOST_EPOCHS + 1
    assert shown[-1]["epoch"] == 250
    steps = [
        [epoch["step"] for epoch in epochs_by_kind(record(n, planned=250))["epochs"]]
        for n in range(1, 250)
    ]
    for before, after in pairwise(steps):
        assert before[:-1] == after[: len(before) - 1]  # only the last one makes way


def kinds_of(n_epochs: int, **changes: object) -> dict:
    run = replace(record(n_epochs, snapshots=(0, 40, 80, 120)), **changes)
    return dict(Kinds().draw(CurrentRun(run, "running"), {}))


def test_only_the_epochs_that_are_new_travel() -> None:
    topic, first, second = Kinds(), kinds_of(1), kinds_of(3)
    news, has = topic.news(first, None)
    assert news["keep"] == 0 and news["epochs"] == first["epochs"]
    assert news["kinds"] == list(KINDS[:6]) and news["model"] == "Model5" and news["live"]
    assert topic.news(first, has) == (None, has)
    news, has = topic.news(second, has)
    assert news["keep"] == 1 and news["epochs"] == second["epochs"][1:]
    assert news["counted"] == [120, 80, 40, 0]
    for garbage in (7, [], {"epochs": 5}, {"rest": "x", "epochs": "not a hash"}):
        assert topic.news(second, garbage)[0]["keep"] == 0


def test_epochs_that_a_resumed_run_dropped_and_made_again_travel_again() -> None:
    topic = Kinds()
    _, has = topic.news(kinds_of(3), None)
    news, has = topic.news(kinds_of(1), has)
    assert (news["keep"], news["epochs"]) == (1, [])
    again = kinds_of(
        2,
        epochs=(
            epoch(0, ones=KindFigures(20, 15, 12.3456789)),
            epoch(1, ones=KindFigures(20, 16, 9.0)),
        ),
    )
    _, had = topic.news(kinds_of(3), None)
    news, _ = topic.news(again, had)
    assert news["keep"] == 1 and news["epochs"] == again["epochs"][1:]


def test_a_run_without_an_epoch_has_nothing_to_count() -> None:
    assert kinds_of(0)["counted"] == [] and kinds_of(0)["epochs"] == []


def test_few_snapshots_are_counted_and_a_live_runs_stay() -> None:
    ends = tuple(range(0, 1001, 40))
    assert counted_steps(record(10, ends), live=False) == [*range(400, -1, -40)]
    planned = record(25, ends, planned=25)  # every third epoch, and the last
    assert counted_steps(planned, live=False) == [1000, *range(960, 0, -120), 0]
    live = [set(counted_steps(record(n, ends, planned=25), live=True)) for n in range(26)]
    assert all(before <= after for before, after in pairwise(live))
    assert live[25] == {*range(0, 961, 120)}
    assert counted_steps(record(3), live=False) == []


def figures(given: int = 3) -> MapFigures:
    """2 and 7999 are right; 3 and 8001 go wrong at the first word, 8000 and 9999 later."""
    return MapFigures(
        given,
        number=np.array([2, 3, 7999, 8000, 8001, 9998, 9999]),
        right=np.array([True, False, True, False, False, True, False]),
        first_wrong=np.array([-1, 0, -1, 1, 0, -1, 2]),
        alone=np.array([False, False, False, True, True, False, True]),
    )


def test_the_maps_sentence_has_its_own_numbers(recorded: Recorded) -> None:
    recorded(
        map_sentence("Model5 after 400 steps", figures()),
        400,
        2,
        3,
        7_999,
        1,
        3,
        8_001,
        2,
        8_001,
        1,
        1,
        3,
    )
    assert map_sentence("Model5", figures(1)).startswith("Given the one number before, ")
    assert "1 has none and is not asked)" in prompt_note(1)
    assert "2 has fewer" in prompt_note(2) and "2 to 5 have fewer" in prompt_note(5)


def test_the_shares_leave_8000_out() -> None:
    assert figures().shares == (2 / 3, 1 / 3)


def test_each_square_is_right_or_its_first_wrong_word() -> None:
    places = figures().places
    assert places.dtype == np.int8 and len(places) == 10_000
    assert [places[n] for n in (1, 2, 3, 7999, 8000, 8001, 9999)] == [-2, -1, 0, -1, 1, 0, 2]
    assert (places == -2).sum() == 10_000 - 7


@pytest.mark.parametrize(
    ("right", "first_wrong", "up_to", "beyond", "first_word"),
    [
        # 2 of 3 to 7,999; beyond, one of two mistakes has nothing wrong but its first word
        ([True, False, True, False, False, True, False], [-1, 0, -1, 1, 0, -1, 2],
         66.7, 33.3, [50]),
        ([False] * 7, [3] * 7, 0, 0, []),
        ([True] * 7, [-1] * 7, 100, 100, []),
    ],
)  # fmt: skip
def test_the_maps_headline_has_at_most_twenty_words(
    right: list[bool],
    first_wrong: list[int],
    up_to: float,
    beyond: float,
    first_word: list[int],
    recorded: Recorded,
) -> None:
    given = figures()
    found = MapFigures(3, given.number, np.array(right), np.array(first_wrong), given.alone)
    headline = map_headline(found)
    recorded(headline, up_to, 7_999, beyond, 8_001, *first_word)
    assert len(headline.split()) <= 20


CARD = {
    "given": [8316],
    "truth": [("eight", 0.01), ("thousand", 1.0), ("ten", 0.9), (",", 1.0)],
    "said": [("two", 0.4), ("thousand", 0.8), ("ten", 0.9), (",", 1.0)],
    "right": False,
    "asked": 0,
    "best": [("two", 0.4), ("<b>", 0.3), ("one", 0.2), ("eight", 0.01)],
}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_numbers_card_marks_the_wrong_word(mode: str, recorded: Recorded) -> None:
    card = number_card(8317, CARD, theme(mode))
    assert "<h3>8,317 " in card and "after 8,316" in card
    assert card.count("✗ two") == 1 and "✗ thousand" not in card
    assert "The four most probable first words" in card and "&lt;b&gt;" in card
    right = CARD | {"said": CARD["truth"], "right": True, "asked": 2}
    recorded(number_card(8317, right, theme(mode)), part="The four most probable words")


def test_the_worst_places_show_what_was_said(recorded: Recorded) -> None:
    meta = {"n": 20, "right": 15, "mixed": [("eight", "two", 5)], "places": []}
    recorded(worst_sentence(meta, "ones", "valid after step 40"), 15, 20, 40, 5)
    place = {"position": 3, "before": ["one", ","], "truth": "two", "after": [","], "said": "<i>",
             "p_truth": 1e-7, "p_said": 0.9, "loss": 16.1}  # fmt: skip
    html = worst_html([place], theme("light"))
    assert "✗ said “&lt;i&gt;” 90 %" in html and "“two” < 0.0001 %" in html and "loss 16.10" in html
