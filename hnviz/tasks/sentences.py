"""A task's exact figures in sentences."""

from collections.abc import Iterator

from hnviz.tasks.bounds import Statement
from hnviz.tasks.task import Task


def figure(accuracy: float) -> str:
    """Write an accuracy in percent; one that would round to 100 gets more digits."""
    if round(accuracy, 12) in (0, 1):  # a sum of probabilities is rarely exactly 1
        return f"{100 * accuracy:.0f} %"
    digits = 3 if accuracy >= 0.9995 else 1
    return f"{100 * accuracy:.{digits}f} %"


def nats(loss: float) -> str:
    """Write a loss."""
    return f"{loss:.3f} nats"


def tokens(n: int) -> str:
    """Write a number of tokens."""
    return "one token" if n == 1 else f"{n:,} tokens"


def states(n: int) -> str:
    """Write a number of states."""
    return "one state" if n == 1 else f"{n:,} states"


def statement_lines(task: Task, statement: Statement, n_valid: int) -> Iterator[str]:
    """Describe a task: accuracy, context, loss, states; `n_valid` is the length of valid."""
    yield f"The best possible accuracy is {figure(statement.limit)}."
    if statement.answers:
        yield (
            f"Answers are {figure(statement.answers)} of the tokens. With enough memory all are "
            f"right; a predictor that sees only the last token gets "
            f"{figure(statement.best_answers(1))} of them."
        )
    yield _context(statement)
    yield least_line(statement, n_valid)
    yield _least_context(statement)
    needs = f"To remember {task.holds}, a machine needs {states(statement.rule_states)}"
    if statement.stream_states == statement.rule_states:
        yield f"{needs}."
    else:
        yield f"{needs}; to know its place in the text as well, {statement.stream_states:,}."


def least_line(statement: Statement, n_valid: int) -> str:
    """Say which loss to expect, and how much it varies by chance on a text of n_valid tokens."""
    said = f"The least loss to expect is {nats(statement.least)}"
    said += give_or_take(statement, n_valid)
    said += f"; without context {statement.blind.loss:.3f}"
    if statement.least_context != 0:
        said += f", with the last token {statement.least_loss(1):.3f}"
    return f"{said}."


def give_or_take(statement: Statement, n_tokens: int) -> str:
    """Say how much the least loss varies by chance on n_tokens; empty if it does not."""
    error = statement.error(n_tokens)
    return f", give or take {error:.3f} on valid (two standard errors)" if error >= 0.0005 else ""


def _least_context(statement: Statement) -> str:
    n = statement.least_context
    if n == statement.context:
        return "The probabilities of the next token need the same context as the best guess."
    needs = "no number of tokens is enough" if n is None else f"it takes the last {tokens(n)}"
    return (
        "The best guess needs less memory than the probabilities of the next token. For the "
        f"probabilities, {needs}. Accuracy hides that, but loss shows it."
    )


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
