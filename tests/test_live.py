"""What of a live chart travels to the browser: the whole, or only what is new."""

import json

import pytest

from hnviz.app.kit import live
from hnviz.app.kit.live import Panel, live_figures
from hnviz.figures.curves import accuracy_curves, loss_curves, schedule_curves
from hnviz.figures.sketch import Sketch, plain_list
from hnviz.figures.theme import theme
from hnviz.runs import RunStore
from hnviz.runs.reference import notebook_table
from hnviz.runs.ruler import Bound


def panel(n_points: int, of: str = "run-a", color: str = "black") -> Panel:
    steps = list(range(n_points))
    sketch = Sketch({"xaxis": {}, "yaxis": {}})
    sketch.add_scatter(x=steps, y=[0.5 * step for step in steps], line={"color": color})
    sketch.add_annotation(x=n_points, y=0, text=f"{n_points} points")
    return Panel(name="loss", sketch=sketch, alt="A **loss**.", of=of)


@pytest.fixture
def sent(monkeypatch):
    """Draw charts in a session of its own; return the message for each."""
    session: dict = {}
    messages: list[dict] = []
    monkeypatch.setattr(live.st, "session_state", session)
    monkeypatch.setattr(live, "serve", lambda name, folder: f"served/{name}")
    monkeypatch.setattr(live, "_component", lambda key, data: messages.append(data["panels"][0]))

    def draw(each: Panel, need: str | None = None) -> dict:
        if need is not None:
            session["chart"] = {"need": need}
        live_figures([each], "chart")
        return messages[-1]

    return draw


def test_new_points_travel_alone(sent):
    first = sent(panel(3))
    assert first["figure"]["data"][0]["x"] == [0, 1, 2]
    assert first["alt"] == "A loss."
    second = sent(panel(5))
    assert "figure" not in second
    assert second["version"] == first["version"]
    assert second["traces"] == [{"from": 3, "x": [3, 4], "y": [1.5, 2.0]}]
    assert second["marks"]["annotations"][0]["text"] == "5 points"


@pytest.mark.parametrize(
    "other",
    [panel(5, of="run-b"), panel(5, color="red"), panel(2)],
    ids=["another run of the same recipe", "another look", "points dropped by a resume"],
)
def test_another_figure_travels_whole(sent, other):
    sent(panel(3))
    assert len(sent(other)["figure"]["data"][0]["x"]) == len(other.drawn["data"][0]["x"])


def test_a_browser_that_lacks_points_gets_the_whole_once(sent):
    sent(panel(3))
    assert "figure" in sent(panel(4), need="lost:1")
    assert "figure" not in sent(panel(5), need="lost:1")  # the same request, seen again


@pytest.mark.parametrize("draw", ["loss", "accuracy", "schedule"])
def test_what_travels_unchecked_is_what_plotly_would_send(draw, tmp_path):
    record, look = RunStore(tmp_path).record("Model5"), theme("dark")
    table = notebook_table("Model5")
    bounds = {"train": [Bound(1, 0.25, 0.0)], "valid": [Bound(1, 0.4, 0.0)]}
    sketch = {
        "loss": lambda: loss_curves(record, look, table),
        "accuracy": lambda: accuracy_curves(record, look, table, bounds),
        "schedule": lambda: schedule_curves(record.config, 400, look, now=12),
    }[draw]()
    figure = sketch.figure()
    checked = json.loads(figure.to_json())
    for trace, source in zip(checked["data"], figure.data, strict=True):
        trace |= {"x": plain_list(source.x), "y": plain_list(source.y)}
    checked["layout"].setdefault("shapes", [])  # none are left out
    template = checked["layout"].pop("template")
    assert template == {"data": {"scatter": [{"type": "scatter"}]}}  # "none": nothing is set
    assert json.loads(json.dumps(sketch.plain())) == checked
