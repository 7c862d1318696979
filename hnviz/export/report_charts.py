"""The charts of a report, each for a page's width and for a phone's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from hnviz.data.stream import SPLITS
from hnviz.figures.numbers import accuracy
from hnviz.figures.overlay import NARROW, WIDE, Course, Overlay, overlay, stroke_of
from hnviz.figures.panel import Stroke
from hnviz.figures.ruler import merged, merged_losses
from hnviz.figures.ruler_text import lines_note
from hnviz.figures.theme import Theme, theme
from hnviz.runs import RunRecord
from hnviz.runs.ruler import Bound

NAMES = ("text", "muted", "border", "train", "valid", "bound")
LONGEST = 34  # characters of a run's name in a chart

Columns = Mapping[str, tuple[str, str]]

MEASURES: Mapping[str, tuple[str, bool]] = {
    "accuracy": ("Right on valid", True),
    "train_accuracy": ("Right on train, running", True),
    "valid_loss": ("Loss on valid, nats per token", False),
}
"""A field of an epoch -> what a chart of it is called, and whether it is a share."""


def variable_theme() -> Theme:
    """Return a theme whose colours are CSS variables: one drawing serves both modes and paper."""
    look = theme("light")
    runs = tuple(f"var(--hn-run-{at})" for at in range(len(look.categorical)))
    named: dict[str, Any] = {name: f"var(--hn-{name})" for name in NAMES}
    return replace(look, categorical=runs, **named)


def colours(mode: str) -> dict[str, str]:
    """Return the variables of `variable_theme` in a mode."""
    look = theme(mode)
    runs = {f"--hn-run-{at}": color for at, color in enumerate(look.categorical)}
    return {**{f"--hn-{name}": getattr(look, name) for name in NAMES}, **runs}


def run_charts(record: RunRecord, bounds: Mapping[str, Sequence[Bound]]) -> Iterator[Markup]:
    """Draw a run's loss, and its accuracy on train and on valid with the memory ruler's lines."""
    look = variable_theme()
    strokes = {"train": Stroke(look.train, "7 4", 2), "valid": Stroke(look.valid, "", 2.5, True)}
    steps = [epoch.step for epoch in record.epochs]
    losses = [epoch.valid_loss for epoch in record.epochs]
    yield _figure(
        Overlay(
            title="Loss, nats per token",
            said=f"Loss by training step: valid ends at {losses[-1]:.3f}.",
            courses=[
                _losses(record, "train", strokes["train"]),
                Course(f"valid {losses[-1]:.2f}", steps, losses, strokes["valid"]),
            ],
            levels=[(line.best, line.name) for line in merged_losses(bounds["valid"])],
        ),
        f"{lines_note(bounds['valid']).capitalize()}.",
    )
    for split, column in zip(SPLITS, ("train_accuracy", "accuracy"), strict=True):
        shares = [getattr(epoch, column) for epoch in record.epochs]
        name = f"{split} {accuracy(shares[-1])}"
        lines = merged(bounds[split])
        yield _figure(
            Overlay(
                title=MEASURES[column][0],
                said=f"Share right on {split} by training step: it ends at {accuracy(shares[-1])}.",
                courses=[Course(name, steps, shares, strokes[split])],
                levels=[(line.best, line.name) for line in lines],
                share=True,
            ),
            "Thin lines: what the last few tokens give at this run's own answers." if lines else "",
        )


def together_charts(records: Mapping[str, RunRecord]) -> Iterator[Markup]:
    """Draw the runs over each other: both accuracies and both losses."""
    look = variable_theme()
    strokes = {name: stroke_of(at, look) for at, name in enumerate(records)}
    for column, (title, share) in MEASURES.items():
        courses = []
        for name, record in records.items():
            values = [getattr(epoch, column) for epoch in record.epochs]
            steps = [epoch.step for epoch in record.epochs]
            stroke = replace(strokes[name], dots=len(values) == 1)
            courses.append(Course(_short(name), steps, values, stroke))
        yield _together(title, courses, share=share)
    losses = [_losses(each, _short(name), strokes[name]) for name, each in records.items()]
    yield _together("Loss on train, nats per token", losses, share=False)


def _losses(record: RunRecord, name: str, stroke: Stroke) -> Course:
    """Return the train loss of each step, a running mean."""
    steps = [batch.step + 1 for batch in record.batches]
    values = [batch.smooth_loss for batch in record.batches]
    said = f"{name} {values[-1]:.2f}" if name == "train" and values else name
    return Course(said, steps, values, stroke)


def _together(title: str, courses: Sequence[Course], *, share: bool) -> Markup:
    ends = {each.name: each.end for each in courses}
    said = ", ".join(
        f"{name} {'has no figure' if end is None else accuracy(end) if share else f'{end:.2f}'}"
        for name, end in ends.items()
    )
    return _figure(Overlay(title=title, said=f"At the end: {said}.", courses=courses, share=share))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _figure(chart: Overlay, note: str = "") -> Markup:
    look = variable_theme()
    drawn = [Markup(overlay(chart, look, width)) for width in (WIDE, NARROW)]  # its text is escaped
    sizes = Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(*drawn)
    below = Markup('<p class="note">{}</p>').format(note) if note else ""
    return Markup("<figure><figcaption>{}</figcaption>{}{}</figure>").format(
        chart.title, sizes, below
    )
