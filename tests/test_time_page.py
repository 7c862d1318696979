"""The Through time page: what its views answer about real runs, and what the page says."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.machine.view import READING_VIEW
from hnviz.app.rooms.through_time.handover.picture import HANDOVER_VIEW
from hnviz.app.rooms.through_time.lanes.picture import LANES_VIEW, SECOND_VIEW
from hnviz.app.rooms.through_time.look_back.picture import (
    MAP_VIEW,
    OTHERS_VIEW,
    ROW_VIEW,
    WITHOUT_VIEW,
)
from hnviz.app.rooms.through_time.reach.picture import REACH_VIEW
from hnviz.data import BatchLayout, stream_of
from hnviz.figures.time_text import far_share, part
from hnviz.models.catalogue import CATALOGUE, LADDER
from hnviz.runs import SHIPPED_DIR, RunFolder
from hnviz.web.http import Refusal
from tests.pages import below, choose, controls, mounts, open_page
from tests.test_pages import text
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")

CARRYING = tuple(name for name, net in CATALOGUE.items() if net.stateful)
HAVING_STATE = [name for name, net in CATALOGUE.items() if not net.attends]


def said(app: AppTest) -> str:
    """What the page itself says, without the marks that keep its words from being Markdown."""
    return text(app).replace("\\", "")


def asks(app: AppTest, key: str) -> dict[str, dict]:
    """What a picture on the page asks, by the question's name."""
    given = mounts(app)
    (data,) = [each for each in given if each["id"] == key]
    return {each["name"]: each for each in data["asks"]}


@pytest.mark.parametrize("name", HAVING_STATE)
def test_every_model_goes_back_through_time(name):
    lanes, meta, sentence, _ = shown(LANES_VIEW, name)
    carries = name in CARRYING
    assert set(lanes) == {"reset", "untrained", *(("detach", "keep") if carries else ())}
    assert {each.shape for each in lanes.values()} == {(3 * meta["bptt"],)}
    assert meta["answers_every"] == (CATALOGUE[name].predicts == "every")
    assert len(sentence.replace("**", "")) <= 106  # one line at 1,280 pixels
    assert sentence.startswith("Detach ends" if carries else f"{name} starts from zeros")
    between = shown(HANDOVER_VIEW, name)
    assert ("The state between train and valid" in between.meta.get("wide", "")) is carries
    assert ("nothing carries over" in between.sentence) is not carries


def test_the_untrained_lane_is_the_same_at_every_training_step(recorded):
    trained, halfway, untrained = shown(LANES_VIEW), shown(LANES_VIEW, step=200), shown(
        LANES_VIEW, step=0
    )  # fmt: skip
    found = [each.arrays["untrained"] for each in (trained, halfway, untrained)]
    assert (found[0] == found[1]).all() and (found[0] == found[2]).all()
    assert part(far_share(found[0])) == "1 in 82 billion"
    kept = [far_share(each.arrays["keep"]) for each in (trained, halfway, untrained)]
    assert len(set(kept)) == 3
    assert (part(kept[0]), part(kept[2])) == ("0.2 %", "1 in 82 billion")
    recorded(trained.sentence, 7, 20, 0.2, 59)
    recorded(untrained.sentence, 7, 1, 82, 59)


@pytest.mark.parametrize(("name", "first"), [("Model5", 36), ("Model0", 7)])
def test_the_words_of_the_lanes_are_those_of_the_first_row(name, first):
    meta = shown(LANES_VIEW, name, first=first).meta
    config = RunFolder(SHIPPED_DIR / name).config
    stream = stream_of(config)
    layout = BatchLayout(len(stream.train), config.bs, config.bptt)
    rows = [layout.batch(stream.train, first + at).x[0] for at in range(3)]
    assert meta["words"] == [stream.vocab.itos[index] for index in np.concatenate(rows)]


def test_a_run_in_its_first_moment_has_lanes(recorded):
    """Its first snapshot is on disk before its record tells of it."""
    from hnviz.app.shell.server import server
    from hnviz.questions.view import Look
    from hnviz.web.answers import Asker

    run = server().current("Model5")
    young = replace(run, record=replace(run.record, snapshots=()))
    params = {"first": 5, "every": False}
    found = LANES_VIEW.answer(Look(young, 0, params, Asker(server(), "Model5", 0)))
    recorded(found.sentence, 7, 1, 82, 59, part="vanishes")
    assert "untrained" in found.arrays

    later = LANES_VIEW.answer(Look(young, 40, params, Asker(server(), "Model5", 40)))
    assert "untrained" not in later.arrays  # nothing untrained was kept


def test_all_losses_have_their_own_lanes():
    last, every = shown(LANES_VIEW), shown(LANES_VIEW, every=True)
    assert every.sentence == ""  # the takeaway is about the last step's
    assert every.meta["every"] and not last.meta["every"]
    for lane in ("detach", "keep", "untrained", "reset"):
        n = [np.count_nonzero(each.arrays[lane]) for each in (last, every)]
        assert n[1] >= n[0]
        assert (every.arrays[lane] != last.arrays[lane]).any()
    assert last.meta["batches"] == [5, 6, 7]
    assert shown(LANES_VIEW, first=9).meta["batches"] == [9, 10, 11]


def test_mini_batches_that_the_text_does_not_have_are_refused():
    with pytest.raises(Refusal, match="first of 3 must be from 0 to 37; got 38"):
        shown(LANES_VIEW, first=38)


def test_the_page_says_which_mini_batches_the_text_has():
    app = open_page("time", time_batch="9")  # the browser reads it
    data = {each["id"]: each for each in mounts(app)}
    entry = data["time_lanes"]["state"]["batch"]
    assert (entry["name"], entry["low"], entry["high"], entry["first"]) == ("time_batch", 2, 39, 7)
    batch = data["time_headline"]["settings"]["controls"]["batch"]
    assert {**entry, "before": 2} == batch


def test_a_run_whose_window_is_longer_than_the_text_is_told(recorded):
    from hnviz.config import RunConfig
    from hnviz.runs import RunStore

    made = RunStore(Path(os.environ["HNVIZ_RUNS_DIR"])).create(
        RunConfig.for_model("Model5", bs=64, bptt=4096)
    )
    assert not open_page("time", run=made.id).exception
    shipped = RunStore(Path(os.environ["HNVIZ_RUNS_DIR"])).folder("Model5")
    (made.path / "snapshots").mkdir()
    copy = shipped.snapshot_path(400).read_bytes()
    made.snapshot_path(400).write_bytes(copy)
    (made.path / "events.jsonl").write_bytes((shipped.path / "events.jsonl").read_bytes())
    assert not open_page("time", run=made.id).exception
    with pytest.raises(Refusal) as error:
        shown(LANES_VIEW, made.id)
    recorded(str(error.value), 50_079, 64, "4096", 1, 3)


def test_a_backward_too_many_is_shown_as_torchs_error(recorded):
    error = shown(SECOND_VIEW).meta["error"]
    recorded(error)
    assert "second_backward" in asks(open_page("time"), "time_lanes")
    assert "second_backward" not in asks(open_page("time", run="Model2"), "time_lanes")
    with pytest.raises(Refusal, match="Model2 carries no state"):
        shown(SECOND_VIEW, "Model2")


@pytest.mark.parametrize("model", ["Model0", "Model2", "Model5"])
def test_an_answer_loses_probability_without_the_word_that_counts_most(model):
    """The two probabilities are those of the machine, which reads both texts to their ends."""
    params = {"text": "4311 to 4314", "row": 9}
    found, row = shown(WITHOUT_VIEW, model, **params).meta, shown(ROW_VIEW, model, **params)
    at, words = found["at"], row.meta["words"][:10]
    window = row.meta["window"] or len(words)
    first = len(words) - min(window, len(words))
    assert at == first + int(row.arrays["norms"][first:9].argmax())
    texts = words[-window:], [*words[:at], *words[at + 1 :]][-window:]
    for each, told in zip(texts, (found["p"], found["without"]), strict=True):
        read = shown(READING_VIEW, model, text=" ".join(each), n=0)
        best, shares = read.arrays["best"][-1].tolist(), read.arrays["shares"][-1].tolist()
        likely = {read.meta["words"][str(index)]: p for index, p in zip(best, shares, strict=True)}
        p = likely.get(row.meta["answers"][0], 0.0)
        assert told == pytest.approx(p, abs=1e-4) or (p == 0 and told < min(shares))
    alone = shown(WITHOUT_VIEW, model, text="4311 to 4314", row=0).meta
    assert alone == {"row": 0, "at": None}


@pytest.mark.parametrize("phrase", ["", "9 to 3", "0 to 5"])
def test_words_that_cannot_be_looked_back_at_leave_the_last_good_map(phrase):
    app = open_page("time", time_phrase="12 to 13")
    choose(app, time_phrase=phrase).run()
    assert not app.exception
    assert below(app)
    for question in ("look_back_row", "look_back_map", "look_back_others"):
        assert asks(app, "time_lookback")[question]["params"]["text"] == "12 to 13"
    with pytest.raises(ValueError, match=r"^[A-Z]"):
        shown(MAP_VIEW, text=phrase)
    choose(app, time_phrase="1 to 99").run()
    assert "the first 44 are shown" in text(app)


@pytest.mark.parametrize(("words", "row"), [("4311 to 4314", 3), ("one", 0)])
def test_the_marked_row_is_asked_for_before_the_map(words, row):
    """The row alone has to be there; the map and other models' lines come after it."""
    wanted = asks(open_page("time", time_phrase=words), "time_lookback")
    assert [name for name, each in wanted.items() if not each["late"]] == ["look_back_row"]
    one, whole = shown(ROW_VIEW, text=words, row=row), shown(MAP_VIEW, text=words)
    n = len(whole.meta["words"])
    start = row * (row + 1) // 2
    assert one.arrays["norms"].shape == (row + 1,)
    assert whole.arrays["norms"].shape == (n * (n + 1) // 2,)
    np.testing.assert_allclose(
        one.arrays["norms"], whole.arrays["norms"][start : start + row + 1], rtol=1e-5, atol=1e-6
    )
    assert one.meta["answers"] == [whole.meta["answers"][row]]
    assert one.meta["name"] == whole.meta["name"] == "Model5 after 400 steps"
    others = shown(OTHERS_VIEW, text=words)
    names = [line["name"] for line in others.meta["lines"]]
    assert names == ["Model5 trained (GRU)", "Model4 (tanh)", "Model3 (relu)", "Model5 untrained"]
    np.testing.assert_array_equal(others.arrays["norms"][0], whole.arrays["norms"])
    untrained = shown(MAP_VIEW, step=0, text=words)
    np.testing.assert_array_equal(others.arrays["norms"][3], untrained.arrays["norms"])


def test_a_row_beyond_the_words_is_the_last_one():
    last = shown(ROW_VIEW, text="9 to 11")
    assert last.meta["row"] == len(last.meta["words"]) - 1
    for row in (-1, 99):
        found = shown(ROW_VIEW, text="9 to 11", row=row)
        np.testing.assert_array_equal(found.arrays["norms"], last.arrays["norms"])


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_model_that_carries_nothing_reads_its_window(name):
    net = CATALOGUE[name]
    window = None if net.stateful else net.recipe.bptt
    assert shown(ROW_VIEW, name).meta["window"] == window


def test_a_model_beside_its_own_earlier_snapshot_is_told_apart():
    assert shown(MAP_VIEW, "Model3", 400, text="9 to 11").meta["name"] == "Model3 after 400 steps"
    lines = shown(OTHERS_VIEW, "Model3", text="9 to 11").meta["lines"]
    trained = {"name": "Model3 trained (relu)", "style": 2, "run": "Model3", "step": 800}
    assert trained in lines  # the browser leaves it out where it shows that snapshot itself


def test_the_handover_is_asked_for_once_its_fold_is_open():
    assert "time_handover" not in [each["id"] for each in mounts(open_page("time"))]
    app = open_page("time", time_more_state="true")
    assert asks(app, "time_handover")["train_to_valid"]["at"] == "rest"


def test_the_six_networks_reach_as_far_as_their_gradients_say(recorded):
    arrays, meta, sentence, _ = shown(REACH_VIEW)
    recorded(sentence, 1, 59, 10, part="gets")
    recorded(sentence, part="no measure of memory")
    assert [each["model"] for each in meta["networks"]] == list(LADDER)
    for each, ends in zip(meta["networks"], arrays["shares"], strict=True):
        for end, shares in zip(("untrained", "trained"), ends, strict=True):
            assert each[end] == np.flatnonzero(shares >= 0.01)[-1]
        n = (ends[1] >= 0).sum() - 1
        assert each["measured"] == n == (59 if CATALOGUE[each["model"]].stateful else n)
        norms = shown(LANES_VIEW, each["model"]).arrays
        way = norms["keep" if "keep" in norms else "reset"]
        np.testing.assert_allclose(ends[1][: n + 1], way[::-1][: n + 1] / way[-1], rtol=1e-4)
    recorded(meta["note"], part="from zeros: their gradient ends")
    assert "Model5's update gates keep, on average, 50 %" in meta["note"]
    assert "its gates keep 39 %" in meta["note"]


def test_what_changes_nothing_but_the_drawing_needs_no_rerun():
    """Way, loss, weights and row are the browser's: no widget of the page has them."""
    app = open_page("time", time_between="keep", time_loss="all steps", row="3")
    assert not app.exception
    assert controls(app) & {"time_between", "time_loss", "time_weights", "row", "snapshot"} == set()
    assert asks(app, "time_lanes")["lanes"]["params"]["every"] == "false"
