"""What the Tasks page says, in sentences and tables with a task's own numbers."""

from collections.abc import Sequence
from html import escape
from math import isnan

from hnviz.figures.numbers import percent
from hnviz.figures.sentences import listed
from hnviz.figures.theme import Theme
from hnviz.tasks.bounds import Statement, reaches
from hnviz.tasks.excerpt import FARTHEST, Token
from hnviz.tasks.reach import Outlook
from hnviz.tasks.sentences import figure, nats, tokens

VERDICTS = {"window": "✗ cannot", "detach": "? may", "open": "✓ can"}
"""Cause -> whether a model can reach the best accuracy: a mark and a word, never colour alone."""

CAUSES = (
    "**✗ cannot**: its window holds too little, so no weights reach the best accuracy. **? may**: "
    "its state can hold what is needed, but detach hides from the gradient what lies beyond bptt. "
    "**✓ can**: nothing is in the way. If it stays below, it could have learned the task, but "
    "did not with this recipe. *At best* is a little worse than the task allows, because nothing "
    "comes before the first token that a network reads. Accuracy decides here, not the loss."
)

MOST_NAMED = 4  # equally likely tokens


def needs_sentence(place: Token, before: int) -> str:
    """Say how many tokens the best guess needs, and ask for the next one; `before` are shown."""
    if place.needed == 0:
        far = "no token before it"
    elif place.needed is None:
        far = f"more than the last {tokens(FARTHEST)}"
    else:
        far = "the last token" if place.needed == 1 else f"the last {tokens(place.needed)}"
        far += ", marked here" if place.needed <= before else ", more than this line shows"
    return f"The best guess needs {far}. Which one comes next?"


def why_sentence(place: Token) -> str:
    """Say how sure the token of a place was, for a reader of all the tokens that it needs."""
    names, chance = [f"“{each}”" for each in place.guesses], percent(place.chance)
    if len(names) > 1:
        among = listed(names) if len(names) <= MOST_NAMED else tokens(len(names))
        return f"Chance decides between {among}, {chance} each."
    if place.chance == 1:
        return "It was sure to come."
    return f"The best guess is {names[0]}, right {chance} of the time."


def takeaway(statement: Statement, outlooks: Sequence[Outlook]) -> str:
    """Say in 20 words what the task needs, and how many models cannot give it."""
    if statement.least_context != statement.context:
        guess = _needs(statement).removeprefix("it ")
        return (
            f"The best guess, **{figure(statement.limit)}** right, {guess}; "
            f"{_chances(statement.least_context)}."
        )
    failing = sum(each.cause == "window" for each in outlooks)
    best = f"The best possible is **{figure(statement.limit)}** right"
    who = f"**{failing} of {len(outlooks)}** models"
    fail = f", which {who} cannot reach"
    if statement.answers and _answers_need_most(statement):
        best, fail = "Enough memory gets **100 %** of answers right", f"; {who} lack it"
    return f"{best}{fail if failing else ', which every model can reach'}: {_needs(statement)}."


def _answers_need_most(statement: Statement) -> bool:
    """Whether fewer tokens than the best accuracy takes leave some answers wrong."""
    followed = len(statement.curve)
    fewer = followed if statement.context is None else min(statement.context - 1, followed)
    return fewer > 0 and not reaches(statement.best_answers(fewer), 1)


def _chances(n: int | None) -> str:
    if n is None:
        return "no number of tokens gives its probability"
    return f"its probability takes the last **{tokens(n)}**"


def _needs(statement: Statement) -> str:
    context = statement.context
    if context is None:
        return "no number of tokens is enough"
    if context == 0:
        return "it takes no context"
    if context == 1:
        return "it takes the last token"
    return f"it takes the last **{tokens(context)}**"


def curve_sentence(statement: Statement) -> str:
    """Say what no context allows, what one token adds, and what is enough."""
    blind = figure(statement.blind.accuracy)
    said = f"Without context the best guess is right **{blind}** of the time"
    context, last, limit = statement.context, len(statement.curve), figure(statement.limit)
    if context == 0:
        return f"{said}, and no token adds to that."
    said = f"{said}, with the last token **{figure(statement.best(1))}**"
    if context == 1:
        return f"{said}; more add nothing."
    if context is not None and context <= last:
        return f"{said}, with the last **{tokens(context)}** **{limit}**; more add nothing."
    reached, limit = _apart(statement.best(last), statement.limit)
    said = f"{said}, with the last {tokens(last)} **{reached}**"
    if context is None:
        return f"{said}. However many it sees, it stays below **{limit}**."
    return f"{said}. It takes **{tokens(context)}** to reach **{limit}**."


def loss_sentence(statement: Statement) -> str:
    """Say what loss no context allows, what one token saves, and what is enough."""
    said = f"Without context the least loss is **{statement.blind.loss:.3f}** nats"
    context, last = statement.least_context, len(statement.curve)
    if context == 0:
        return f"{said}, and no token lowers that."
    said += f", with the last token **{statement.least_loss(1):.3f}**"
    if context is not None and context <= last:
        return f"{said}, with the last **{tokens(context)}** **{statement.least:.3f}**."
    reached = f"{statement.least_loss(last):.3f}"
    said += f", with the last {tokens(last)} **{reached}**"
    if context is None and reached == f"{statement.least:.3f}":
        return f"{said}. More tokens come ever closer to the least loss, but never reach it."
    if context is None:
        return f"{said}. However many it sees, its loss stays above **{statement.least:.3f}**."
    return f"{said}. It takes **{tokens(context)}** to reach **{statement.least:.3f}**."


def _apart(below: float, limit: float) -> tuple[str, str]:
    """Write two accuracies with as many digits as tell them apart."""
    if figure(below) != figure(limit):
        return figure(below), figure(limit)
    digits = (f"{100 * below:.{n}f}" != f"{100 * limit:.{n}f}" for n in range(2, 9))
    n = next((n for n, differ in enumerate(digits, 2) if differ), 9)
    return f"{100 * below:.{n}f} %", f"{100 * limit:.{n}f} %"


def models_table(outlooks: Sequence[Outlook], chosen: str, look: Theme) -> str:
    """List what each model sees, what it can reach at most, and why."""
    names = ("model and window", "at best", "can it reach the best?")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(_row(each, chosen) for each in outlooks)
    style = (
        f"--hn-border:{look.border};--hn-muted:{look.muted};--hn-mark:{look.primary};"
        f"--hn-surface:{look.surface}"
    )
    return (
        f'<table class="hn-table hn-text hn-outlook" style="{style}">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(each: Outlook, chosen: str) -> str:
    model = escape(each.reader.model)
    mark = ' aria-current="true"' if each.reader.model == chosen else ""
    state = "state kept" if each.reader.entry.stateful else "from zeros"
    cells = (
        f"<b>{model}</b><br>{tokens(each.reader.window)}, {state}",
        f"{_best(each)}<br>{nats(each.least)}",
        f"<b>{VERDICTS[each.cause]}</b>: {escape(each.why)}",
    )
    return f"<tr{mark}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _best(each: Outlook) -> str:
    """Write the accuracy that a model can reach, first that on answers if the task has some."""
    if isnan(each.answers):
        return figure(each.ceiling)
    return f"answers {figure(each.answers)}<br>all tokens {figure(each.ceiling)}"


def expected(each: Outlook) -> str:
    """Say before training whether a model will reach the best accuracy, in one sentence."""
    model, ceiling, limit = each.reader.model, figure(each.ceiling), figure(each.limit)
    answers = "" if isnan(each.answers) else f", and **{figure(each.answers)}** of the answers"
    if each.cause == "window":
        return f"{model} **cannot** reach {limit}: it can get at most **{ceiling}**{answers} right."
    if each.cause == "detach":
        return (
            f"{model} **may** reach **{ceiling}**{answers}, but its gradient shows it only "
            f"**{figure(each.shown)}**."
        )
    return f"{model} **can** reach **{ceiling}**{answers}, the most that valid allows."
