"""What of a live chart travels to the browser: the whole, or only what is new."""

import plotly.graph_objects as go
import pytest

from hnviz.ui import live
from hnviz.ui.live import Panel, live_figures


def panel(n_points: int, of: str = "run-a", color: str = "black") -> Panel:
    steps = list(range(n_points))
    trace = go.Scatter(x=steps, y=[0.5 * step for step in steps], line={"color": color})
    figure = go.Figure(trace).add_annotation(x=n_points, y=0, text=f"{n_points} points")
    return Panel(name="loss", figure=figure, alt="A **loss**.", of=of)


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
    assert len(sent(other)["figure"]["data"][0]["x"]) == len(other.figure.data[0].x)


def test_a_browser_that_lacks_points_gets_the_whole_once(sent):
    sent(panel(3))
    assert "figure" in sent(panel(4), need="lost:1")
    assert "figure" not in sent(panel(5), need="lost:1")  # the same request, seen again
