"""Charts of a task: the best accuracy by context, and a run's accuracy below its ceiling."""

from typing import TYPE_CHECKING, Any

from hnviz.figures.curves import ONE_PANEL, n_batches_of
from hnviz.figures.labels import EndLabel, end_labels
from hnviz.figures.ruler import HAIRLINE, PERCENT
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme, apply
from hnviz.tasks.bounds import Statement
from hnviz.tasks.reach import Outlook
from hnviz.tasks.sentences import figure, tokens

if TYPE_CHECKING:
    from hnviz.runs import RunRecord

HEIGHT = 268  # px
FULL = 104.0  # percent, the top of the axis: rings stay whole
LABELS = 132  # px right of the plot
MARGIN = {"l": 62, "r": LABELS, "t": 12, "b": 48}
PERCENT_A_PIXEL = FULL / (HEIGHT - 12 - 48)
CEILING, SHOWN, CHANCE = "best possible", "what the gradient shows", "chance"
LEAST = "least possible"


def context_curve(statement: Statement, look: Theme) -> Sketch:
    """Draw the best accuracy of a predictor that sees the last 0, 1, 2, ... tokens.

    Lines show the best with unbounded memory, and a guess at random.
    """
    fig, limit, chance = Sketch(ONE_PANEL), 100 * statement.limit, 100 / statement.n_tokens
    ends = _ends(statement)
    _level(fig, CEILING, limit, (ends, look, "solid"))
    _level(fig, CHANCE, chance, (ends, look, "dot"))
    best = [100 * each.accuracy for each in (statement.blind, *statement.curve)]
    _by_context(fig, best, "%{y:.2f} %", look)
    _axes(fig, look, "accuracy")
    _contexts(fig, statement, statement.context, look)
    labels = [
        EndLabel(limit, f"<b>best {figure(statement.limit)}</b>", look.text),
        EndLabel(chance, f"chance {figure(1 / statement.n_tokens)}", look.muted),
    ]
    end_labels(fig, labels, look, PERCENT_A_PIXEL)
    return fig


def loss_curve(statement: Statement, look: Theme) -> Sketch:
    """Draw the least loss to expect of a predictor that sees the last 0, 1, 2, ... tokens.

    A line shows the least with unbounded memory.
    """
    fig, ends = Sketch(ONE_PANEL), _ends(statement)
    _level(fig, LEAST, statement.least, (ends, look, "solid"))
    losses = [each.loss for each in (statement.blind, *statement.curve)]
    _by_context(fig, losses, "%{y:.3f} nats", look)
    _axes(fig, look, "loss, nats")
    top = max(0.1, 1.08 * losses[0])
    fig.update_yaxes(range=[-0.03 * top, top], tickvals=None, ticktext=None, nticks=6)
    _contexts(fig, statement, statement.least_context, look)
    label = EndLabel(statement.least, f"<b>least {statement.least:.3f}</b>", look.text)
    end_labels(fig, [label], look, top / (HEIGHT - 12 - 48))
    return fig


def _ends(statement: Statement) -> tuple[float, float]:
    """Return the ends of the axis of contexts, with room for whole marks."""
    last = len(statement.curve)
    edge = max(0.3, 0.03 * last)
    return -edge, last + edge


def _by_context(fig: Sketch, values: list[float], said: str, look: Theme) -> None:
    fig.add_scatter(
        name="best with so many tokens",
        x=list(range(len(values))),
        y=values,
        mode="lines+markers",
        line={"color": look.valid, "width": 2.5, "shape": "linear"},
        marker={"symbol": "circle", "size": 7 if len(values) < 21 else 5, "color": look.valid},
        hovertemplate=f"last %{{x}} tokens: {said}<extra></extra>",
    )


def _contexts(fig: Sketch, statement: Statement, enough: int | None, look: Theme) -> None:
    """Give a chart its axis of contexts, with a mark at the one that is enough."""
    last = len(statement.curve)
    if enough is not None and enough <= last:
        _enough(fig, enough, look)
    title = {"text": "context: last tokens that the predictor sees"}
    fig.update_xaxes(title=title, range=_ends(statement), nticks=12)
    if last < 12:
        fig.update_xaxes(tickvals=list(range(last + 1)))


def run_curve(record: "RunRecord", before: Outlook | None, look: Theme) -> Sketch:
    """Draw a run's accuracy on valid at the end of each epoch, and the ceilings of its model.

    `before` is None for a run on a text that is no task: it has no ceiling.
    """
    epochs, n_steps = record.epoch_frame(), n_batches_of(record) * record.config.epochs
    ends = (-0.03 * n_steps, 1.03 * n_steps)
    fig, labels = Sketch(ONE_PANEL), []
    if before is not None:
        _level(fig, CEILING, 100 * before.ceiling, (ends, look, "solid"))
        labels.append(
            EndLabel(100 * before.ceiling, f"possible {figure(before.ceiling)}", look.muted)
        )
        if before.shown < before.ceiling:
            _level(fig, SHOWN, 100 * before.shown, (ends, look, "dot"))
            within = f"{tokens(before.reader.window)} {figure(before.shown)}"
            labels.append(EndLabel(100 * before.shown, within, look.muted))
    accuracy = (100 * epochs["accuracy"]).tolist()
    fig.add_scatter(
        name="valid",
        x=epochs["step"],
        y=accuracy,
        mode="lines+markers",
        line={"color": look.valid, "width": 2.5},
        marker={"symbol": "circle", "size": 6, "color": look.valid},
        hovertemplate="step %{x}: %{y:.2f} %<extra></extra>",
    )
    if accuracy:
        labels.append(
            EndLabel(accuracy[-1], f"<b>valid {figure(accuracy[-1] / 100)}</b>", look.text)
        )
    _axes(fig, look, "accuracy on valid")
    fig.update_xaxes(title={"text": "step"}, range=ends, nticks=6)
    end_labels(fig, labels, look, PERCENT_A_PIXEL)
    return fig


def _level(
    fig: Sketch, name: str, level: float, line: tuple[tuple[float, float], Theme, str]
) -> None:
    """Draw a line across the plot: from where to where, in which theme, with which dash."""
    ends, look, dash = line
    fig.add_scatter(
        name=name,
        x=ends,
        y=[level] * 2,
        mode="lines",
        line={"color": look.bound, "width": HAIRLINE, "dash": dash},
        hoverinfo="skip",
    )


def _enough(fig: Sketch, context: int, look: Theme) -> None:
    """Mark the context that is enough."""
    fig.add_shape(
        type="line",
        x0=context,
        x1=context,
        y0=0,
        y1=1,
        yref="paper",
        line={"color": look.primary, "width": 1.5, "dash": "5px,4px"},
    )


def _axes(fig: Sketch, look: Theme, title: str) -> None:
    apply(fig, look, height=HEIGHT, margin=MARGIN)
    wide: dict[str, Any] = {"title": {"text": title}, "range": [0, FULL], **PERCENT}
    fig.update_yaxes(**wide)
