"""Rows of a mini-batch against each model's own forward: one row alone, token by token."""

import numpy as np
import pytest
import torch

from hnviz.data import BatchLayout, ShuffledLayout
from hnviz.learn.state import seen
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS
from tests.subjects import adding, shipped

ROWS = QUESTIONS["rows"]
NEAR = 1e-5
SPLITS = ("train", "valid")


def alone(subject, layout, split, batch, row):
    """Read one row from zeros, as the layout cuts it; return states and logits of a mini-batch.

    Nothing is read side by side, and nothing is left out.
    """
    ids = subject.stream.ids(split)
    begin = 0 if subject.model.stateful else batch
    state, states, logits = subject.model.init_state(1), [], []
    for each in range(begin, batch + 1):
        positions = [layout.position(each, row, step) for step in range(layout.bptt)]
        if each == batch:
            states.append(seen(state)[:, 0])
        for at in positions:
            with torch.no_grad():
                said, state = subject.model(torch.tensor([[ids[at]]]), state)
            if each == batch:
                states.append(seen(state)[:, 0])
                logits.append(said.reshape(-1, said.shape[-1])[-1])
    return torch.stack(states, dim=1).numpy(), torch.stack(logits)


def hold(subject, layout, split, batch, **asked):
    """Hold an answer to that."""
    size = {"bs": layout.bs, "bptt": layout.bptt, "random": isinstance(layout, ShuffledLayout)}
    answer = ROWS(subject, {"split": split, "batch": batch, **size, **asked})
    arrays, ids = answer.arrays, subject.stream.ids(split)
    rows = range(asked.get("first", 0), asked.get("first", 0) + len(arrays["x"]))
    assert (answer.meta["batch"], answer.meta["n_batches"]) == (batch, layout.n_batches)
    assert answer.meta["before"] == (batch * layout.bptt if subject.model.stateful else 0)
    for at, row in enumerate(rows):
        positions = np.array([layout.position(batch, row, step) for step in range(layout.bptt)])
        assert (arrays["x"][at] == ids[positions]).all()
        assert (arrays["y"][at] == ids[(positions + 1) % len(ids)]).all()
        states, logits = alone(subject, layout, split, batch, row)
        scale = max(1.0, np.abs(states).max())
        assert arrays["states"][:, at] == pytest.approx(states, abs=NEAR * scale)
        told = np.full(layout.bptt, subject.model.predicts == "every")
        told[-1] = True
        shares = logits.double().softmax(-1).numpy()
        best = arrays["best"][at]
        assert (best[~told] == -1).all() and not arrays["shares"][at][~told].any()
        assert np.take_along_axis(shares[told], best[told], 1) == pytest.approx(
            arrays["shares"][at][told], abs=NEAR
        )
        assert arrays["shares"][at][told] == pytest.approx(
            -np.sort(-shares[told], axis=1)[:, :3], abs=NEAR
        )
    return answer


@pytest.mark.parametrize("model", CATALOGUE)
@pytest.mark.parametrize("kind", [BatchLayout, ShuffledLayout])
def test_each_row_is_read_as_the_model_reads_it_alone(model, kind):
    subject = shipped(model)
    longest = min(8, CATALOGUE[model].max_bptt or 8)
    for split, batch in zip(SPLITS, (3, 0), strict=True):
        hold(subject, kind(len(subject.stream.ids(split)), 4, longest), split, batch)


@pytest.mark.parametrize("model", ["Model3", "Model5", "LSTM"])
@pytest.mark.parametrize("kind", [BatchLayout, ShuffledLayout])
def test_the_state_far_into_a_row_is_that_of_the_whole_row(model, kind):
    subject = shipped(model)
    layout = kind(len(subject.stream.train), 4, 8)
    hold(subject, layout, "train", 200, first=2, rows=1)
    hold(subject, kind(len(subject.stream.valid), 64, 20), "valid", 10, first=61, rows=8)


def test_a_network_that_does_not_forget_reads_its_whole_row():
    subject = adding()
    answer = hold(subject, BatchLayout(len(subject.stream.valid), 4, 16), "valid", 100, rows=1)
    assert answer.meta["before"] == 1600


def test_fewer_rows_are_left_at_the_end():
    answer = ROWS(shipped("Model5"), {"bs": 6, "bptt": 5, "first": 4})
    assert answer.arrays["states"].shape == (2, 2, 6, 64)
    assert answer.arrays["best"].shape == answer.arrays["shares"].shape == (2, 5, 3)


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"batch": 1565}, (0, 1564, 1565)),
        ({"first": 4}, (0, 3, 4)),
        ({"bptt": 513}, (1, 512, 513)),
        ({"rows": 9}, (1, 8, 9)),
    ],
)
def test_what_no_layout_has_is_one_sentence(asked, numbers, recorded):
    with pytest.raises(ValueError, match=next(iter(asked))) as error:
        ROWS(shipped("Model5"), asked)
    recorded(str(error.value), *numbers)


def test_a_window_that_the_model_cannot_read_is_refused(recorded):
    with pytest.raises(ValueError, match="bptt") as error:
        ROWS(shipped("Model0"), {"bptt": 8})
    recorded(str(error.value), 1, 3, 8)
