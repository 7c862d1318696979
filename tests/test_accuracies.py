"""One accuracy on train and one on valid for a run, wherever it is shown."""

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import hnviz
from hnviz.app.rooms.start.overview import ladder_rows, ladder_sentence
from hnviz.app.run import text as run_text
from hnviz.app.run.list.rows import row
from hnviz.app.shell.server import server
from hnviz.export.report import report
from hnviz.figures.inside import epochs_by_kind
from hnviz.figures.numbers import accuracy
from hnviz.models.catalogue import BUILT_IN
from hnviz.questions.frame import unpack
from hnviz.runs.reference import one_recipe_table, spread_of
from hnviz.runs.shipped import shipped_configs
from hnviz.web.runs import curve_routes, run_routes
from hnviz.web.state import CurrentRun, ServerState

NO_ENGINE = SimpleNamespace(start=lambda: None, job=lambda run: None, jobs=list)


@pytest.fixture(scope="module")
def client():
    state = ServerState(server().store, lambda: NO_ENGINE)
    routes = [*run_routes(state), *curve_routes(state, lambda config, given, shipped: given)]
    return TestClient(Starlette(routes=routes))


@pytest.mark.parametrize("run", shipped_configs())
def test_all_places_show_the_same_two_figures(run, client):
    store = server().store
    record, line = store.record(run), store.line(run)
    wanted = train, valid = record.train_pass.accuracy, record.epochs[-1].accuracy
    listed, summary = row(line, {}), client.get(f"/api/runs/{run}").json()["summary"]
    (compared,) = unpack(client.get(f"/api/curves?runs={run}").content).meta["runs"]
    assert (record.accuracies.train, record.accuracies.valid) == wanted
    assert (line.train_accuracy, line.accuracy) == wanted
    assert (listed["on train"], listed["accuracy"]) == wanted
    assert (summary["train_accuracy"], summary["accuracy"]) == wanted
    assert compared["train_accuracy"] == train
    assert epochs_by_kind(record)["epochs"][-1]["accuracy"] == valid
    assert all(accuracy(share) in run_text.figures(record) for share in wanted)
    assert accuracy(train) in run_text.lead(CurrentRun(record, "finished"))
    assert accuracy(valid) in repr(hnviz.open(run))
    page = report(store, [run]).decode().replace("\N{NO-BREAK SPACE}", " ")
    lead = page.split('<p class="lead">')[1].split("</p>")[0]
    assert all(f"<b>{accuracy(share)}</b>" in lead for share in wanted)


def test_count_shows_them_with_the_range_of_their_seeds():
    rows = {each.model: each for each in ladder_rows()}
    for model in BUILT_IN:
        reached = server().store.record(model).accuracies
        assert (rows[model].train, rows[model].valid) == (reached.train, reached.valid)
        low, high = rows[model].seeds
        assert round(low, 3) <= round(rows[model].valid, 3) <= round(high, 3)
    said = ladder_sentence(list(rows.values()))
    ends = [rows[model].seeds for model in ("Model0", "Model5")]
    assert all(accuracy(share) in said for pair in ends for share in pair)


def test_the_run_of_model4_is_the_best_of_its_seeds():
    own = one_recipe_table("Model5").query("recipe == 'Model4' and model == 'Model4'")
    record = server().store.record("Model4")
    assert own["valid"].idxmax() == own.query("seed == 0").index[0]
    assert own["valid"].max() == pytest.approx(record.accuracies.valid, abs=1e-4)
    places = {
        model: spread_of(record.config, ()).none_is(record.accuracies.valid)
        for model in ("Model0", "Model4", "Model5")
        for record in [server().store.record(model)]
    }
    assert places == {"Model0": "", "Model4": "higher", "Model5": ""}
