"""What the Tasks page draws and says, on records typed by hand."""

from dataclasses import replace
from math import isclose

import pytest

from hnviz.app.rooms.tasks.study import BS, outlooks
from hnviz.app.rooms.tasks.topics import TaskCurve, TaskResult, TaskRuns
from hnviz.config import RunConfig
from hnviz.events import EpochEnd
from hnviz.figures.task_curves import (
    CEILING,
    CHANCE,
    LEAST,
    SHOWN,
    context_curve,
    loss_curve,
    run_curve,
)
from hnviz.figures.task_text import (
    VERDICTS,
    curve_sentence,
    expected,
    loss_sentence,
    models_table,
    takeaway,
)
from hnviz.figures.theme import theme
from hnviz.models.catalogue import CATALOGUE
from hnviz.runs import RunRecord, RunSummary
from hnviz.tasks.bounds import statement_of
from hnviz.tasks.generators import EVEN_ONES
from hnviz.tasks.reach import Reader, before, outlook
from hnviz.tasks.task import TASKS, TaskStream
from hnviz.web.live import Listing
from hnviz.web.state import CurrentRun

LOOK = theme("light")
NEAR = "task-recall-gap.6"


def traces(sketch):
    return {trace["name"]: trace for trace in sketch.plain()["data"]}


def config(model="Model5", corpus=NEAR, bptt=20):
    return RunConfig.for_model(model, corpus=corpus, bptt=bptt, bs=BS, nh=32, epochs=2)


def record(*accuracies, **given):
    ends = [
        EpochEnd(
            epoch=number,
            step=31 * (number + 1),
            train_loss=1.5,
            valid_loss=1.5,
            accuracy=accuracy,
            train_accuracy=accuracy,
            seconds=0.1,
        )
        for number, accuracy in enumerate(accuracies)
    ]
    return RunRecord(id="a", config=config(**given), epochs=tuple(ends))


# --- the curve by context -----------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_the_curve_holds_the_exact_figures(name, recorded):
    statement = statement_of(name, {})
    sketch = context_curve(statement, LOOK)
    drawn, layout = traces(sketch), sketch.plain()["layout"]
    curve = drawn["best with so many tokens"]
    assert curve["x"] == list(range(len(statement.curve) + 1))
    best = [statement.blind, *statement.curve]
    assert curve["y"] == pytest.approx([100 * each.accuracy for each in best], rel=1e-5)
    losses = traces(loss_curve(statement, LOOK))
    assert losses["best with so many tokens"]["y"] == pytest.approx(
        [each.loss for each in best], rel=1e-5
    )
    assert losses[LEAST]["y"] == pytest.approx([statement.least] * 2, rel=1e-5)
    loss_curve(statement, LOOK).figure()
    assert drawn[CEILING]["y"] == pytest.approx([100 * statement.limit] * 2, rel=1e-5)
    assert drawn[CHANCE]["y"] == pytest.approx([100 / statement.n_tokens] * 2, rel=1e-5)
    recorded(layout["xaxis"]["title"]["text"])
    assert layout["yaxis"]["title"]["text"] == "accuracy"
    marked = [each["x0"] for each in layout["shapes"]]
    within = statement.context is not None and statement.context <= len(statement.curve)
    assert marked == ([statement.context] if within else [])
    sketch.figure()  # Plotly knows every property


@pytest.mark.parametrize("name", TASKS)
def test_without_context_the_most_frequent_token_is_guessed(name):
    stream = TaskStream.of(name, {"tokens": 60_000})
    text = stream.texts()[0]
    most = max(text.count(token) for token in set(text)) / len(text)
    assert isclose(statement_of(name, {}).blind.accuracy, most, abs_tol=0.01)


@pytest.mark.parametrize("name", TASKS)
def test_the_takeaway_has_its_numbers_in_twenty_words(name):
    statement, known = statement_of(name, {}), outlooks(TaskStream.of(name, {}))
    said = takeaway(statement, known)
    assert 3 <= len(said.replace(" %", "\N{NO-BREAK SPACE}%").split()) <= 20, said
    failing = sum(each.cause == "window" for each in known)
    assert f"**{failing} of {len(CATALOGUE)}** models" in said
    assert "**" in curve_sentence(statement)


@pytest.mark.parametrize(
    ("name", "given", "numbers"),
    [
        ("recall", {}, (100, 5, 12, 8)),
        ("parity", {}, (100, 5, 12)),
        ("regular", {"table": EVEN_ONES}, (40.0,)),
        ("dyck", {"kinds": 1, "depth": 3}, (66.7,)),
        ("dyck", {"depth": 1}, (75.0,)),
    ],
)  # fmt: skip
def test_the_takeaway_says_what_context_is_needed(name, given, numbers, recorded):
    stream = TaskStream.of(name, given)
    recorded(takeaway(statement_of(name, given), outlooks(stream)), *numbers)


def test_the_sentence_of_the_curve_has_its_own_figures(recorded):
    recorded(curve_sentence(statement_of("recall", {})), 33.3, 36.1, 8, 58.3)
    assert curve_sentence(statement_of("parity", {})).endswith("it stays below **50.0 %**.")
    recorded(
        curve_sentence(statement_of("dyck", {"depth": 1})), 25.0, 75.0, part="with the last token"
    )
    near = curve_sentence(statement_of("dyck", {}))
    recorded(near, 25.0, 50.0, 32, 58.28, 58.33)
    far = statement_of("dates", {"years": 28})
    assert curve_sentence(far).endswith("It takes **4,384 tokens** to reach **100 %**.")


def test_the_sentence_of_the_loss_has_its_own_figures(recorded):
    recorded(loss_sentence(statement_of("recall", {})), 1.619, 1.225, 8, 0.616)
    even = {"table": EVEN_ONES}
    assert loss_sentence(statement_of("regular", even)).endswith("its loss stays above **0.936**.")
    assert loss_sentence(statement_of("periodic", {"sequence": "a a"})).endswith(
        "no token lowers that."
    )
    near = loss_sentence(statement_of("regular", {"table": f"{EVEN_ONES[:-4]}odd"}))
    recorded(near, 1.004, 0.971, 32, 0.867)
    far = loss_sentence(statement_of("dates", {"years": 28}))
    assert far.endswith("It takes **4,384 tokens** to reach **0.000**.")


# --- the models ---------------------------------------------------------------------------------


def test_the_table_names_each_model_its_ceiling_and_why():
    known = outlooks(TaskStream.of("recall", {"gap": 30}))
    html = models_table(known, "Model4", LOOK)
    for each in known:
        assert f"<b>{each.reader.model}</b>" in html and each.why in html
        assert f"<b>{VERDICTS[each.cause]}</b>" in html
    assert html.count('aria-current="true"') == 1
    assert '<tr aria-current="true"><td><b>Model4</b>' in html
    causes = {each.reader.model: each.cause for each in known}
    assert causes["Model2"] == "window" and causes["Model5"] == "detach"
    assert causes["LSTM"] == "open", "its recipe's window is 50 tokens"
    assert "<td>answers 100 %<br>all tokens " in html
    assert "all tokens" not in models_table(outlooks(TaskStream.of("dyck", {})), "Model4", LOOK)


def test_models_that_can_reach_a_task_with_answers_stand_at_all_of_them():
    """Recall: one token gets 25 % of the answers right, and enough memory all."""
    statement = statement_of("recall", {})
    assert statement.best_answers(1) == pytest.approx(0.25)
    for each in outlooks(TaskStream.of("recall", {})):
        if each.reader.entry.stateful:
            assert each.answers == 1
        elif each.reader.entry.predicts == "last":
            assert each.answers == pytest.approx(statement.best_answers(each.reader.window))
        else:
            assert 0.25 < each.answers < 1
    two = outlook(TaskStream.of("recall", {}), Reader("Model2", 8, 32))
    by_hand = [statement.best_answers(k) for k in range(1, 9)]
    assert two.answers == pytest.approx(sum(by_hand) / 8)
    assert "Enough memory gets **100 %** of answers right" in takeaway(statement, [two])


@pytest.mark.parametrize(
    ("name", "given", "start"),
    [
        ("recall", {"symbols": 1}, "The best possible is **66.7 %** right, which **5 of 12**"),
        (
            "recall",
            {"symbols": 1, "gap": 0},
            "The best possible is **100 %** right, which **3 of 12**",
        ),
        ("copy", {"symbols": 1}, "The best possible is **100 %** right, which **5 of 12**"),
        ("recall", {"symbols": 2, "gap": 0}, "Enough memory gets **100 %** of answers right"),
        ("recall", {"gap": 100}, "Enough memory gets **100 %** of answers right"),
        ("parity", {}, "Enough memory gets **100 %** of answers right"),
    ],
)
def test_the_takeaway_speaks_of_answers_where_they_need_the_memory(name, given, start):
    said = takeaway(statement_of(name, given), outlooks(TaskStream.of(name, given)))
    assert said.startswith(start)


def test_before_training_each_cause_has_its_sentence(recorded):
    assert "**cannot** reach 58.3 %: it can get at most" in expected(before(config("Model2")))
    recorded(expected(before(config())), 58.0, 100)
    no_answers = expected(before(config(corpus="task-periodic")))
    assert "of the answers" not in no_answers
    assert "its gradient shows it only **38.9 %**" in expected(before(config(bptt=4)))


# --- a run --------------------------------------------------------------------------------------


def test_a_runs_curve_has_its_ceiling():
    made = record(0.3, 0.5)
    drawn = traces(run_curve(made, before(made.config), LOOK))
    assert drawn["valid"]["x"] == [31, 62] and drawn["valid"]["y"] == [30, 50]
    ceiling = 100 * before(made.config).ceiling
    assert drawn[CEILING]["y"] == pytest.approx([ceiling] * 2, rel=1e-5)
    assert SHOWN not in drawn
    run_curve(made, before(made.config), LOOK).figure()


def test_beyond_bptt_a_second_line_is_what_the_gradient_shows():
    made = record(0.3, bptt=4)
    drawn = traces(run_curve(made, before(made.config), LOOK))
    assert drawn[SHOWN]["y"] == pytest.approx([100 * before(made.config).shown] * 2, rel=1e-5)


def test_a_run_without_epochs_has_titled_axes():
    layout = run_curve(record(), before(config()), LOOK).plain()["layout"]
    assert layout["xaxis"]["title"]["text"] == "step"
    assert layout["yaxis"]["title"]["text"] == "accuracy on valid"


def result(made, status):
    return TaskResult().draw(CurrentRun(record=made, status=status), {})["sentence"]


@pytest.mark.parametrize(
    ("made", "status", "numbers"),
    [
        (record(), "running", (58.0, 100)),
        (record(0.3), "running", (1, 2, 30.0, 58.0, "1.500", 0.624)),
        (record(0.3, 0.58), "finished", (58.0, 58.0, "1.500", 0.624)),
        (record(0.3, 0.4), "finished", (40.0, 58.0, "1.500", 0.624)),
        (
            record(0.3, 0.5, model="Model2"),
            "finished",
            (50.0, 58.3, 20, 8, 36.1, 52.8, "1.500", 0.737),
        ),
        (record(0.3, 0.38, bptt=4), "finished", (38.0, 58.0, 4, 38.9, "1.500", 0.624)),
        (record(0.9, corpus="human_numbers"), "finished", ()),
    ],
)
def test_a_run_is_told_whether_it_reached_what_was_possible(made, status, numbers, recorded):
    said = result(made, status)
    recorded(said, *numbers)
    panel = TaskCurve().draw(CurrentRun(record=made, status=status), {"mode": "dark"})[0]
    assert said in panel.alt


def test_a_machine_too_large_for_figures_is_one_sentence():
    rows = "; ".join(
        f"{at} {token} {(7 * at + step) % 45}"
        for at in range(45)
        for token, step in (("a", at * at % 11), ("b", 3 * at % 17))
    )
    corpus = TaskStream.of("regular", {"table": f"{rows}; accept 0 1 2"}).id
    made = record(0.3, corpus=corpus)
    try:
        before(made.config)
    except ValueError:
        assert "smaller machine" in result(made, "finished")
    panel = TaskCurve().draw(CurrentRun(record=made, status="finished"), {"mode": "light"})[0]
    assert [trace["name"] for trace in panel.drawn["data"]][-1] == "valid"


def test_the_list_has_the_runs_on_tasks_and_their_results(recorded):
    def line(run, made, status="finished"):
        last = made.epochs[-1].accuracy if made.epochs else None
        return RunSummary(
            id=run, shipped=False, status=status, config=made.config, accuracy=last
        )  # fmt: skip

    lines = (
        line("one", record(0.3, 0.58)),
        line("two", record(0.3, 0.5, model="Model2")),
        line("three", record(0.3, 0.38, bptt=4)),
        line("four", record(0.3, 0.4)),
        line("five", record(0.4), "running"),
        line("other", record(0.9, corpus="human_numbers")),
        replace(line("damaged", record()), config=None, status="damaged"),
    )
    rows = TaskRuns().draw(Listing(lines, {}), {})["rows"]
    assert {row["run"]: row["result"] for row in rows} == {
        "one": "✓ learned",
        "two": "✗ window too short",
        "three": "✗ hidden by detach",
        "four": "✗ not with this recipe",
        "five": "",
    }
    recorded(rows[0]["task"], 4, 6)
    assert rows[0]["possible"] == pytest.approx(before(config()).ceiling)
