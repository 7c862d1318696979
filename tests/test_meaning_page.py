"""What a state means, on the page without a browser: every model, and a run that trains."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.rooms.hidden_states.states import Asked, Shown
from hnviz.app.rooms.hidden_states.stretch import Stretch
from hnviz.app.run import settled
from hnviz.app.run.text import Standing
from hnviz.config import RunConfig
from hnviz.events import EpochEnd
from hnviz.runs import RunRecord

ROOT = Path(__file__).parent.parent
VIEWS = {
    "What the units code": ("states_seen_grid", "states_seen_probes"),
    "Find it elsewhere": ("states_seen_find",),
    "Path of the state": ("states_seen_path",),
}


def open_view(view: str, **query: str) -> AppTest:
    """Open the page as if the view had been scrolled to."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"states_view": view, **query})
    for key in VIEWS[view]:
        app.session_state[key] = {"seen": True}
    app.run()
    return app.switch_page("pages/states.py").run()


def text(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in [*app.markdown, *app.get("html")])


@pytest.mark.usefixtures("own_runs")
@pytest.mark.parametrize(
    ("view", "query", "said"),
    [
        ("What the units code", {"run": "Model2"}, "Model2 after 400 steps: unit **"),
        ("What the units code", {"snapshot": "0"}, "Model5 untrained: a linear probe"),
        ("Find it elsewhere", {"run": "Model3"}, "at each token of “three hundred”"),
        (
            "Find it elsewhere",
            {"run": "Model0", "states_text": "valid", "states_first": "500", "states_n": "30"},
            "at each token of “eight ,”",
        ),
        ("Find it elsewhere", {"states_phrase": "one"}, "at each token of “one”"),
        ("Find it elsewhere", {"states_threshold": "x"}, "the address wanted 'x' here"),
        ("Path of the state", {"run": "Model1", "states_path_first": "1"}, "reads 1 to 20"),
        ("Path of the state", {"states_path_n": "101"}, "1 to 100 numbers can be followed"),
    ],
)
def test_a_view_is_drawn_of_any_run_and_text(view, query, said):
    app = open_view(view, **query)
    assert not app.exception
    assert said in text(app).replace("\\", "")


@pytest.mark.usefixtures("own_runs")
def test_nothing_is_asked_before_a_view_is_seen():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/states.py").run()
    assert text(app).count("Reading the text …") == 2


SHOWN = Shown("a", 40, Asked(Stretch(("one",), {"ids": [12]}), 1, "state", "clustered"))
EPOCH = EpochEnd(
    epoch=0, step=20, train_loss=1, valid_loss=1, accuracy=0.5, train_accuracy=0.5, seconds=1
)
RECORD = RunRecord(id="a", config=RunConfig(), snapshots=(0, 10, 20, 30, 40), epochs=(EPOCH,))


@pytest.mark.parametrize(
    ("status", "record", "step"),
    [
        ("running", RECORD, 20),  # an epoch's end, not the newest
        ("running", replace(RECORD, epochs=()), None),
        ("paused", RECORD, 40),
        ("finished", RECORD, 40),
    ],
)
def test_a_run_that_trains_is_looked_at_as_its_last_epoch_left_it(
    monkeypatch, status, record, step
):
    monkeypatch.setattr(settled, "look_again", lambda _: Standing(record, status))
    looked = settled.settled(SHOWN)
    assert (looked and looked[1]) == step
