"""The one-cycle schedule against fastai's formulas and torch's, and the choice of snapshots."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from hnviz.data import BatchLayout
from hnviz.models.catalogue import CATALOGUE
from hnviz.schedule import batch_stride, one_cycle, peak, snapshot_steps

N_TRAIN = 50_079


def fastai(n_steps: int, lr: float, pct_start: float) -> list[tuple[float, float]]:
    """fastai 1.0.61's schedule, step by step."""

    def cos(start: float, end: float, share: float) -> float:
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))

    n_up = int(n_steps * pct_start)
    steps = []
    for i in range(n_steps):
        if i < n_up:
            share = i / n_up
            steps.append((cos(lr / 25, lr, share), cos(0.95, 0.85, share)))
        else:
            share = (i - n_up) / (n_steps - n_up)
            steps.append((cos(lr, lr / 25e4, share), cos(0.85, 0.95, share)))
    return steps


@given(
    n_steps=st.integers(1, 3000),
    lr=st.floats(1e-6, 10),
    pct_start=st.floats(0.01, 0.99),
)
def test_one_cycle_is_fastais(n_steps: int, lr: float, pct_start: float) -> None:
    lrs, momentums = one_cycle(n_steps, lr, pct_start)
    expected_lrs, expected_momentums = zip(*fastai(n_steps, lr, pct_start), strict=True)
    np.testing.assert_allclose(lrs, expected_lrs, rtol=1e-12)
    np.testing.assert_allclose(momentums, expected_momentums, rtol=1e-12)


@given(
    n_steps=st.integers(1, 3000),
    lr=st.floats(1e-6, 10),
    pct_start=st.floats(0, 1),
    data=st.data(),
)
def test_some_steps_are_those_of_the_whole_schedule(n_steps, lr, pct_start, data) -> None:
    whole = one_cycle(n_steps, lr, pct_start)
    steps = np.array(sorted(data.draw(st.lists(st.integers(0, n_steps - 1), min_size=1))))
    some = one_cycle(n_steps, lr, pct_start, steps)
    np.testing.assert_allclose(some.lr, whole.lr[steps], rtol=1e-14)
    np.testing.assert_allclose(some.momentum, whole.momentum[steps], rtol=1e-14)
    top = peak(n_steps, pct_start)
    assert whole.lr[top] == pytest.approx(whole.lr.max(), rel=1e-14)
    assert whole.momentum[top] == pytest.approx(whole.momentum.min(), rel=1e-14)


def test_one_cycle_goes_up_from_a_25th_and_down_to_nearly_nothing() -> None:
    lrs, momentums = one_cycle(400, 1e-2, 0.3)
    assert lrs.argmax() == momentums.argmin() == peak(400, 0.3) == 120
    assert peak(3, 1.0) == 2
    assert lrs[0] == pytest.approx(4e-4)
    assert (lrs[120], momentums[120]) == (1e-2, 0.85)
    assert lrs[-1] == pytest.approx(3.54e-7, rel=1e-2)
    assert momentums[[0, -1]] == pytest.approx([0.95, 0.95], abs=1e-5)


def test_lr_is_torchs_own_one_cycle() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    # torch counts a phase by its last step and reaches the end at step 400, one after fastai's.
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1e-2, total_steps=401, pct_start=121 / 401, final_div_factor=1e4
    )
    expected = []
    for _ in range(400):
        expected.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose(one_cycle(400, 1e-2, 0.3).lr, expected, rtol=1e-9)


@given(n_batches=st.integers(1, 2000), epochs=st.integers(1, 1000))
def test_snapshots_stand_at_both_ends_and_number_at_most_48(n_batches: int, epochs: int) -> None:
    n_steps = n_batches * epochs
    steps = snapshot_steps(n_steps, n_batches)
    assert steps[0] == 0
    assert steps[-1] == n_steps
    assert all(earlier < later for earlier, later in pairwise(steps))
    assert len(steps) <= 48
    assert len(steps) >= min(n_steps, 17)  # of a short run's, some are rounded to the same step


@pytest.mark.parametrize("model", CATALOGUE)
def test_a_recipes_snapshots_are_dense_early_and_hold_every_epochs_end(model: str) -> None:
    recipe = CATALOGUE[model].recipe
    n_batches = BatchLayout(N_TRAIN, recipe.bs, recipe.bptt).n_batches
    steps = snapshot_steps(n_batches * recipe.epochs, n_batches)
    assert steps[:5] == (0, 1, 2, 3, 4)
    assert set(steps) >= {n_batches * (epoch + 1) for epoch in range(recipe.epochs)}
    assert 30 <= len(steps) <= 48


@given(n_steps=st.integers(0, 10**6), most=st.integers(1, 10**5))
@example(n_steps=1, most=1)
def test_what_is_told_is_as_dense_as_there_is_room(n_steps: int, most: int) -> None:
    every = batch_stride(n_steps, most)
    assert every.bit_count() == 1 and math.ceil(n_steps / every) <= most
    assert every == 1 or math.ceil(n_steps / (every // 2)) > most
