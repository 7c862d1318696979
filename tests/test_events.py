"""Events survive a line of JSON, and what is no event is named."""

import json
import time
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnviz.events import (
    BatchEnd,
    Ended,
    EpochEnd,
    Event,
    KindFigures,
    Resumed,
    RunStarted,
    SnapshotSaved,
    TrainPass,
    diverged,
    failed,
    finished,
    stopped,
)
from hnviz.runs.events import decode, encode
from tests.sentences import refusal

EXAMPLES: list[Event] = [
    RunStarted(n_batches=40, n_steps=400, n_weights=9999, device="cpu", time=1.5),
    BatchEnd(step=0, loss=3.7, smooth_loss=3.7, accuracy=0.25, lr=1e-4, momentum=0.95),
    EpochEnd(
        epoch=0,
        step=40,
        train_loss=3.0,
        valid_loss=2.9,
        accuracy=0.2,
        train_accuracy=0.1,
        seconds=0.7,
    ),
    TrainPass(step=40, loss=2.5, accuracy=0.3, kinds={"ones": KindFigures(3, 1, 5.5)}),
    SnapshotSaved(step=40),
    Resumed(resumed_at=20, time=2.5),
    Ended(status="finished", step=400, message="All 10 epochs are done.", time=3.5),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_round_trip(event):
    line = encode(event)
    assert json.loads(line)["event"] == event.kind
    assert decode(line) == event


def test_a_pre_trained_run_has_as_many_digits_as_are_asked_for():
    event = TrainPass(
        step=1234, loss=1 / 3, accuracy=0.5, kinds={"ones": KindFigures(3210, 9, 2 / 3)}
    )
    told = decode(encode(event, digits=3))
    rounded = {"ones": KindFigures(3210, 9, 0.667)}
    assert told == TrainPass(step=1234, loss=0.333, accuracy=0.5, kinds=rounded)


def test_every_kind_is_tried():
    kinds = [event.kind for event in EXAMPLES]
    assert len(set(kinds)) == len(get_args(Event)) == len(kinds)


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE, FINITE)
def test_floats_survive_exactly(loss, lr):
    event = BatchEnd(step=1, loss=loss, smooth_loss=loss, accuracy=0.5, lr=lr, momentum=0.9)
    assert decode(encode(event)) == event


@pytest.mark.parametrize("values", [{}, {"event": None}, {"event": [1]}, {"event": 3}, [], 3, ""])
def test_no_event(values):
    with pytest.raises(ValueError, match=r"^it is not an event$"):
        decode(json.dumps(values).encode())


@pytest.mark.parametrize(
    "values",
    [
        {"event": "snapshot"},
        {"event": "snapshot", "step": 1, "size": 2},
        {"event": "resumed", "time": 1.5, "at": 20},
        {"event": "snapshot", "x" * 300: 1},
        {"event": "t" * 100},
    ],
)
def test_wrong_fields_are_named_in_order_and_cut_short(values, recorded):
    recorded(refusal(ValueError, decode, json.dumps(values).encode()))


ENDED = {"event": "ended", "status": "stopped", "step": 1, "message": "", "time": 1.5}


@pytest.mark.parametrize(
    ("values", "numbers"), [(ENDED | {"status": "odd"}, ()), (ENDED | {"status": 5}, (5,))]
)
def test_a_value_that_a_field_cannot_have_is_quoted(values, numbers, recorded):
    recorded(refusal(ValueError, decode, json.dumps(values).encode()), *numbers)


@pytest.mark.parametrize(
    ("end", "given", "status", "step", "numbers"),
    [
        (finished, (1,), "finished", 1, ()),
        (finished, (2,), "finished", 2, (2,)),
        (finished, (1200,), "finished", 1200, (1200,)),
        (stopped, (1200, 40_000), "stopped", 1200, (1200, 40_000)),
        (diverged, (7, "the loss became nan", 0.5), "diverged", 7, (7, 0.5)),
        (failed, (7, "a layer has no weights"), "failed", 7, ()),
    ],
)
def test_an_end_says_how_when_and_at_which_step(end, given, status, step, numbers, recorded):
    ended = end(*given)
    assert (ended.status, ended.step) == (status, step)
    assert abs(ended.time - time.time()) < 60
    recorded(ended.message, *numbers)
