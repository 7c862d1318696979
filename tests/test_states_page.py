"""The Hidden states page as Streamlit runs it, and what its sentences say."""

import base64
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.kit.phrase import read_phrase
from hnviz.app.rooms.hidden_states.film import FRAMES, frames
from hnviz.app.rooms.hidden_states.heatmap import Picture, state_picture
from hnviz.app.rooms.hidden_states.stretch import stretch_problem
from hnviz.data import human_numbers_stream
from hnviz.figures.state_text import Seen, full_colour, reading_note, units_sentence
from hnviz.runs import SHIPPED_DIR, RunFolder
from hnviz.runs.tensors import write_tensors

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.usefixtures("own_runs")


def open_states(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.run()
    return app.switch_page("pages/states.py").run()


def drawn(app: AppTest, key: str = "states_picture") -> dict:
    """What a component on the page was given."""
    given = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    return next((data for data in given if data["id"] == key), {})


def values(data: dict) -> np.ndarray:
    packed = np.frombuffer(base64.b64decode(data["values"]), "<i2")
    return packed.reshape(data["units"], -1) / 32767 * data["scale"]


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in app.markdown).replace("\\", "")


def test_layer_gate_and_order_are_chosen():
    app = open_states(states_phrase="7 to 9")
    state = drawn(app)
    assert state["words"] == ["seven", ",", "eight", ",", "nine"]
    assert (state["signed"], state["scale"], state["what"]) == (True, 1.0, "the state")
    app.segmented_control(key="states_show").set_value("update").run()
    gate = drawn(app)
    assert (gate["signed"], gate["what"]) == (False, "the update gate")
    assert 0 <= values(gate).min() < values(gate).max() <= 1
    app.segmented_control(key="states_layer").set_value(0).run()
    assert not np.allclose(values(drawn(app)), values(gate))
    assert drawn(app)["order"] != list(range(64))
    app.selectbox(key="states_order").select("as numbered").run()
    assert drawn(app)["order"] == list(range(64)) and not drawn(app)["groups"]
    app.selectbox(key="states_order").select("by what they code").run()
    assert drawn(app)["order"][0] != 0 and sum(n for _, n in drawn(app)["groups"]) == 64
    assert drawn(app)["groups"][0][0] == "slot"
    assert not app.exception


@pytest.mark.parametrize("run", ["Model0", "Model3", "Model4"])
def test_a_model_of_one_layer_without_gates_has_neither_to_choose(run):
    app = open_states(run=run, states_phrase="7 to 9")
    assert not app.exception
    keys = {each.key for each in app.segmented_control}
    assert not keys & {"states_layer", "states_show"}
    assert drawn(app)["scale"] >= np.abs(values(drawn(app))).max()


def test_a_stretch_of_valid_is_read_in_its_split():
    app = open_states(states_text="valid", states_first="6", states_n="5")
    data = drawn(app)
    assert (data["words"][:4], data["first"]) == (["thousand", "two", ",", "eight"], 6)
    assert "tokens 6 to 10 of valid" in data["alt"]
    from_zeros = drawn(open_states(states_phrase=" ".join(data["words"])))
    assert data["words"] == from_zeros["words"]
    assert not np.allclose(values(data), values(from_zeros), atol=0.01)


def test_two_thousand_tokens_travel_as_a_file():
    app = open_states(states_text="train", states_first="0", states_n="2000")
    data = drawn(app)
    assert len(data["words"]) == 2000 and data["words"][0] == "xxbos"
    assert data["file"].endswith(".gz") and "values" not in data
    assert not drawn(app, "states_strip")  # six such would be waited for


@pytest.mark.parametrize(
    ("first", "n", "sentence"),
    [
        (-1, 100, "The first token must be from 0 to 13,016, the last of valid; got -1"),
        (13_017, 100, "The first token must be from 0 to 13,016, the last of valid; got 13,017"),
        (
            13_000,
            18,
            "1 to 17 tokens can be shown, as valid ends with token 13,016; got 18",
        ),
        (0, 2001, "From token 0 on, 1 to 2,000 tokens can be shown; got 2,001"),
        (0, 0, "From token 0 on, 1 to 2,000 tokens can be shown; got 0"),
    ],
)
def test_a_stretch_outside_the_text_is_told_and_the_last_picture_stays(first, n, sentence):
    assert sentence in str(stretch_problem("valid", 13_017, first, n))
    app = open_states(states_text="valid", states_n="30")
    app.number_input(key="states_first").set_value(first)
    app.number_input(key="states_n").set_value(n).run()
    assert not app.exception
    assert sentence in said(app)
    assert len(drawn(app)["words"]) == 30
    assert "The picture stays with tokens 0 to 29 of valid." in said(app)


@pytest.mark.parametrize("text", ["", "9 to 3", "0 to 5", "-4"])
def test_a_phrase_that_cannot_be_read_leaves_the_last_picture(text):
    app = open_states(states_phrase="7 to 9")
    app.text_input(key="states_phrase").set_value(text).run()
    assert not app.exception and len(drawn(app)["words"]) == 5
    assert "The picture stays with “seven , eight , …”." in said(app)
    assert len(drawn(open_states(states_phrase=text))["words"]) == 45


def test_ten_thousand_tokens_are_cut_and_unknown_words_are_named():
    phrase = read_phrase("banana " + "one " * 9_999, human_numbers_stream().vocab)
    assert len(phrase.tokens) == 2000 and phrase.remark.startswith("Not in the vocab")
    app = open_states()
    app.text_input(key="states_phrase").set_value("1 to 9999").run()
    assert "The first 2,000 tokens are shown." in said(app)
    assert len(drawn(app)["words"]) == 2000
    app.text_input(key="states_phrase").set_value("four thousand bananas").run()
    assert "Not in the vocab, so read as xxunk: “bananas”" in said(app)
    assert drawn(app)["words"] == ["four", "thousand", "bananas"] and not app.exception


def test_the_film_strip_and_play_move_the_time_slider():
    app = open_states(states_phrase="7 to 9")
    steps = drawn(app, "timeline_play")["steps"]
    assert drawn(app, "states_strip")["steps"] == frames(steps)
    before = values(drawn(app))
    for when, (key, step) in enumerate([("timeline_play", steps[1]), ("states_strip", 0)]):
        app.session_state[key] = {"step": [step, when]}
        app.run()
        assert app.select_slider(key="snapshot").value == drawn(app, key)["shown"] == step
    app.select_slider(key="snapshot").set_value(steps[2]).run()  # what was reported is taken once
    assert drawn(app, "timeline_play")["shown"] == steps[2]
    app.session_state["states_strip"] = {"step": [0, 9]}
    app.run()
    assert not np.allclose(values(drawn(app)), before)
    assert "before any training" in drawn(app)["alt"]


def test_frames_have_both_ends():
    assert frames([0, 5, 9]) == [0, 5, 9]
    chosen = frames(list(range(0, 370, 10)))
    assert len(chosen) == FRAMES and (chosen[0], chosen[-1]) == (0, 360)


def run_of(name: str, snapshots: dict[int, str]) -> str:
    """Make a run of Model1 whose snapshots are good, damaged, or of another vocabulary."""
    source, folder = SHIPPED_DIR / "Model1", Path(os.environ["HNVIZ_RUNS_DIR"]) / name
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("snapshots"))
    (folder / "snapshots").mkdir()
    for step, state in snapshots.items():
        path = folder / "snapshots" / f"{step}.safetensors"
        if state == "damaged":
            path.write_bytes(b"not a snapshot")
            continue
        tensors = dict(RunFolder(source).load_snapshot("last"))
        if state == "foreign":
            for part in ("i_h.weight", "h_o.weight", "h_o.bias"):
                tensors[part] = tensors[part][:20]
        write_tensors(path, tensors)
    return name


@pytest.mark.parametrize(
    ("state", "sentence"), [("damaged", "choose another snapshot"), ("foreign", "does not fit")]
)
def test_a_snapshot_that_cannot_be_read_is_told_and_another_can_be_chosen(state, sentence):
    name = run_of(f"20260101-000000-Model1-{state}", {0: "good", 1: state, 2: "good"})
    app = open_states(run=name, snapshot="1", states_phrase="7 to 9")
    assert not app.exception
    assert sentence in said(app)
    assert not drawn(app)
    app.select_slider(key="snapshot").set_value(2).run()
    assert drawn(app) and sentence not in said(app)


def test_a_run_without_snapshots_says_so():
    name = run_of("20260101-000000-Model1-lost", {})
    app = open_states(run=name)  # its files are gone
    assert not app.exception and not drawn(app)
    assert "has no snapshot yet" in said(app)
    events = Path(os.environ["HNVIZ_RUNS_DIR"]) / name / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    (events.parent.parent / "20260101-000000-Model1-none").mkdir()
    none = events.parent.parent / "20260101-000000-Model1-none"
    shutil.copy(events.parent / "config.json", none)
    (none / "events.jsonl").write_text("".join(line for line in lines if "snapshot" not in line))
    app = open_states(run=none.name)
    assert not app.exception and not drawn(app)
    told = "\n".join(each.proto.body for each in app.get("html"))
    assert "ended before its first snapshot" in told


def seen(rows, tokens=("one", ",", "two"), show="state") -> Seen:
    return Seen(np.array(rows, dtype=np.float32), tokens, f"{len(tokens)} tokens", show)


def test_the_sentence_names_the_unit_that_moves_most():
    rows = [[0.1, 0.2, 0.3], [-0.5, 0.25, 0.4]]
    assert units_sentence("Model5", 400, seen(rows)) == (
        "Model5 after 400 steps: of 2 units over 3 tokens, unit **1** moves most, from "
        "**\N{MINUS SIGN}0.50** after “one” to **0.40** after “two”."
    )
    gate = units_sentence("Model5", 0, seen(rows, show="reset"))
    assert gate.startswith("Model5 before any training: of 2 reset gates over 3 tokens, that of")
    assert "after one token, “one”" in units_sentence("Model5", 1, seen([[0.1]], ("one",)))
    assert "none of its 1 units moves" in units_sentence("Model5", 1, seen([[0.2, 0.2, 0.2]]))


def test_full_colour_is_steady():
    relu = np.array([[0.0, 2.3]], dtype=np.float32)
    assert full_colour("Model3", "state", relu) == full_colour("Model3", "state", relu * 1.5) == 4
    assert full_colour("Model5", "state", relu * 0.1) == full_colour("Model5", "reset", relu) == 1


def test_the_note_says_where_the_state_begins():
    assert "again every 20 tokens" in reading_note("Model2", 20, "")
    assert "from zeros at the first token." in reading_note("Model5", 20, "")
    assert "at the first token of valid" in reading_note("Model5", 20, "valid")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tokens": ["one"]}, "3 columns of values for 1 tokens"),
        ({"order": [0, 0]}, "an order must name each of 2 units once"),
    ],
)
def test_a_picture_that_does_not_fit_is_refused(change, sentence):
    given = {"values": np.zeros((2, 3), np.float32), "tokens": ["a", "b", "c"], "scale": 1.0}
    with pytest.raises(ValueError, match=sentence):
        state_picture(Picture(**{**given, "alt": "", **change}), "key")
