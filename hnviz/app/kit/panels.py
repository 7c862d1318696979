"""Plotly charts that grow: the whole figure is sent once, then only its new points.

class Curves(Panels):  # a topic: hnviz/app/topics.py lists it
name = "curves"
def draw(self, moment, params): return [Panel(name="loss", sketch=..., ...)]

CURVES = growing(__file__, Place("train_curves", "400px"), Curves())  # in picture.py
CURVES(run=run_id)  # on a page
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hnviz.app.kit.chart import Charts
from hnviz.app.kit.picture import Example, Place
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import MODES
from hnviz.questions.params import Param
from hnviz.web.topics import Topic, short_hash

POINTS = ("x", "y", "text")
"""The parts of a trace that have a value for each point."""

MARKS = ("annotations", "shapes")
"""The parts of a layout that move with the newest point."""


@dataclass(frozen=True)
class Panel:
    """One of the charts that are drawn together; many viewers may see it."""

    name: str
    sketch: Sketch
    alt: str  # the sentence that says what the chart shows
    of: str  # the run's id: another run's curves are drawn whole, without the zoom
    title: str = ""
    note: str = ""
    height: int = 300
    x_marks: str = ""  # the mark that x is, as "step": see hnviz.app.kit.chart
    attempt: int = 0  # a new one may have replaced points: the chart is drawn whole, with the zoom
    sentence: str = ""  # above all charts of the picture
    notes: Sequence[str] = ()  # in a fold below them; `**` marks what is bold

    @cached_property
    def drawn(self) -> dict[str, Any]:
        """The figure as the browser takes it."""
        return self.sketch.plain()

    @cached_property
    def version(self) -> str:
        """A hash of all but the points and the labels that move: another is another figure."""
        return _version(self.of, self.attempt, self.drawn)

    @cached_property
    def counts(self) -> list[int]:
        """How many points each trace has."""
        return [len(trace.get("x") or ()) for trace in self.drawn["data"]]

    @property
    def marks(self) -> dict[str, Any]:
        """The labels and lines that move with the newest point."""
        return {name: self.drawn["layout"].get(name, []) for name in MARKS}

    @property
    def head(self) -> dict[str, Any]:
        """What a browser gets of a chart besides its points."""
        return {
            "name": self.name,
            "title": self.title,
            "note": self.note,
            "alt": self.alt.replace("**", ""),
            "sentence": self.sentence,
            "height": self.height,
            "of": self.of,
            "x_marks": self.x_marks,
            "version": self.version,
        }

    @cached_property
    def rest(self) -> str:
        """A hash of what can change without a new point."""
        return short_hash([self.marks, self.alt, self.title, self.note, self.sentence, self.height])

    @cached_property
    def noted(self) -> str:
        """A hash of the notes, which are the longest part and rarely change."""
        return short_hash(list(self.notes))

    def grown(self, counts: Sequence[int]) -> list[dict[str, Any]]:
        """Return each trace's points from a number of points on."""
        return [
            {"from": first} | {name: trace[name][first:] for name in POINTS if name in trace}
            for first, trace in zip(counts, self.drawn["data"], strict=True)
        ]


class Panels(Topic):
    """A topic of charts that grow, side by side.

    News: {"panels": [{name, title, note, alt, sentence, height, of, version, and either figure, or
    traces and marks}]}, only of the charts that have changed, with their notes if these changed. A
    trace is {from, x, y}: its points from the index `from` on, and their text if it has any.
    """

    params: Mapping[str, Param] = {"mode": Param(MODES, "light")}

    def draw(self, moment: Any, params: Mapping[str, Any]) -> list[Panel]:
        """Return the charts, in order."""
        raise NotImplementedError

    def news(self, state: list[Panel], have: Any) -> tuple[Mapping[str, Any] | None, Any]:
        """Return the charts that have more than a follower has."""
        known = have if isinstance(have, dict) else {}
        told = [_news(panel, known.get(panel.name)) for panel in state]
        has = {
            panel.name: {
                "version": panel.version,
                "counts": panel.counts,
                "rest": panel.rest,
                "notes": panel.noted,
            }
            for panel in state
        }
        changed = [panel for panel in told if panel is not None]
        return ({"panels": changed} if changed else None), has


def _news(panel: Panel, known: Any) -> dict[str, Any] | None:
    """Return what a follower lacks of one chart; None for nothing."""
    known = known if isinstance(known, dict) else {}
    counts, noted = known.get("counts"), known.get("notes") == panel.noted
    head = panel.head if noted else {**panel.head, "notes": list(panel.notes)}
    if not isinstance(counts, list) or known.get("version") != panel.version:
        return {**head, "figure": panel.drawn}
    if counts == panel.counts and known.get("rest") == panel.rest and noted:
        return None
    if not _continues(counts, panel.counts):
        return {**head, "figure": panel.drawn}
    return {**head, "traces": panel.grown(counts), "marks": panel.marks}


def _continues(before: list[Any], now: list[int]) -> bool:
    """Return whether each trace has at least the points that it had."""
    return len(before) == len(now) and all(
        isinstance(b, int) and 0 <= b <= n for b, n in zip(before, now, strict=True)
    )


def _version(of: str, attempt: int, drawn: Mapping[str, Any]) -> str:
    """Hash all of a figure but its points and moving labels."""
    traces = [
        {name: value for name, value in trace.items() if name not in POINTS}
        for trace in drawn["data"]
    ]
    layout = {name: value for name, value in drawn["layout"].items() if name not in MARKS}
    text = json.dumps([of, attempt, traces, layout], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Growing(Charts):
    """A picture of charts that grow: it follows a topic, and draws nothing else."""

    topic: str = ""
    fold: str = ""

    def given(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Say what it follows, and the name of the fold with the charts' notes."""
        return {**super().given(settings), "topic": self.topic, "fold": self.fold}


def growing(
    file: str,
    place: Place,
    topic: Panels,
    *,
    fold: str = "",
    examples: Mapping[str, Example] | None = None,
) -> Growing:
    """Make a picture in a folder that has no JavaScript of its own; `fold` names that of its notes.

    The setting "sentence" is above the charts until the topic sends one.
    """
    picture = Growing(
        file,
        place,
        draws="kit/panels",
        isolate=False,
        silent=True,
        examples=examples or {},
    )
    picture.topic, picture.fold = topic.name, fold
    return picture
