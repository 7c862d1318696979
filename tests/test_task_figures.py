"""What the Tasks page says, on records typed by hand."""

from math import isclose

import pytest

from hnviz.app.rooms.tasks.outcome import outcome
from hnviz.app.rooms.tasks.study import BS, outlooks
from hnviz.config import RunConfig
from hnviz.events import EpochEnd
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
from hnviz.runs import RunRecord
from hnviz.tasks.bounds import statement_of
from hnviz.tasks.generators import EVEN_ONES
from hnviz.tasks.reach import Reader, before, outlook
from hnviz.tasks.task import TASKS, TaskStream
from hnviz.web.state import CurrentRun

LOOK = theme("light")
NEAR = "task-recall-gap.6"


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


@pytest.mark.parametrize(
    ("made", "status", "numbers"),
    [
        (record(), "running", (58.0, 100)),
        (record(0.3), "running", (58.0, 100)),
        (record(0.3, 0.58), "finished", (58.0, 58.0, "1.500", 0.624)),
        (record(0.3, 0.4), "finished", (40.0, 58.0, "1.500", 0.624)),
        (
            record(0.3, 0.5, model="Model2"),
            "finished",
            (50.0, 58.3, 20, 8, 36.1, 52.8, "1.500", 0.737),
        ),
        (record(0.3, 0.38, bptt=4), "finished", (38.0, 58.0, 4, 38.9, "1.500", 0.624)),
    ],
)
def test_a_run_is_told_whether_it_reached_what_was_possible(made, status, numbers, recorded):
    recorded(outcome(CurrentRun(record=made, status=status)), *numbers)


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
        assert "smaller machine" in outcome(CurrentRun(record=made, status="finished"))
