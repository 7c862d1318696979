"""What a page says of a run, at each stage of it."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from hnviz.app.run import text as run_text
from hnviz.app.run.text import CurrentRun
from hnviz.config import RunConfig
from hnviz.events import BROWSER, Ended, TrainPass
from hnviz.figures.numbers import accuracy, points
from hnviz.figures.ruler_text import proof
from hnviz.figures.shares import shares_sentence
from hnviz.models.catalogue import CATALOGUE
from hnviz.runs import SHIPPED_DIR, RunFolder, RunRecord, one_recipe_table
from hnviz.runs.reference import spread_of
from hnviz.runs.ruler import Bound, random_bound, run_bounds
from tests.test_figures import EMPTY, SHORT, batch

DIVERGED = replace(SHORT, epochs=(), batches=(batch(0, 3.0), batch(1, 4.524e26)))


@pytest.mark.parametrize(
    ("record", "status", "numbers"),
    [
        (EMPTY, "queued", ()),
        (EMPTY, "running", ()),
        (replace(SHORT, epochs=()), "running", ("2.000",)),
        (DIVERGED, "diverged", ("1.0e-2",)),
        (DIVERGED, "stopped", ("4.5e+26",)),
        (SHORT, "running", (2, 3, 50.0)),
    ],
)
def test_the_lead_says_where_a_run_is(record, status, numbers, recorded):
    lead = run_text.lead(CurrentRun(record, status))
    recorded(lead, *numbers)
    assert len(lead.split()) <= 20


def reached(train: float, valid: float, **config: object) -> RunRecord:
    """A run whose last weights get `train` right, a little less than its running figure."""
    last = replace(SHORT.epochs[-1], train_accuracy=train + 0.001, accuracy=valid)
    read = TrainPass(step=last.step, loss=1.0, accuracy=train)
    return replace(SHORT, epochs=(SHORT.epochs[0], last), train_pass=read, **config)


@pytest.mark.parametrize(
    ("train", "valid", "numbers"),
    [
        (0.998, 0.832, (99.8, 83.2, 8_000)),
        (0.95, 0.94, (95.0, 94.0, 8_000)),
        (0.474, 0.461, (2, 3, 47.4, 46.1)),
    ],
)
def test_the_lead_holds_train_and_valid_to_each_other(train, valid, numbers, recorded):
    said = run_text.lead(CurrentRun(reached(train, valid), "finished"))
    recorded(said, *numbers)
    assert len(said.replace(" %", "\N{NO-BREAK SPACE}%").split()) <= 20
    record = replace(reached(train, valid), train_pass=None)
    for status in ("running", "stopped", "finished"):  # not over, or of an older version
        so_far = run_text.lead(CurrentRun(record, status))
        assert (accuracy(valid) in so_far, "train" in so_far) == (True, False)  # no running figure
        assert len(so_far.replace(" %", "\N{NO-BREAK SPACE}%").split()) <= 20


@pytest.mark.parametrize(
    ("losses", "valid", "numbers"),
    [
        ((), math.nan, (2, 3, "2.000")),
        ((), 1.25, (2, 3, "1.250")),
        ((math.nan,) * 2, math.nan, (4,)),
    ],
)
def test_the_lead_of_a_loop_that_measured_less_says_so(losses, valid, numbers, recorded):
    record = replace(reached(0.6, math.nan), train_pass=None, recorded=True)
    last = replace(record.epochs[-1], valid_loss=valid)
    batches = (*record.batches, *(batch(step, loss) for step, loss in enumerate(losses, 4)))
    record = replace(record, batches=batches, epochs=(*record.epochs[:-1], last))
    said = run_text.lead(CurrentRun(record, "finished"))
    recorded(said, *numbers)
    assert "nan" not in said
    assert len(said.replace(" %", "\N{NO-BREAK SPACE}%").split()) <= 20


def test_only_a_run_that_had_its_recipes_epochs_underfits(recorded):
    def lead(train: float, epochs: int, model: str = "Model5") -> str:
        record = reached(train, 0.3, config=RunConfig.for_model(model, epochs=epochs))
        record = replace(record, epochs=record.epochs[-1:] * epochs)
        return run_text.lead(CurrentRun(record, "finished"))

    recorded(lead(0.4, 10), 40.0, 30.0)
    assert lead(0.4, 2).startswith("After 2 epochs, Model5 gets **40.0 %**")
    assert lead(0.4, 1).startswith("After 1 epoch, Model5 gets")
    assert lead(0.4, 10, "Model3").startswith("After 10 epochs")  # its recipe has 20
    assert lead(0.858, 20, "Model3").startswith("After 20 epochs")


def test_what_its_windows_give_decides_whether_a_run_underfits(recorded):
    def lead(model: str, train: float) -> str:
        config = RunConfig.for_model(model)
        record = reached(train, 0.461, config=config)
        said = run_text.lead(
            CurrentRun(replace(record, epochs=record.epochs[-1:] * config.epochs), "finished")
        )
        assert len(said.replace(" %", "\N{NO-BREAK SPACE}%").split()) <= 20
        return said

    recorded(lead("Model0", 0.465), 48.1, 55.0, 46.5, 46.1)
    assert lead("Model0", 0.42).startswith("After 6 epochs, Model0 gets **42.0 %**")
    recorded(lead("Model0", 0.33), 33.0, 48.1)
    recorded(lead("Model2", 0.439), 43.9, 20, 84.5)
    assert lead("Model2", 0.8).startswith(
        "20-token windows cut anywhere give **84.5 %** on train, "
    )
    assert lead("Transformer", 0.901).startswith("Train reaches **90.1 %**, valid stops at")


@pytest.mark.parametrize("model", CATALOGUE)
def test_the_lead_of_a_pre_trained_run_is_about_its_last_weights(model):
    record = RunFolder(SHIPPED_DIR / model).read()
    said = run_text.lead(CurrentRun(record, "finished"))
    assert f"**{accuracy(record.train_pass.accuracy)}**" in said
    assert "running" not in said
    assert ("underfits" in said) == (model == "Model2")


def test_a_task_whose_best_accuracy_is_low_does_not_underfit():
    config = RunConfig(corpus="task-parity", epochs=10)
    record = reached(0.5, 0.5, config=config)
    record = replace(record, epochs=record.epochs[-1:] * 10)
    assert run_text.lead(CurrentRun(record, "finished")).startswith("After 10 epochs, Model5")


def test_held_out_blocks_are_generalisation(recorded):
    blocks = RunConfig(split="blocks")
    recorded(run_text.lead(CurrentRun(reached(0.998, 0.99, config=blocks), "finished")), 99.8, 99.0)
    recorded(run_text.lead(CurrentRun(reached(0.998, 0.5, config=blocks), "finished")), 99.8, 50.0)


def spiky(**config: object) -> RunRecord:
    """Two epochs of two steps; the second one's first loss is twice the one before."""
    batches = tuple(batch(step, loss) for step, loss in enumerate((3.0, 1.0, 2.0, 0.9)))
    epochs = tuple(replace(SHORT.epochs[0], epoch=n, step=2 * n + 2) for n in (0, 1))
    return replace(SHORT, config=RunConfig(**config), batches=batches, epochs=epochs)


def test_spikes_are_explained_for_the_runs_that_have_them(recorded):
    recorded(run_text.spikes(spiky()), 2, "1.00", "2.00")
    assert run_text.spikes(spiky(reset_state="valid"))  # the state after valid is still kept
    for other in ({"reset_state": "train"}, {"model": "Model2", "bptt": 20}):
        assert run_text.spikes(spiky(**other)) == ""
    even = replace(spiky(), batches=tuple(batch(step, 1.0) for step in range(4)))
    assert run_text.spikes(even) == ""


def test_the_runs_last_figures(recorded):
    recorded(run_text.figures(SHORT), 2, 3, "1.750", 50.0, 13_017, 14_080, 1_063)
    recorded(
        run_text.figures(reached(0.599, 0.5)),
        2,
        3,
        "1.750",
        50.0,
        59.9,
        part="with its last weights",
    )
    recorded(run_text.figures(EMPTY))


def test_the_last_loss_is_held_to_what_few_tokens_allow(recorded):
    bounds = {"valid": [Bound(1, 0.4, 0.01, 2.0), Bound(2, 0.6, 0.5, 1.0)]}
    said = run_text.best_loss(SHORT, bounds)
    recorded(said, "1.750", "2.000", 1.0, 50)
    assert run_text.best_loss(EMPTY, bounds).startswith("This text is too short")
    bounds["train"] = [Bound(1, 0.4, 0.01, 2.2)]
    done = replace(SHORT, train_pass=TrainPass(step=4, loss=1.2, accuracy=0.6))
    said = run_text.best_loss(done, bounds)
    train, valid = said.split(" In a pass ")
    assert "on train, **1.200** nats" in train and "below 2.200" in train  # not the running
    assert "on valid, **1.750** nats" in valid and "below 2.000" in valid


def test_the_schedule_is_said_by_its_start_top_and_end(recorded):
    recorded(
        run_text.schedule(replace(SHORT, config=RunConfig()), 400),
        "4.0e-4",
        "1.0e-2",
        120,
        "3.5e-7",
        0.95,
        0.85,
        0.95,
    )


def test_the_notebooks_figures_are_those_of_its_last_epoch(recorded):
    theirs = pd.DataFrame({"valid_loss": [2.0, 1.054], "accuracy": [0.4, 0.839]})
    said = run_text.against_notebook(SHORT, theirs)
    recorded(said, 2, 1.054, 83.9, "1.750", 50.0, 2, 3, part="with a valid loss of")


def test_a_shorter_run_stands_beside_the_notebooks_figure_of_its_own_last_epoch():
    table = pd.DataFrame({"valid_loss": [2.0] * 5, "accuracy": [0.4, 0.5, 0.6, 0.7, 0.839]})
    for record in (SHORT, replace(SHORT, epochs=())):  # of three epochs
        said = run_text.against_notebook(record, table)
        assert "epoch 3, at an accuracy of 60.0 %" in said and "83.9 %" in said


def test_one_epoch_is_no_way_from_one_figure_to_another(recorded):
    once = replace(SHORT, epochs=SHORT.epochs[:1])
    recorded(run_text.loss_alt(once), "3.50", "2.00", 4, "2.50", part="the valid loss to")
    recorded(run_text.accuracies(once), 35.0, 25.0, part="Accuracy after one epoch")


def ended(status: str, message: str) -> dict[str, object]:
    """What tells of a run that is over."""
    end = Ended(status=status, step=4, message=message, time=0.0)
    return {"status": status, "record": replace(SHORT, ended=end)}


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({"record": EMPTY, "status": "queued", "place": 2, "wait_seconds": 30.2}, (2, 31)),
        ({"record": EMPTY, "status": "queued", "place": 3, "wait_seconds": 91.0}, (3, 2)),
        ({"record": EMPTY, "status": "queued", "place": 1}, (1,)),
        ({"record": EMPTY, "status": "queued", "wait_seconds": 0.0}, ()),
        ({"record": EMPTY, "status": "running"}, (1, 10)),
        ({"status": "running"}, (4, 6, 3, 3)),
        ({"status": "running", "seconds_left": 41.3}, (4, 6, 3, 3, 42)),
        ({"status": "running", "seconds_left": 0.1}, (4, 6, 3, 3, 1)),
        ({"status": "running", "seconds_left": 90}, (4, 6, 3, 3, 2)),
        ({"status": "paused", "at_rest": True}, (4, 6, 3, 3)),
        ({"status": "paused"}, (4, 6, 3, 3)),
        ({"status": "interrupted"}, (4, 6)),
        ({"record": EMPTY, "status": "interrupted"}, ()),
        ({"status": "stopped"}, (4, 6)),
        ({**ended("finished", "finished in 3 s"), "shipped": True}, (4, 6)),
    ],
)
def test_the_line_over_the_curves_says_where_a_run_stands(given, numbers, recorded):
    recorded(run_text.progress(CurrentRun(**{"record": SHORT, **given})), *numbers)


@pytest.mark.parametrize("status", ["stopped", "failed", "diverged", "finished"])
def test_the_line_of_a_run_that_is_over_is_its_last_message(status):
    run = CurrentRun(**{"record": SHORT, **ended(status, f"{status} at step 4")})
    assert run_text.progress(run) == f"{status} at step 4"


def test_a_run_that_a_browser_trained_says_so(recorded):
    record = replace(SHORT, started=replace(SHORT.started, device=BROWSER))
    for kept in (0, 2):
        run = CurrentRun(replace(record, kept=kept), "running")
        recorded(run_text.progress(run), 4, 6, 3, 3)
    recorded(run_text.progress(CurrentRun(record, "interrupted")), 4, 6)
    assert [run_text.where(device) for device in (BROWSER, "cpu")] == ["in a browser", "on cpu"]


@pytest.mark.parametrize("model", ("Model0", "Model3", "Model5"))
def test_each_proof_of_memory_shows_what_random_places_give(model):
    record = RunFolder(SHIPPED_DIR / model).read()
    bounds = {split: run_bounds(record.config, split) for split in ("train", "valid")}
    reached = {"train": record.train_pass.accuracy, "valid": record.epochs[-1].accuracy}
    split, bound = proof(reached, bounds)
    random = accuracy(random_bound(record.config, split, bound.k))
    said = run_text.remember(record, bounds)
    assert f"more than **{accuracy(bound.most)}**" in said
    assert f"at random places, it gets {random} right" in said


def test_another_seed_is_said_with_the_spread_of_the_runs_own_settings(recorded):
    record = RunFolder(SHIPPED_DIR / "Model5", shipped=True).read()
    spread = spread_of(record.config, ())
    low, high = spread.figures["accuracy"]
    said = run_text.seeds(record, spread)
    gap = points(high, low).removesuffix(" points")
    shares = [accuracy(share).removesuffix(" %") for share in (low, high)]
    recorded(said, *shares, gap, "1.0", 61, 83.2)
    early = run_text.seeds(replace(record, epochs=record.epochs[:3]), spread)
    recorded(early, *shares, gap, "1.0", 61)
    recorded(run_text.seeds(record, None))


def test_a_step_from_the_model_before_is_the_networks_or_the_recipes_too(recorded):
    recorded(run_text.recipe("Model4", one_recipe_table("Model4")))
    unmeasured = one_recipe_table("Model4")
    recorded(run_text.recipe("Model5", unmeasured), "3.0e-3", "1.0e-2", 20, 10)
    for model in ("Model3", "Model5"):
        table = one_recipe_table(model)
        assert run_text.recipe(model, table) == shares_sentence(table)
    assert run_text.recipe("Model0", one_recipe_table("Model0")) == ""


def test_the_best_epoch_is_that_of_the_record(recorded):
    record = RunFolder(SHIPPED_DIR / "Model5").read()
    best = max(record.epochs, key=lambda epoch: epoch.accuracy)
    assert best is not record.epochs[-1]
    figures = best.number, 10, best.step, round(100 * best.accuracy, 1)
    recorded(run_text.best_epoch(record), *figures, round(best.valid_loss, 3))
    assert run_text.best_epoch(EMPTY) == ""
