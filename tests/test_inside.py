"""What pages say of answers by kind and of the counting map: from figures typed by hand."""

import threading
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from hnviz.app.kit.asking import Asker, Wanted
from hnviz.app.rooms.train.inside import worst_html, worst_sentence
from hnviz.config import RunConfig
from hnviz.data import KINDS
from hnviz.events import EpochEnd, KindFigures
from hnviz.figures.counting import (
    MapFigures,
    given_table,
    map_sentence,
    number_card,
    prompt_note,
)
from hnviz.figures.inside import MOST_EPOCHS, counted_steps, epochs_by_kind
from hnviz.figures.theme import theme
from hnviz.runs import RunRecord


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
    assert (first["epoch"], first["accuracy"], first["loss"]) == (0, 0.75, 1.5)
    assert first["train"] == first["valid"]
    assert first["valid"] == [[0, 0, 0.0]] * 5 + [[20, 15, 12.3457]]


def test_a_run_of_before_is_packed_as_nothing() -> None:
    old = RunRecord(id="a", config=RunConfig.for_model("Model5"), epochs=(epoch(0),))
    assert epochs_by_kind(old)["epochs"] == []


def test_a_long_run_is_thinned_and_keeps_its_last_epoch() -> None:
    shown = epochs_by_kind(record(250, planned=250))["epochs"]
    assert len(shown) <= MOST_EPOCHS
    assert shown[-1]["epoch"] == 249


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


def test_the_maps_sentence_has_its_own_numbers() -> None:
    assert map_sentence("Model5 after 400 steps", figures()) == (
        "Given the three numbers before, Model5 after 400 steps says the next one right for **2** "
        "of 3 numbers up to 7,999, and for **1** of 3 from 8,001 on. Of its 2 mistakes there, "
        "**1** start at the first word and **1** have nothing else wrong."
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


def test_the_table_marks_what_is_shown_and_waits_for_the_rest() -> None:
    assert given_table({1: (0.66, 0.003), 3: None}, 3) == [
        ["1", "0.660", "0.003"],
        ["3 ◂", "…", "…"],
    ]


CARD = {
    "given": [8316],
    "truth": [("eight", 0.01), ("thousand", 1.0), ("ten", 0.9), (",", 1.0)],
    "said": [("two", 0.4), ("thousand", 0.8), ("ten", 0.9), (",", 1.0)],
    "right": False,
    "asked": 0,
    "best": [("two", 0.4), ("<b>", 0.3), ("one", 0.2), ("eight", 0.01)],
}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_numbers_card_marks_the_wrong_word(mode: str) -> None:
    card = number_card(8317, CARD, theme(mode))
    assert "<h3>8,317 " in card and "after 8,316" in card
    assert card.count("✗ two") == 1 and "✗ thousand" not in card
    assert "first word: its four best" in card and "&lt;b&gt;" in card
    right = CARD | {"said": CARD["truth"], "right": True, "asked": 2}
    assert "word 3, for “ten”, the least sure" in number_card(8317, right, theme(mode))


def test_the_worst_places_show_what_was_said() -> None:
    meta = {"n": 20, "right": 15, "mixed": [("eight", "two", 5)], "places": []}
    assert worst_sentence(meta, "ones", "valid after step 40") == (
        "**15** of 20 words one to nine are right on valid after step 40. Most often it says “two” "
        "for “eight” 5 times."
    )
    place = {"position": 3, "before": ["one", ","], "truth": "two", "after": [","], "said": "<i>",
             "p_truth": 1e-7, "p_said": 0.9, "loss": 16.1}  # fmt: skip
    html = worst_html([place], theme("light"))
    assert "✗ said “&lt;i&gt;” 0.900" in html and "1e-07" in html and "loss 16.10" in html


def test_the_asker_asks_once_one_at_a_time_newest_first() -> None:
    asked, gate, at_once = [], threading.Event(), [0]

    def ask(run_id: str, step: int, question: str, params: dict) -> tuple[object, str | None]:
        at_once.append(at_once[-1] + 1)
        gate.wait(10)
        asked.append(step)
        at_once.append(at_once[-1] - 1)
        if step == 3:
            return None, "the snapshot is damaged"
        return SimpleNamespace(meta={"step": step, **params}), None

    asker = Asker(ask)
    wanted = [Wanted("a", step, "q", (("given", 3),)) for step in (9, 6, 3)]
    assert asker.look(wanted) == ({}, 3, None)
    asker.look(wanted)
    gate.set()
    done = threading.Event()
    for _ in range(500):
        found = asker.look(wanted)
        if not found.lacking:
            break
        done.wait(0.02)
    assert asked[0] == 9 and sorted(asked) == [3, 6, 9] and max(at_once) == 1
    assert found.known == {w: {"step": w.step, "given": 3} for w in wanted[:2]}
    assert found.trouble == "the snapshot is damaged"
