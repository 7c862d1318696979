"""What of a chart travels to the browser: the whole, or only what is new."""

import json
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from hnviz.app.kit.chart import Chart, charts
from hnviz.app.kit.panels import Panel, Panels
from hnviz.figures.curves import accuracy_curves, loss_curves
from hnviz.figures.plan import schedule_curves
from hnviz.figures.sketch import Sketch, plain_list
from hnviz.figures.theme import theme
from hnviz.runs import RunStore
from hnviz.runs.reference import notebook_table
from hnviz.runs.ruler import Bound


def panel(n_points: int, of: str = "run-a", color: str = "black") -> Panel:
    steps = list(range(n_points))
    sketch = Sketch({"xaxis": {}, "yaxis": {}})
    ys = [0.5 * step for step in steps]
    sketch.add_scatter(x=steps, y=ys, text=[f"at {y}" for y in ys], line={"color": color})
    sketch.add_annotation(x=n_points, y=0, text=f"{n_points} points")
    return Panel(name="loss", sketch=sketch, alt="A **loss**.", of=of)


class Drawn(Panels):
    """A topic of one chart."""

    name = "drawn"


def news(each: Panel, have: object = None) -> tuple[dict | None, object]:
    """What a follower that has something is sent of one chart, and what it has then."""
    told, has = Drawn().news([each], have)
    return (None if told is None else told["panels"][0]), json.loads(json.dumps(has))


def test_new_points_travel_alone():
    first, has = news(panel(3))
    assert first["figure"]["data"][0]["x"] == [0, 1, 2]
    assert first["alt"] == "A loss."
    second, has = news(panel(5), has)
    assert "figure" not in second
    assert second["version"] == first["version"]
    text = ["at 1.5", "at 2.0"]
    assert second["traces"] == [{"from": 3, "x": [3, 4], "y": [1.5, 2.0], "text": text}]
    assert second["marks"]["annotations"][0]["text"] == "5 points"
    assert news(panel(5), has) == (None, has)


def test_notes_travel_where_they_have_changed():
    one = replace(panel(3), sentence="After **3** steps.", notes=["A long note.", "Another one."])
    first, has = news(one)
    assert first["notes"] == ["A long note.", "Another one."]
    second, has = news(replace(one, sentence="It has **ended**."), has)
    assert second["sentence"] == "It has **ended**." and "notes" not in second
    assert second["traces"][0]["x"] == []
    third, has = news(replace(one, sentence="It has **ended**.", notes=["A short note."]), has)
    assert third["notes"] == ["A short note."]
    assert news(panel(3), has)[0]["notes"] == []


@pytest.mark.parametrize(
    "other",
    [panel(5, of="run-b"), panel(5, color="red"), panel(2)],
    ids=["another run of the same recipe", "another look", "points dropped by a resume"],
)
def test_another_figure_travels_whole(other):
    _, has = news(panel(3))
    told, _ = news(other, has)
    assert len(told["figure"]["data"][0]["x"]) == len(other.drawn["data"][0]["x"])


@pytest.mark.parametrize("have", [None, 7, {"loss": 3}, {"loss": {"version": "x", "counts": "y"}}])
def test_a_browser_that_has_nothing_of_use_gets_the_whole(have):
    told, has = news(panel(4), have)
    assert len(told["figure"]["data"][0]["x"]) == 4
    assert "figure" not in news(panel(5), has)[0]


def test_a_browser_that_was_away_gets_all_that_it_missed():
    _, has = news(panel(3))
    told, _ = news(panel(40), has)
    assert told["traces"][0]["x"] == list(range(3, 40))


@pytest.mark.parametrize("draw", ["loss", "accuracy", "schedule"])
def test_what_travels_unchecked_is_what_plotly_would_send(draw, tmp_path):
    record, look = RunStore(tmp_path).record("Model5"), theme("dark")
    table = notebook_table("Model5")
    bounds = {"train": [Bound(1, 0.25, 0.0)], "valid": [Bound(1, 0.4, 0.0)]}
    sketch = {
        "loss": lambda: loss_curves(record, look, table, [Bound(1, 0.4, 0.0, 1.5)]),
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


def test_a_view_answers_with_charts():
    sketch = panel(3).sketch
    sketch.update_layout(height=240)
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3.0, 4.0]))
    shown = charts("A **sentence**.", Chart(sketch, title="Loss"), Chart(figure, marks="step"))
    assert shown.sentence == "A **sentence**."
    first, second = shown.meta["charts"]
    assert first == {
        "figure": sketch.plain(), "title": "Loss", "note": "", "marks": "", "height": 240
    }  # fmt: skip
    assert second["height"] == 300 and second["marks"] == "step"
    assert second["figure"]["data"][0]["type"] == "scatter"
    json.dumps(shown.meta)
