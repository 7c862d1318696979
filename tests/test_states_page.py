"""The Hidden states page as Streamlit runs it, its views, and what its sentences say."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.kit.picture import ask
from hnviz.app.rooms.hidden_states.stretch import stretch_problem
from hnviz.app.rooms.hidden_states.units.picture import (
    ROWS_VIEW,
    UNITS_VIEW,
    learnt,
    takeaway,
    unit_headlines,
)
from hnviz.app.shell.server import server
from hnviz.data.places import LABELS
from hnviz.figures.state_text import Seen, full_colour, reading_note, units_sentence
from hnviz.runs import SHIPPED_DIR, RunFolder
from hnviz.runs.files import write_tensors
from hnviz.web.http import Refusal
from tests.pages import below, choose, control, controls, drawn, open_page
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")


def open_states(**query: str) -> AppTest:
    return open_page("states", **query)


def asked(app: AppTest, view: str = "units", key: str = "states_picture") -> dict:
    """The parameters of a picture's question."""
    found = {each["question"]: each["params"] for each in drawn(app, key).get("asks", [])}
    return found.get(view, {})


def said(app: AppTest) -> str:
    return "\n".join([*(each.value for each in app.markdown), *below(app)]).replace("\\", "")


def test_layer_and_gate_are_chosen():
    app = open_states(states_phrase="7 to 9")
    assert asked(app) == {"text": "7 to 9", "layer": "0", "show": "state"}
    choose(app, states_show="update").run()
    choose(app, states_layer=1).run()
    assert asked(app) == {"text": "7 to 9", "layer": "1", "show": "update"}
    assert asked(app, "unit_rows") == asked(app)
    assert asked(app, "unit_rows", "states_headline") == asked(app)
    assert drawn(app, "states_picture")["run"] == "Model5" and not app.exception


def test_a_gate_is_shown_from_0_to_1_and_a_state_around_0():
    state = shown(UNITS_VIEW, text="7 to 9")
    assert state.meta["words"] == ("seven", ",", "eight", ",", "nine")
    assert (state.meta["signed"], state.meta["scale"], state.meta["what"]) == (True, 1, "the state")
    gate = shown(UNITS_VIEW, text="7 to 9", show="update")
    assert (gate.meta["signed"], gate.meta["what"]) == (False, "the update gate")
    assert gate.arrays["tracks"].tolist()[0] == [5, 6, 5, 6, 5]  # ones digit, comma, ...
    assert gate.arrays["tracks"].tolist()[4] == [7, 7, 8, 8, 9]
    values = gate.arrays["values"]
    assert 0 <= values.min() < values.max() <= 1
    other = shown(UNITS_VIEW, text="7 to 9", show="update", layer=0)
    assert not np.allclose(other.arrays["values"], values)


def test_rows_are_ordered_by_what_units_code_by_kinship_or_by_number(recorded):
    text = {"text": "7 to 9"}
    coded = shown(ROWS_VIEW, **text)
    assert coded.arrays["order"][0] == coded.meta["best"] != 0
    assert sorted(coded.arrays["order"]) == list(range(64))
    groups = coded.meta["groups"]
    assert sum(n for _, n in groups) == 64 and [groups[0][0], groups[1][0]] == ["tens", "slot"]
    group = coded.arrays["order"][: groups[0][1]]
    assert set(coded.arrays["explained"][group].argmax(axis=1)) == {LABELS.index("tens")}
    best, units = coded.meta["best"], coded.meta["units"]
    assert units[best] == coded.sentence
    untrained = 100 * coded.arrays["untrained"][:, LABELS.index("tens")].max()
    recorded(coded.sentence, 400, 65, best, f"{untrained:.0f}")
    assert [f" unit **{unit}**" in said for unit, said in enumerate(units)] == [True] * 64
    assert all(said.startswith("Step 400: ") for said in units)
    assert max(len(said.replace("**", "").split()) for said in units) <= 20
    assert coded.arrays["explained"].shape == coded.arrays["untrained"].shape == (64, 5)
    clustered = shown(ROWS_VIEW, **text, order="clustered")
    assert sorted(clustered.arrays["order"]) == list(range(64)) != list(clustered.arrays["order"])
    numbered = shown(ROWS_VIEW, **text, order="as numbered")
    assert list(numbered.arrays["order"]) == list(range(64)) and not numbered.meta["groups"]
    untrained = shown(ROWS_VIEW, step=0, **text)
    assert "untrained" not in untrained.arrays


def test_the_first_layer_learns_the_tens_digit_and_untrained_it_has_only_the_position():
    rows = shown(ROWS_VIEW, text="7 to 9", layer=0)
    tens = LABELS.index("tens")
    before, after = rows.arrays["untrained"], rows.arrays["explained"]
    assert after[:, tens].max() == pytest.approx(0.85, abs=0.005)
    assert before[:, tens].max() == pytest.approx(0.19, abs=0.005)
    assert before[:, 0].max() == pytest.approx(0.77, abs=0.005)
    assert "**85 %** of how unit **11** varies; untrained, **19 %**" in rows.sentence


def test_the_takeaway_names_the_digit_that_training_gave_to_a_unit(recorded):
    before = np.array([[0.7, 0.1, 0.1, 0.2, 0.1], [0.1, 0.1, 0.1, 0.1, 0.1]])
    after = np.array([[0.9, 0.1, 0.1, 0.1, 0.1], [0.3, 0.1, 0.1, 0.85, 0.1]])
    recorded(takeaway(after, before, 13), 13, 85, 1, 20)
    recorded(takeaway(before, None, 0), 0, 70, 0)
    recorded(unit_headlines(after, before, 1000)[0], 1_000, 90, 0, 70)


def test_the_headline_of_any_unit_compares_the_best_unit_with_the_best_untrained(recorded):
    before = np.array([[0.2, 0, 0, 0, 0], [0.5, 0, 0, 0, 0], [0.1, 0, 0, 0, 0]])
    after = np.array([[0.13, 0, 0, 0, 0], [0.1, 0, 0, 0.6, 0], [0.8, 0, 0, 0, 0]])
    for twin, known in ((before, (50,)), (None, ())):
        said = unit_headlines(after, twin, 400)
        recorded(said[0], 400, 13, 0, 80, *known)
        recorded(said[2], 400, 80, 2, *known)
        assert all(len(each.split()) <= 20 for each in said)


def test_the_takeaway_of_a_short_run_does_not_say_that_a_unit_follows_a_digit(recorded):
    before = np.array([[0.7, 0.02, 0.03, 0.057, 0.02], [0.1, 0.01, 0.01, 0.01, 0.01]])
    after = np.array([[0.9, 0.01, 0.02, 0.01, 0.01], [0.3, 0.01, 0.01, 0.025, 0.01]])
    assert learnt(after, before) == (1, LABELS.index("tens"))
    said = takeaway(after, before, 5)
    recorded(said, 5, 2.5, 5.7)
    more = takeaway(after, before, 5, trains_on=True)
    assert more.startswith(said)
    recorded(more, 5, 2.5, 5.7)


@pytest.mark.parametrize("run", ["Model0", "Model3", "Model4"])
def test_a_model_of_one_layer_without_gates_has_neither_to_choose(run):
    app = open_states(run=run, states_phrase="7 to 9")
    assert not app.exception
    assert not controls(app) & {"states_layer", "states_show"}
    seen = shown(UNITS_VIEW, run, text="7 to 9")
    assert seen.meta["scale"] >= np.abs(seen.arrays["values"]).max()


def test_a_cell_beside_the_state_can_be_chosen(recorded):
    app = open_states(run="LSTM", states_phrase="7 to 9", states_show="c")
    assert not app.exception
    box = control(app, "states_show")
    assert (box["label"], box["value"]) == ("State, c or gate", "c")
    assert box["options"] == ["state", "c", "input", "forget", "candidate", "output"]
    assert asked(app) == asked(app, "unit_rows") == {"text": "7 to 9", "layer": "0", "show": "c"}
    cell = shown(UNITS_VIEW, "LSTM", text="7 to 9", show="c")
    assert (cell.meta["signed"], cell.meta["what"]) == (True, "the cell c")
    recorded(cell.sentence.partition("**")[0], 320, 64, 5)
    values, scale = cell.arrays["values"], cell.meta["scale"]
    assert np.abs(values).max() <= scale and scale == 2 ** np.log2(scale).round()
    # The state is what the output gate lets through of its tanh.
    state, gate = (
        shown(UNITS_VIEW, "LSTM", text="7 to 9", show=show) for show in ("state", "output")
    )
    wanted = gate.arrays["values"] * np.tanh(values)
    np.testing.assert_allclose(state.arrays["values"], wanted, atol=1e-5)


def test_a_cell_far_in_a_text_is_that_of_the_pass():
    place = {"split": "valid", "first": 1000, "n": 20}
    cell, state, gate = (
        shown(UNITS_VIEW, "LSTM", **place, show=show).arrays["values"]
        for show in ("c", "state", "output")
    )
    np.testing.assert_allclose(state, gate * np.tanh(cell), atol=1e-5)


def test_a_model_of_one_state_tensor_has_no_cell(recorded):
    app = open_states(run="Model5", states_show="c")
    assert control(app, "states_show")["options"] == [
        "state", "reset", "update", "candidate"
    ]  # fmt: skip
    assert asked(app)["show"] == "state" and "'c'" in said(app)
    with pytest.raises(Refusal) as error:
        shown(UNITS_VIEW, text="7 to 9", show="c")
    recorded(str(error.value))


def test_a_transformers_layers_can_be_chosen_but_not_its_past():
    app = open_states(run="Transformer", states_phrase="7 to 9", states_show="past")
    assert not app.exception
    assert "states_layer" in controls(app) and "states_show" not in controls(app)
    assert asked(app)["show"] == "state"
    with pytest.raises(ValueError, match="got 'past'"):
        shown(UNITS_VIEW, "Transformer", text="7 to 9", show="past")


def test_a_stretch_of_valid_is_read_in_its_split():
    app = open_states(states_text="valid", states_first="6", states_n="5")
    assert asked(app) == {
        "split": "valid", "first": "6", "n": "5", "layer": "0", "show": "state"
    }  # fmt: skip
    there = shown(UNITS_VIEW, split="valid", first=6, n=5)
    assert there.meta["words"][:4] == ("thousand", "two", ",", "eight")
    assert there.meta["first"] == 6 and "tokens 6 to 10 of valid" in there.sentence
    from_zeros = shown(UNITS_VIEW, text=" ".join(there.meta["words"]))
    assert there.meta["words"] == from_zeros.meta["words"]
    assert not np.allclose(there.arrays["values"], from_zeros.arrays["values"], atol=0.01)


def test_two_thousand_tokens_are_one_answer():
    app = open_states(states_text="train", states_first="0", states_n="2000")
    assert asked(app)["n"] == "2000"
    words = shown(UNITS_VIEW, split="train", first=0, n=2000).meta["words"]
    assert len(words) == 2000 and words[0] == "xxbos"


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({}, ()),
        ({"text": "one", "split": "valid"}, ()),
        ({"ids": [12, 39]}, (2_000, 0, 38, 12, 39)),
        ({"split": "valid", "first": 13_017}, (0, 13_016, 13_017)),
        ({"text": "one " * 6000}, (20_000,)),
        ({"text": "one", "layer": 2}, (0, 1, 2)),
    ],
)
def test_an_address_that_names_no_text_or_layer_is_refused(params, numbers, recorded):
    with pytest.raises((Refusal, ValueError)) as refused:
        shown(UNITS_VIEW, **params)
    recorded(str(refused.value), *numbers)


def test_a_page_cannot_ask_for_a_parameter_that_a_view_has_not(recorded):
    with pytest.raises(ValueError) as error:
        ask(UNITS_VIEW, phrase="one").sent()
    recorded(str(error.value))


@pytest.mark.parametrize(
    ("first", "n", "numbers"),
    [
        (-1, 100, (0, 13_016, 1)),
        (13_017, 100, (0, 13_016, 13_017)),
        (13_000, 18, (13_000, 1, 17, 13_016, 18)),
        (0, 2001, (0, 1, 2_000, 2_001)),
        (0, 0, (0, 1, 2_000, 0)),
    ],
)
def test_a_stretch_outside_the_text_is_told_and_the_last_picture_stays(first, n, numbers, recorded):
    recorded(str(stretch_problem("valid", 13_017, first, n)), *numbers)
    app = open_states(states_text="valid", states_n="30")
    choose(app, states_first=first, states_n=n).run()
    assert not app.exception
    recorded(said(app), *numbers, part="; got")
    wrong = {name for name in ("states_first", "states_n") if control(app, name)["wrong"]}
    assert wrong == {"states_n" if first in (0, 13_000) else "states_first"}
    assert asked(app)["n"] == "30"
    recorded(said(app), 0, 29, part="The picture still shows tokens")


@pytest.mark.parametrize("text", ["", "9 to 3", "0 to 5", "-4"])
def test_a_phrase_that_cannot_be_read_leaves_the_last_picture(text):
    app = open_states(states_phrase="7 to 9")
    choose(app, states_phrase=text).run()
    assert not app.exception and asked(app)["text"] == "7 to 9"
    assert "The picture still shows “seven , eight , …”." in said(app)
    assert asked(open_states(states_phrase=text))["text"] == "4367 to 4372"


def test_ten_thousand_tokens_are_cut_and_unknown_words_are_named():
    app = open_states()
    choose(app, states_phrase="1 to 9999").run()
    assert "The first 2,000 tokens are shown." in said(app)
    assert len(shown(UNITS_VIEW, text="1 to 9999").meta["words"]) == 2000
    choose(app, states_phrase="four thousand bananas").run()
    assert "Not in the vocabulary, so read as xxunk: “bananas”" in said(app)
    assert asked(app)["text"] == "four thousand bananas" and not app.exception
    words = shown(UNITS_VIEW, text="four thousand bananas").meta["words"]
    assert words == ("four", "thousand", "bananas")


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
def test_a_snapshot_that_cannot_be_read_is_refused_and_another_is_not(state, sentence):
    name = run_of(f"20260101-000000-Model1-{state}", {0: "good", 1: state, 2: "good"})
    app = open_states(run=name, snapshot="1", states_phrase="7 to 9")
    assert not app.exception and drawn(app, "states_picture")["run"] == name
    with pytest.raises((Refusal, ValueError), match=sentence):
        shown(UNITS_VIEW, name, 1, text="7 to 9")
    assert shown(UNITS_VIEW, name, 2, text="7 to 9").sentence


def test_a_run_whose_snapshots_are_lost_keeps_its_page():
    name = run_of("20260101-000000-Model1-lost", {})
    app = open_states(run=name)  # its files are gone
    assert not app.exception and drawn(app, "states_picture")["run"] == name
    with pytest.raises(ValueError, match="has no snapshot"):
        server().store.folder(name).resolve_step("last")


def seen(rows, tokens=("one", ",", "two"), show="state") -> Seen:
    return Seen(np.array(rows, dtype=np.float32), tokens, f"{len(tokens)} tokens", show)


def test_the_sentence_names_the_unit_that_moves_most(recorded):
    rows = [[0.1, 0.2, 0.3], [-0.5, 0.25, 0.4]]
    recorded(units_sentence("Model5", 400, seen(rows)), 400, 2, 3, 1, "0.50", "0.40")
    gate = units_sentence("Model5", 0, seen(rows, show="reset"))
    recorded(gate, 2, 3, 1, "0.50", "0.40", part="before any training")
    assert "after one token, “one”" in units_sentence("Model5", 1, seen([[0.1]], ("one",)))
    assert "none of its 1 units moves" in units_sentence("Model5", 1, seen([[0.2, 0.2, 0.2]]))


def test_full_colour_is_steady():
    relu = np.array([[0.0, 2.3]], dtype=np.float32)
    assert full_colour("Model3", "state", relu) == full_colour("Model3", "state", relu * 1.5) == 4
    assert full_colour("Model5", "state", relu * 0.1) == full_colour("Model5", "reset", relu) == 1


def test_the_note_says_where_the_state_begins(recorded):
    assert "again every 20 tokens" in reading_note("Model2", 20, "")
    recorded(reading_note("Model5", 20, ""), part="from zeros at the first")
    assert "at the first token of valid" in reading_note("Model5", 20, "valid")


def test_the_room_leads_to_how_many_words_must_be_remembered():
    links = [each.proto for each in open_page("remember").get("page_link")]
    (found,) = [each for each in links if "How good can a short memory be?" in each.label]
    assert "batches_memory=true" in found.query_string
