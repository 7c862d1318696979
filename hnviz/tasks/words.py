"""A task's exact figures in sentences."""

from collections.abc import Iterator

from hnviz.tasks.statement import Statement
from hnviz.tasks.task import Task


def figure(accuracy: float) -> str:
    """Write an accuracy in percent; one that rounds to all of it gets more digits."""
    if accuracy in (0, 1):
        return f"{100 * accuracy:.0f} %"
    digits = 3 if accuracy >= 0.9995 else 1
    return f"{100 * accuracy:.{digits}f} %"


def tokens(n: int) -> str:
    """Write a number of tokens."""
    return "one token" if n == 1 else f"{n:,} tokens"


def states(n: int) -> str:
    """Write a number of states."""
    return "one state" if n == 1 else f"{n:,} states"


def statement_lines(task: Task, statement: Statement) -> Iterator[str]:
    """Say what a task needs: accuracy, context, states."""
    yield f"The best possible accuracy is {figure(statement.limit)}."
    if statement.answers:
        yield (
            f"Answers are {figure(statement.answers)} of the tokens. With enough memory all are "
            f"right; a predictor that sees only the last token gets "
            f"{figure(statement.best_answers(1))} of them."
        )
    yield _context(statement)
    needs = f"To remember {task.holds}, a machine needs {states(statement.rule_states)}"
    if statement.stream_states == statement.rule_states:
        yield f"{needs}."
    else:
        yield f"{needs}; to know its place in the text as well, {statement.stream_states:,}."


def _context(statement: Statement) -> str:
    if statement.context is None:
        said = "No number of tokens is enough to reach it: the context is unbounded"
    elif statement.context == 0:
        return "No context is needed to reach it."
    elif statement.context == 1:
        return "The last token is enough to reach it."
    else:
        said = f"The last {statement.context:,} tokens are enough to reach it, and fewer are not"
    nearly = statement.nearly
    if nearly is not None and nearly != statement.context:
        return f"{said}. {tokens(nearly).capitalize()} come within 0.1 percentage points."
    return f"{said}."
