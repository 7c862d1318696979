"""Charts of a task: the best accuracy by context, and a run's accuracy below its ceiling."""

from typing import TYPE_CHECKING, Any

from hnviz.figures.curves import ONE_PANEL, n_batches_of
from hnviz.figures.labels import EndLabel, end_labels
from hnviz.figures.ruler import HAIRLINE, PERCENT
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme, apply
from hnviz.tasks.reach import Outlook
from hnviz.tasks.statement import Statement
from hnviz.tasks.words import figure, tokens

if TYPE_CHECKING:
    from hnviz.runs import RunRecord

HEIGHT = 268  # px
FULL = 104.0  # percent, the top of the axis: rings stay whole
LABELS = 132  # px right of the plot
MARGIN = {"l": 62, "r": LABELS, "t": 12, "b": 48}
PERCENT_A_PIXEL = FULL / (HEIGHT - 12 - 48)
CEILING, SHOWN, CHANCE = "best possible", "what the gradient shows", "chance"


def context_curve(statement: Statement, look: Theme) -> Sketch:
    """Draw the best accuracy of a predictor that sees the last 0, 1, 2, ... tokens.

    Lines show the best with unbounded memory, and a guess at random.
    """
    best = [statement.blind, *(each.accuracy for each in statement.curve)]
    last = len(best) - 1
    edge = max(0.3, 0.03 * last)
    ends = (-edge, last + edge)
    fig = Sketch(ONE_PANEL)
    limit, chance = 100 * statement.limit, 100 / statement.n_tokens
    _level(fig, CEILING, limit, (ends, look, "solid"))
    _level(fig, CHANCE, chance, (ends, look, "dot"))
    fig.add_scatter(
        name="best with so many tokens",
        x=list(range(last + 1)),
        y=[100 * each for each in best],
        mode="lines+markers",
        line={"color": look.valid, "width": 2.5, "shape": "linear"},
        marker={"symbol": "circle", "size": 7 if last < 20 else 5, "color": look.valid},
        hovertemplate="last %{x} tokens: %{y:.2f} %<extra></extra>",
    )
    if statement.context is not None and statement.context <= last:
        _enough(fig, statement.context, look)
    _axes(fig, look, "accuracy")
    fig.update_xaxes(
        title={"text": "context: last tokens that the predictor sees"}, range=ends, nticks=12
    )
    if last < 12:
        fig.update_xaxes(tickvals=list(range(last + 1)))
    labels = [
        EndLabel(limit, f"<b>best {figure(statement.limit)}</b>", look.text),
        EndLabel(chance, f"chance {figure(1 / statement.n_tokens)}", look.muted),
    ]
    end_labels(fig, labels, look, PERCENT_A_PIXEL)
    return fig


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
            within = f"{tokens(before.reading.window)} {figure(before.shown)}"
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
    fig: Sketch, name: str, percent: float, line: tuple[tuple[float, float], Theme, str]
) -> None:
    """Draw a line across the plot: from where to where, in which theme, with which dash."""
    ends, look, dash = line
    fig.add_scatter(
        name=name,
        x=ends,
        y=[percent] * 2,
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
