"""Trains, for each task, a model that must fail and one that must not, at the smallest size."""

import pytest

from hnviz.config import RunConfig
from hnviz.events import EpochEnd
from hnviz.learn import fit
from hnviz.tasks.reach import after, before
from hnviz.tasks.task import task_stream

SMALL = {"lr": 1e-2, "epochs": 12, "bs": 32, "nh": 32, "device": "cpu"}

TASKS = {  # with the tokens of a window in which Model2 must fail
    "task-count-base.2-digits.4": 4,
    "task-roman-last.20": 3,
    "task-dates-years.1": 3,
    "task-dyck-kinds.2-depth.2": 4,
    "task-copy-symbols.2-length.2-delay.2": 4,
    "task-recall-symbols.2-gap.3": 4,
    "task-parity-every.4": 3,
    "task-periodic": 3,
    "task-regular": 2,
}

pytestmark = pytest.mark.slow


def trained(config: RunConfig) -> float:
    ends = [event for event in fit(config) if isinstance(event, EpochEnd)]
    return ends[-1].accuracy


@pytest.mark.parametrize("task", TASKS)
def test_a_short_window_fails_and_a_kept_state_learns(task):
    corpus = f"{task}-tokens.12000"
    short = RunConfig.for_model("Model2", bptt=TASKS[task], corpus=corpus, **SMALL)
    kept = RunConfig.for_model("Model5", bptt=20, corpus=corpus, **SMALL)
    failed, learned = trained(short), trained(kept)
    looked = before(short)
    error = 3 * (0.25 / task_stream(corpus).n_valid) ** 0.5
    assert looked.ceiling < before(kept).ceiling - error, "the difference can be seen"
    assert failed < looked.ceiling + error
    assert (after(short, failed).reached, after(short, failed).cause) == (False, "window")
    assert after(kept, learned).reached, after(kept, learned).sentence


def test_detach_hides_a_lag_beyond_bptt():
    """The same network and text: with bptt 4 it does not learn to recall, with bptt 20 it does."""
    corpus = "task-recall-symbols.2-gap.8-tokens.30000"
    short, long = (
        RunConfig.for_model("Model5", bptt=bptt, corpus=corpus, **SMALL) for bptt in (4, 20)
    )
    assert (before(short).cause, before(long).cause) == ("detach", "open")
    missed, learned = after(short, trained(short)), after(long, trained(long))
    assert (missed.reached, missed.cause) == (False, "detach"), missed.sentence
    assert (learned.reached, learned.cause) == (True, "open"), learned.sentence
