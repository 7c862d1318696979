"""Events survive a line of JSON, and what is no event is named."""

import json
from typing import Any, get_args

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
)
from hnviz.runs.events import decode, encode
from tests.sentences import Recorded

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
def test_round_trip(event: Event) -> None:
    line = encode(event)
    assert json.loads(line)["event"] == event.kind
    assert decode(line) == event


def test_every_kind_is_tried() -> None:
    kinds = [event.kind for event in EXAMPLES]
    assert len(set(kinds)) == len(get_args(Event)) == len(kinds)


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE, FINITE)
def test_floats_survive_exactly(loss: float, lr: float) -> None:
    event = BatchEnd(step=1, loss=loss, smooth_loss=loss, accuracy=0.5, lr=lr, momentum=0.9)
    assert decode(encode(event)) == event


@pytest.mark.parametrize("values", [{}, {"event": None}, {"event": [1]}, {"event": 3}, [], 3, ""])
def test_no_event(values: Any) -> None:
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
def test_wrong_fields_are_named_in_order_and_cut_short(
    values: dict[str, Any], recorded: Recorded
) -> None:
    with pytest.raises(ValueError) as refused:
        decode(json.dumps(values).encode())
    recorded(str(refused.value))
