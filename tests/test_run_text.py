"""What a page says of a run, at each stage of it."""

from dataclasses import replace

import pandas as pd
import pytest

from hnviz.app.rooms.start.counting import verdict
from hnviz.app.run import text as run_text
from hnviz.app.run.text import Standing
from hnviz.events import Ended
from tests.test_figures import EMPTY, SHORT, batch

DIVERGED = replace(SHORT, epochs=(), batches=(batch(0, 3.0), batch(1, 4.524e26)))


@pytest.mark.parametrize(
    ("record", "status", "said"),
    [
        (EMPTY, "queued", "Model5 has not learnt anything yet: its curves start with the first"),
        (EMPTY, "running", "Model5 begins to train: its curves start with the first step."),
        (replace(SHORT, epochs=()), "running", "come at the end of each epoch"),
        (DIVERGED, "diverged", "a train loss of **4.5e+26**: its accuracy was never measured."),
        (SHORT, "finished", "has a valid loss of **1.750** and a valid accuracy of **0.500**"),
    ],
)
def test_the_lead_says_where_a_run_is(record, status, said):
    assert said in run_text.lead(Standing(record, status))


def test_the_notebooks_figures_are_those_of_its_last_epoch():
    theirs = pd.DataFrame({"valid_loss": [2.0, 1.054], "accuracy": [0.4, 0.839]})
    said = run_text.against_notebook(SHORT, theirs)
    assert "ends, after 2 epochs, with a valid loss of 1.054 and an accuracy of 0.839" in said


def test_one_epoch_is_no_way_from_one_figure_to_another():
    once = replace(SHORT, epochs=SHORT.epochs[:1])
    assert run_text.loss_alt(once).endswith("in 4 steps, the valid loss to 2.50.")
    assert run_text.accuracies(once).startswith("Accuracy after one epoch: on train 0.350")


def test_words_that_are_alone_have_no_rest_that_goes_on():
    said = [{"truth": n, "words": ["five", ","], "right": False} for n in (6, 7)]
    assert verdict(said) == "2 of 2 go wrong, each a single word."


def ended(status: str, message: str) -> dict[str, object]:
    """What tells of a run that is over."""
    end = Ended(status=status, step=4, message=message, time=0.0)
    return {"status": status, "record": replace(SHORT, ended=end)}


GONE = "the process that trained it is gone. Resume goes on from its last checkpoint."
NO_NUMBER = "diverged at step 4: the loss became nan; try a lower lr than 0.01"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"record": EMPTY, "status": "queued", "place": 2, "wait_seconds": 30.2},
            "waiting: place 2 in the queue, about 31 s",
        ),
        (
            {"record": EMPTY, "status": "queued", "place": 3, "wait_seconds": 91.0},
            "waiting: place 3 in the queue, about 2 min",
        ),
        ({"record": EMPTY, "status": "queued", "place": 1}, "waiting: place 1 in the queue"),
        ({"record": EMPTY, "status": "queued", "wait_seconds": 0.0}, "waiting: about to start"),
        ({"record": EMPTY, "status": "running"}, "no step yet, epoch 1 of 10"),
        ({"status": "running"}, "step 4 of 6, epoch 3 of 3"),
        (
            {"status": "running", "seconds_left": 41.3},
            "step 4 of 6, epoch 3 of 3, about 42 s left",
        ),
        ({"status": "running", "seconds_left": 0.1}, "step 4 of 6, epoch 3 of 3, about 1 s left"),
        ({"status": "running", "seconds_left": 90}, "step 4 of 6, epoch 3 of 3, about 2 min left"),
        ({"status": "paused", "at_rest": True}, "paused after step 4 of 6, epoch 3 of 3"),
        ({"status": "paused"}, "pausing after step 4 of 6, epoch 3 of 3"),
        ({"status": "interrupted"}, f"interrupted after step 4 of 6: {GONE}"),
        ({"record": EMPTY, "status": "interrupted"}, f"interrupted after no step yet: {GONE}"),
        ({"status": "stopped"}, "stopped after step 4 of 6"),
        (ended("stopped", "stopped after step 4 of 6"), "stopped after step 4 of 6"),
        (ended("failed", "failed at step 4: OSError: no"), "failed at step 4: OSError: no"),
        (ended("diverged", NO_NUMBER), NO_NUMBER),
        (ended("finished", "finished in 3 s"), "finished in 3 s"),
        (
            {**ended("finished", "finished in 3 s"), "shipped": True},
            "shipped with hnviz, trained to step 4 of 6",
        ),
    ],
)
def test_the_line_over_the_curves_says_where_a_run_stands(given, sentence):
    assert run_text.progress(Standing(**{"record": SHORT, **given})) == sentence
