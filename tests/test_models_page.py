"""The Models page as Streamlit runs it, and what its views answer."""

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.kit.cards import model_cards
from hnviz.app.rooms.models.cell.picture import CELL_VIEW, FIRST_UNIT
from hnviz.app.rooms.models.cursor.picture import CURSOR_VIEW
from hnviz.app.rooms.models.pair.picture import PAIR_VIEW
from hnviz.app.rooms.models.source import new_forward_lines
from hnviz.app.shell.server import server
from hnviz.figures.theme import theme
from hnviz.models.catalogue import CATALOGUE, LADDER, partner
from hnviz.questions.frame import pack, unpack
from hnviz.questions.params import ParamError
from hnviz.questions.view import Look, Reply
from hnviz.runs import BLOCKS
from hnviz.source import class_source
from hnviz.web.http import Refusal
from tests.pages import SHARED, below, choose, control, drawn, mounts, open_page
from tests.test_source import BASES
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")

FOLDS = ("twins", "cell", "parts", "source", "figures")


def open_models(*folds: str, **query: str) -> AppTest:
    return open_page("models", **query, **{f"models_{fold}": "true" for fold in folds})


def said(app: AppTest) -> str:
    html = "\n".join(each.proto.body for each in app.get("html"))
    said = (str(each.value).replace("\\", "") for each in app.markdown)
    return html + "\n".join([*said, *below(app)])


def asked(app: AppTest, key: str) -> tuple[str, str, dict]:
    """Which run a picture asks about, which of its snapshots, and the parameters."""
    data = drawn(app, key)
    (ask,) = data["asks"]
    return data["run"], ask["at"], ask["params"]


# --- the page -----------------------------------------------------------------------------------


def test_the_page_opens_at_the_model_of_the_run_in_view():
    for run in ("Model5", "LSTM"):
        app = open_models(run=run)
        assert control(app, "models_model")["value"] == run
        assert asked(app, "models_cursor")[0] == run


def test_the_page_of_a_model_is_about_its_run():
    app = open_models(models_model="Model0")
    found = control(app, "models_model")
    assert found["options"][: found["beside"]] == list(LADDER) and len(LADDER) == 6
    for model in CATALOGUE:
        choose(app, models_model=model).run()
        assert not app.exception
        assert control(app, "models_model")["value"] == model
        assert f"<b>{model}</b>" in said(app)
        assert asked(app, "models_cursor")[0] == model


@pytest.mark.parametrize(
    ("model", "titles"),
    [
        ("Model0", ["Now: Model0", "Model5"]),
        ("Model1", ["Before: Model0", "Now: Model1", "Model1, written out"]),
        ("Model2", ["Before: Model1", "Now: Model2", "Model2, as a loop"]),
    ],
)
def test_the_cards_say_which_model_is_new_and_what_is_new_in_it(model, titles):
    shown = model_cards(model, theme("light"))
    assert [card.title for card in shown] == titles
    for card in shown:
        assert card.chosen is card.title.startswith("Now")
        assert ("hn-new" in card.svg) is (card.chosen and model != "Model0")


@pytest.mark.parametrize("model", CATALOGUE)
def test_every_model_has_its_page(model):
    app = open_models(*FOLDS, models_model=model)
    assert not app.exception
    text = said(app)
    assert f"class {model}({BASES.get(model, 'LanguageModel')})" in text
    assert text.count("<svg") >= 3
    for gate in CATALOGUE[model].gates:
        assert f"**{gate}**" in text
    assert bool(drawn(app, "models_pair")) is (partner(model) is not None)
    assert bool(drawn(app, "models_unit_line")) is (CATALOGUE[model].cell is not None)
    assert ("The notebook reached, after " in text) is (model in LADDER)
    assert "numbers to learn" in text


@pytest.mark.parametrize("model", [model for model in CATALOGUE if model not in LADDER])
def test_a_model_beyond_the_notebook_says_why_it_is_here_and_where_its_recipe_is_from(model):
    assert CATALOGUE[model].reason in said(open_models(models_model=model))
    text = said(open_models("shares", models_model=model))
    assert "a search found the recipe" in text and f"5 runs of {model}" in text
    assert "a search found" not in said(open_models("shares", models_model="Model5"))


def test_what_is_folded_is_drawn_once_it_is_open():
    app = open_models(models_model="Model5")
    drawn = [each["id"] for each in mounts(app) if each["picture"] != "kit/fields"]
    assert [each for each in drawn if each not in SHARED] == ["models_reading", "models_cursor"]
    assert "class Model5(LanguageModel)" not in said(app)


@pytest.mark.parametrize("model", list(CATALOGUE)[1:])
def test_what_changed_is_marked_in_picture_code_and_recipe(model):
    text = said(open_models("shares", "source", models_model=model))
    new = class_source(model).text.splitlines()[0]
    assert 'class="hn-new" x=' in text  # the picture
    assert f"+</i> {new}</div>" in text  # the code
    assert '<tr class="hn-new"' in text  # the network's or the recipe's table


def test_an_unknown_model_in_the_address_gives_that_of_the_run():
    app = open_models("source", models_model="Model9")
    assert not app.exception
    assert "class Model5(LanguageModel)" in said(app)


def test_a_model_of_ones_own_that_is_elsewhere(monkeypatch, recorded):
    own = replace(CATALOGUE["Model3"], name="Own", title="my own")
    monkeypatch.setitem(CATALOGUE, "Own", own)
    app = open_models(*FOLDS, models_model="Own")
    assert not app.exception
    text = said(app)
    recorded(text, part="source of Own cannot be")
    recorded(text, part="There is no pre-trained Own")
    assert "Train" in [each.proto.label for each in app.get("page_link")]
    assert "The notebook has no Own." in text
    drawn = {each["id"] for each in mounts(app) if each["picture"] != "kit/fields"}
    assert drawn <= SHARED
    assert new_forward_lines("Own", {"first_line": 1, "lines": ["def forward(self):"]}) == []
    app = open_page("start")
    assert not app.exception
    start = said(app)
    (ladder,) = re.findall('Accuracy of Model0: [^"]*', start)
    recorded(ladder.split("; ")[-1])
    assert "(Model0) to" in start and "(Model5)" in start


def test_weights_are_those_of_a_snapshot():
    app = open_models(models_model="Model2")
    assert asked(app, "models_cursor") == ("Model2", "end", {})
    choose(app, models_weights="untrained").run()
    assert asked(app, "models_cursor") == ("Model2", "first", {})


def test_a_run_in_view_of_another_model_is_told(recorded):
    app = open_models(run="Model5", models_model="Model0", models_weights="run in view")
    recorded(said(app), part="The run in view is")
    assert asked(app, "models_cursor") == ("Model0", "end", {})  # the pre-trained one's
    app = open_models("cell", run="Model5", models_weights="run in view", models_model="Model5")
    assert asked(app, "models_cursor") == ("Model5", "step", {})
    assert asked(app, "models_unit_line")[:2] == ("Model5", "step")
    assert drawn(app, "models_bar")["run"] == "Model5"


def test_a_damaged_run_in_view_is_told_and_the_page_stays():
    folder = Path(os.environ["HNVIZ_RUNS_DIR"]) / "20260101-000000-Model5-bent"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{")
    app = open_models(run=folder.name, models_weights="run in view")
    assert not app.exception
    assert "is damaged" in "\n".join(each.value.replace("\\", "") for each in app.error)
    assert asked(app, "models_cursor")[0] == "Model0"


def test_a_unit_that_there_is_not_is_told_and_the_last_one_stays(recorded):
    app = open_models("cell", models_model="Model5", models_unit="5")
    assert asked(app, "models_unit_line")[2] == {"layer": "1", "unit": "5"}
    for wrong in (64, -1):
        choose(app, models_unit=wrong).run()
        recorded(said(app), 0, 63, abs(wrong), part="Unit must be a whole")
        assert asked(app, "models_unit_line")[2]["unit"] == "5"
    assert not app.exception


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("models_model", "Model9"),
        ("models_weights", "none"),
        ("models_batch", "third"),
        ("models_unit", "abc"),
        ("models_source", "maybe"),
    ],
)
def test_an_address_that_cannot_be_used_is_told(key, value, recorded):
    query = {"models_model": "Model3" if key == "models_batch" else "Model5", key: value}
    if key not in ("models_model", "models_source"):
        query |= {"models_twins": "true", "models_cell": "true"}
    app = open_page("models", **query)
    assert not app.exception
    numbers = (FIRST_UNIT,) if key == "models_unit" else ()
    recorded(said(app), *numbers, part="address asks for")


# --- the views ----------------------------------------------------------------------------------


def travelled(answer: Reply) -> Reply:
    """An answer as it comes out of the browser's side of the wire."""
    return unpack(pack(answer))


@pytest.mark.parametrize("model", CATALOGUE)
def test_the_code_cursor_of_every_model(model):
    answer = travelled(shown(CURSOR_VIEW, model))
    meta, values = answer.meta, answer.arrays["values"]
    assert answer.sentence.startswith("Line ")
    assert answer.sentence == meta["steps"][meta["first"]]["say"]
    assert meta["names"] == [model] and meta["roles"]["h_o"] == "h_o"
    assert values.dtype == np.int8
    last = meta["tensors"][-1]
    assert last["at"] + last["high"] * last["wide"] <= len(values)
    assert bool(meta["sources"][0]["new"]) is (model not in ("Model0", "IRNN"))  # as Model4's
    assert ("is not in these lines" in meta["note"]) is (model == "Model3")
    assert meta["rows"][0] == "row 0: xxbos eight thousand …"
    untrained = shown(CURSOR_VIEW, model, 0)
    assert not np.array_equal(untrained.arrays["values"], values)


def test_two_models_agree_until_the_state_is_kept(recorded):
    assert shown(PAIR_VIEW, "Model1").sentence.endswith("the largest difference is **0.0**.")
    answer = shown(PAIR_VIEW, "Model3")
    recorded(answer.sentence, 9_319, 64, 20, 61, 0.0, part="before the first line and")
    assert answer.meta["first"] == 2 and answer.meta["steps"][2]["tensors"][2] is None
    answer = travelled(shown(PAIR_VIEW, "Model3", batch="second"))
    recorded(
        answer.sentence,
        1,
        10.13,
        52.89,
        602,
        1_280,
        53,
        64,
        0,
        9,
        19,
        part="starts from zeros and Model",
    )
    recorded(answer.sentence, 0.0, part="With both started from zeros")
    assert answer.meta["first"] == 0 and answer.meta["steps"][0]["tensors"][2] is not None
    with pytest.raises(ParamError) as error:
        shown(PAIR_VIEW, "Model3", batch="third")
    recorded(str(error.value))


def test_the_numbers_of_one_unit(recorded):
    answer = travelled(shown(CELL_VIEW, "Model5", unit=5))
    meta = answer.meta
    assert answer.sentence == meta["sentences"][3]
    assert meta["sentences"][4].startswith("Unit 5 reads “,” at step 4: it keeps **")
    assert len(meta["words"]) == len(meta["x"]) == len(meta["equations"]) == 20
    assert "<i>r</i> = \N{GREEK SMALL LETTER SIGMA}(" in meta["equations"][4][0]
    assert "<i>h</i>\N{PRIME} = 0." in meta["equations"][4][3]
    assert meta["line"].startswith("<svg")
    lower = shown(CELL_VIEW, "Model5", unit=5, layer=0).meta
    assert lower["sentences"] != meta["sentences"]
    for params, numbers in [({"unit": 64}, (0, 63, 64)), ({"layer": 2}, (0, 1, 2))]:
        with pytest.raises(Refusal) as error:
            shown(CELL_VIEW, "Model5", **params)
        recorded(str(error.value), *numbers)
    with pytest.raises(Refusal, match=r"^Model2 has no nn\.RNN, nn\.GRU or "):
        shown(CELL_VIEW, "Model2")


def test_a_source_that_cannot_be_read_is_told():
    sentence = "the source of Made.forward cannot be read"

    def refuse(*_: object, **__: object):
        raise Refusal(sentence)

    with pytest.raises(Refusal, match=sentence):
        CURSOR_VIEW.answer(Look(server().current("Model5"), 400, {}, refuse))


@pytest.mark.parametrize(
    ("run", "model", "read"),
    [
        (BLOCKS, "Model5", BLOCKS),
        (BLOCKS, "Model3", "Model3"),
        ("none", "Model5", "Model5"),
    ],
)
def test_the_machine_is_the_run_in_view_if_that_is_the_model(run, model, read):
    app = open_page("models", run=run, models_model=model)
    assert drawn(app, "models_reading")["run"] == read
