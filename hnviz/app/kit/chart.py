"""Still charts: Plotly figures from views, or from a page that shows no run.

A picture of charts is a folder with a ``picture.py`` and no JavaScript of its own:

    def _reach(look: Look) -> Reply:
        sketch = reach_curves(..., look_of(look))  # a Sketch or a go.Figure, in the theme asked for
        return charts("Model5 ...", Chart(sketch, title="Accuracy", note="valid"))

    REACH_VIEW = View("reach", {"mode": MODE}, _reach)  # MODE and look_of: hnviz.app.kit.drawn
    REACH = charted(__file__, REACH_VIEW, height="340px")

and on the page ``REACH(run=run_id, asks=[ask(REACH_VIEW)])``. The sentence appears
above the charts and is their alt. The charts of all asked views are side by side from 420 px of
width each. ``Chart(marks="step")`` marks the x of the hovered point as "step" in the page's other
pictures (kit/js/page.js), and shows their mark as a line.

A chart that is about no run comes with the page: ``still_chart(key, figure, alt)``.

plotly.js (1.2 MB) is loaded once a tab, when the first chart is scrolled to and no other picture
waits for an answer (kit/js/plotly.js).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import plotly.graph_objects as go

from hnviz.app.kit.picture import ROOT, Example, Picture, Place
from hnviz.figures.sketch import Sketch, plain_list
from hnviz.questions.view import Reply, View
from hnviz.web.assets import ASSETS

FOLDER = "kit/chart"
FOLD = 32  # px: the line "More"


@dataclass(frozen=True)
class Chart:
    """One figure with what is written around it."""

    figure: go.Figure | Sketch
    title: str = ""
    note: str = ""  # small, beside the title
    marks: str = ""  # the mark that x is, "step" or "token"; "" for none

    @property
    def sent(self) -> dict[str, Any]:
        """The chart as the browser takes it."""
        drawn = plain(self.figure)
        height = int(drawn["layout"].get("height") or 300)
        return {
            "figure": drawn,
            "title": self.title,
            "note": self.note,
            "marks": self.marks,
            "height": height,
        }


class Charts(Picture):
    """A picture that Plotly draws."""

    def given(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Say where plotly.js is."""
        return {"plotly": ASSETS.plotly, **settings}


def charts(sentence: str, *drawn: Chart) -> Reply:
    """Answer a view with charts, side by side where there is room."""
    return Reply({}, {"charts": [chart.sent for chart in drawn]}, sentence)


def charted(
    file: str, place: Place, *views: View, examples: Mapping[str, Example] | None = None
) -> Charts:
    """Make a picture of charts in a folder that has no JavaScript of its own."""
    return Charts(
        file,
        place,
        views=views,
        draws=FOLDER,
        isolate=False,
        examples=examples or {},
    )


def still_chart(key: str, figure: go.Figure | Sketch, alt: str) -> None:
    """Draw a figure that is about no run; the page sends it in the reader's theme."""
    chart = Chart(figure).sent
    _still(chart["height"])(key=key, settings={"charts": [chart], "alt": alt.replace("**", "")})


@cache
def _still(height: int) -> Charts:
    """Return the picture that keeps the place of a chart of some height."""
    file = ROOT / f"{FOLDER}_{height}" / "picture.py"  # where its own folder would be
    return charted(str(file), Place("*", f"{height + FOLD}px"))


def plain(figure: go.Figure | Sketch) -> dict[str, Any]:
    """Return a figure's data and layout as plotly.js takes them."""
    if isinstance(figure, Sketch):
        return figure.plain()
    drawn: dict[str, Any] = json.loads(figure.to_json())
    for trace, own in zip(drawn["data"], figure.data, strict=True):
        trace |= {"x": plain_list(own.x), "y": plain_list(own.y)}  # Plotly packs them as bytes
    return drawn
