"""Another memory: what a changed state says and draws, and odd input."""

import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from hnviz.app.machine.view import READING_VIEW
from hnviz.app.pictures import VIEWS
from hnviz.app.rooms.hidden_states.units.picture import ROWS_VIEW
from hnviz.app.rooms.predictions.change_state.operation import read_units
from hnviz.app.rooms.predictions.change_state.picture import CHANGE_VIEW, CLAIMS_VIEW
from hnviz.app.rooms.predictions.change_state.said import Said, likeliest
from hnviz.app.rooms.predictions.prompt import read_prompt
from hnviz.config import RunConfig
from hnviz.data.places import LABELS
from hnviz.figures.surgery_text import Courses, Operation, ending, most_probable, numbers
from hnviz.models.catalogue import CATALOGUE
from hnviz.questions.view import Reply
from hnviz.runs import RunStore
from hnviz.web.http import Refusal
from tests.pages import below, choose, control, drawn, open_page, press
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")

MEMORY = "Another memory"
ITOS = ("xxunk", ",", "one", "two", "three", "four")


def opening(app):
    return next(each.proto.body for each in app.get("html") if "hnviz-lead" in each.proto.body)


def said(app):
    return "\n".join([*(each.value for each in app.markdown), *below(app)]).replace("\\", "")


def answered(app, key, **more) -> Reply:
    """What the first question of a picture on the page is answered with."""
    mount = drawn(app, key)
    asked = mount["asks"][0]
    view = next(each for each in VIEWS if each.name == asked["question"])
    return shown(view, mount["run"], **asked["params"] | more)


def words_of(answers):
    """The words of what was said."""
    return [word for word, *_ in answers["words"]]


SWAPPED = {"text": "4316 to 4318", "other": "5038 to 5040"}


def test_both_texts_are_sent_in_words_and_any_beginning_of_one_is_a_text_of_these():
    meta = shown(CHANGE_VIEW, "Model5", **SWAPPED).meta
    for typed, words in zip(SWAPPED.values(), meta["texts"], strict=True):
        assert words == list(read_prompt(typed, RunConfig()).tokens)
        for n in range(1, len(words) + 1):
            cut = meta["between"].join(words[:n])
            assert list(read_prompt(cut, RunConfig()).tokens) == words[:n]
    alone = shown(CHANGE_VIEW, "Model5", text="7", how="zero units", units="2", layer=0)
    assert alone.meta["texts"] == [["seven"]]


# -- sentences ---------------------------------------------------------------------------------


def test_the_most_probable_word_is_told_with_its_probability(recorded):
    recorded(most_probable("one" * 9, 0.5), 50)


def test_only_a_sure_word_is_sent_as_1():
    shares = (1.0, 0.9999, 0.99999994, 0.12345)
    told = {"headline": "", "alt": "**a**", "bars": [], "says": [], "start": 0}
    said = Said(words=["one"] * 4, shares=shares, differ=[3], **told).meta
    sent = [share for _, share, _ in said["words"]]
    assert sent[0] == 1 and sent[1] == 0.9999 and 0.9999 < sent[2] < 1 and sent[3] == 0.123
    assert [differs for *_, differs in said["words"]] == [False] * 3 + [True]
    assert said["alt"] == "a"


def test_bars_show_the_likeliest_of_each_answer_and_which_was_said():
    one = np.array([0.01, 0.5, 0.3, 0.15, 0.04, 0.0])
    other = np.array([0.0, 0.1, 0.1, 0.05, 0.7, 0.05])
    assert likeliest([one], ITOS, 1, top=2) == [(",", [0.5], "said"), ("one", [0.3], "")]
    assert likeliest([one, other], ITOS, 4, top=1) == [
        ("three", [0.04, 0.7], "said"),
        (",", [0.5, 0.1], ""),
    ]


def courses(untouched, changed, **more):
    """Every answer is sure of the word that was said."""
    after = np.array([[float(word == each) for each in ITOS] for word in changed.split()])
    before = np.array([[float(word == each) for each in ITOS] for word in untouched.split()])
    return Courses(
        network="Model9 after 3 steps",
        untouched=untouched.split(),
        changed=changed.split(),
        before=before,
        after=after,
        itos=ITOS,
        **more,
    )


SWAP = Operation(text=["one", ",", "two"], layer=None, n_layers=2, nh=8, other=["three", "four"])


def test_numbers_are_compared_at_their_own_places(recorded):
    given = courses(", one two , one three , one", ", two two two , one three ,")
    assert numbers(given.untouched) == [[",", "one", "two"], [",", "one", "three"], [",", "one"]]
    assert given.rows == [
        ([",", "one", "two"], 0, 4), ([",", "one", "three"], 4, 7), ([",", "one"], 7, 8)
    ]  # fmt: skip
    assert given.differ == [1, 3]
    recorded(given.sentence(SWAP), 3, 1, 3)


def test_words_after_the_end_of_what_was_said_untouched_do_not_differ():
    """Both say as many words, so the last number may be cut short on one side only."""
    given = courses(", one one , two", ", one , two three")
    assert given.rows[-1] == ([",", "two"], 2, 5)
    assert given.differ == []
    assert given.altered == [True, False]  # the first lacks a word


def test_as_many_numbers_change_as_the_picture_marks(own_runs):
    held = {"how": "zero units", "units": "0 to 31", "layer": 0, "hold": True}
    found = shown(CHANGE_VIEW, "Model5", text="4316 to 4318", **held)
    changed = found.meta["changed"]
    marked = [differs for *_, differs in changed["words"]]
    rows = [any(marked[start:end]) for words, start, end in changed["rows"] if words]
    assert (sum(rows), len(rows)) == (5, 6)
    assert found.sentence.endswith(": **5** of 6 numbers change.")
    assert "Of the 6 numbers that both begin, 5 differ" in changed["note"]


@pytest.mark.parametrize(
    ("params", "claim", "n"),
    [
        ({"other": "5038 to 5040"}, "other number", 100),
        ({"other": "5038 to 5040", "layer": 1}, "other thousand, own rest", 27),
        ({"how": "zero units", "units": "0 to 31", "layer": 0}, "same words", 49),
        (
            {"how": "set one unit", "units": "2", "layer": 0, "value": 1.0, "hold": True},
            "another number",
            48,
        ),
        ({"how": "take out a digit", "layer": 0}, "another number", 14),
    ],
)
def test_a_change_says_for_how_many_drawn_prompts_it_does_the_same(
    own_runs, params, claim, n, recorded
):
    found = shown(CLAIMS_VIEW, "Model5", text="4316 to 4318", **params)
    assert (found.meta["claim"], found.meta["holds"][claim]) == (claim, n)
    recorded(found.sentence, n, 100)


def test_a_digit_is_taken_out_with_the_units_that_follow_it(own_runs, recorded):
    found = shown(CHANGE_VIEW, "Model5", text="4316 to 4318", how="take out a digit", layer=0)
    units = found.meta["units"]
    codes = shown(ROWS_VIEW, "Model5", text="one", layer=0).arrays["explained"]
    hundreds = LABELS.index("hundreds")
    assert units == np.flatnonzero(codes.argmax(axis=1) == hundreds).tolist()
    assert (found.arrays["after"][0, units] == 0).all()
    recorded(found.sentence, 6, 6)
    with pytest.raises(Refusal) as refused:
        shown(CHANGE_VIEW, "Model4", text="4316 to 4318", how="take out a digit", digit="tens")
    recorded(str(refused.value), 0)


def test_the_headline_says_what_a_swap_does_in_twenty_words(recorded):
    given = courses(", one two , one three , one", ", two two two , one three ,")
    recorded(given.headline, 1, 3)
    recorded(given.own_headline)
    recorded(courses(", one", ", one").headline, 0, 2)
    long = [f"{' '.join(['one'] * 6)} , {' '.join([word] * 6)} , two" for word in ("two", "four")]
    for own, other in (long, [each.replace("one", "three") for each in long]):
        headline = courses(own, other).headline
        assert len(headline.split()) <= 20 and headline.endswith(" numbers change.")
    every = courses(", one , two , one", ", two , one , two")
    assert every.headline.endswith(": **3** of 3 numbers change.")


def test_what_says_the_same_as_after_the_other_text_is_told(recorded):
    given = courses(", one , one", ", two , two", other_said=[",", "two", ",", "two"])
    recorded(given.sentence(SWAP), 4, part="tokens are what it says")
    given = courses(", one , one", ", two , two", other_said=[",", "two", ",", "one"])
    assert "3 of 4 tokens are what it says" in given.sentence(SWAP)


def test_a_change_without_an_effect_names_the_probability_that_moved_most(recorded):
    given = courses(", one", ", one")
    given.after[1] = [0, 0, 0.75, 0.25, 0, 0]
    units = Operation(text=["one"], layer=1, n_layers=2, nh=8, units=[3], value=-0.5, hold=True)
    recorded(given.sentence(units), 3, 1, 0.5, 3, 0, 2, 1, 100, 75)


def test_a_change_that_moves_nothing_names_no_probability(recorded):
    given = courses(", one", ", one")
    none = Operation(text=["one"], layer=1, n_layers=2, nh=8, units=[], value=1, hold=False)
    recorded(given.sentence(none), 0, 2, part="and no probability changes")


@pytest.mark.parametrize(
    ("units", "words"),
    [((), "no unit"), ((4,), "unit 4"), ((1, 4), "units 1 and 4"), (range(5), "5 of 8 units")],
)
def test_units_are_named_or_counted(units, words):
    done = Operation(text=["one"], layer=0, n_layers=1, nh=8, units=list(units)).done
    assert done == f"With {words} set to 0 once"


def test_the_end_of_a_text_is_its_last_number():
    assert ending(["one", ",", "two", "three"]) == "“… two three”"
    assert ending(["one", ","]) == "“one ,”"


def test_units_are_read_from_a_list_and_ranges():
    assert read_units("3, 1 ,5-7,5 to 6", 8) == (1, 3, 5, 6, 7)
    assert read_units("", 8) == ()
    for wrong in ("8", "a", "3-9", "7-3", "-1", "1.5", "²"):
        with pytest.raises(ValueError, match="from 0 to 7"):
            read_units(wrong, 8)
    with pytest.raises(ValueError, match="Name one unit from 0 to 7"):
        read_units("1, 2", 8, one=True)


# -- views and pages ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_model_answers_or_says_why_not(name, recorded):
    app = open_page("remember", run=name, remember_part=MEMORY)
    assert not app.exception
    if CATALOGUE[name].stateful:
        note = answered(app, "predictions_courses").meta["changed"]["note"]
        recorded(note, 40, part="tokens are what it says")
        return
    recorded(opening(app), RunConfig.for_model(name).bptt, part="each of its answers starts")
    with pytest.raises(Refusal, match="carries no state"):
        shown(CHANGE_VIEW, name, **SWAPPED)
    press(app, "predictions_to_Model4").run()
    assert app.selectbox(key="run").value == "Model4"
    assert drawn(app, "predictions_courses")["run"] == "Model4"


def test_the_state_of_5040_goes_on_from_5040(recorded):
    app = open_page("remember", remember_part=MEMORY)
    found = answered(app, "predictions_courses")
    recorded(found.sentence, 6, 6)
    changed, own = found.meta["changed"], found.meta["own"]
    recorded(changed["alt"], 400, 6, 6, part="five thousand forty one")
    recorded(" ".join(words_of(changed)[:9]))
    recorded(own["headline"])
    recorded(found.meta["changed"]["note"], 40, part="tokens are what it says")
    for text, answers in (("5038 to 5040", changed), ("4316 to 4318", own)):
        alone = shown(READING_VIEW, text=text, n=40)
        ids = alone.arrays["ids"][-40:].tolist()
        assert words_of(answers) == [alone.meta["words"][str(index)] for index in ids]
    assert changed["rows"][0][0] == words_of(own)[:6]
    choose(app, predictions_other="4316 to 4318").run()
    found = answered(app, "predictions_courses")
    assert "as if nothing had happened. 0 of 40 words differ" in found.meta["changed"]["alt"]
    recorded(found.sentence, 0, 40)


def test_headlines_have_at_most_twenty_words():
    for params in (SWAPPED, {"text": "7775 to 7776", "other": "3775 to 3776"}):
        for step in (0, 40, "last"):
            found = shown(CHANGE_VIEW, step=step, **params)
            assert len(found.sentence.split()) <= 20, found.sentence
            own = found.meta["own"]["headline"]
            assert len(own.split()) <= 20, own


def test_a_long_prompt_is_cut_before_it_is_asked():
    app = open_page("remember", remember_part=MEMORY, predictions_prompt="bananas " + "one " * 9000)
    assert "read as xxunk: “bananas”. The first 200 tokens are read." in said(app)
    assert answered(app, "predictions_courses").meta["own"]["words"]


def test_a_prompt_that_cannot_be_read_leaves_the_last_one():
    app = open_page("remember", remember_part=MEMORY, predictions_prompt="7 to 9")
    choose(app, predictions_prompt="12345").run()
    assert "Numbers go from 1 to 9999 here; got 12345" in said(app)
    assert "The picture still shows “7 to 9”." in said(app)
    assert drawn(app, "predictions_courses")["asks"][0]["params"]["text"] == "7 to 9"


def test_units_are_set_held_and_zeroed(recorded):
    app = open_page("remember", remember_part=MEMORY)
    choose(app, predictions_change="set one unit").run()
    settings = drawn(app, "predictions_courses")["settings"]
    assert (settings["units_key"], settings["units"]) == ("predictions_units_set", "2")

    def alt(units):
        return answered(app, "predictions_courses", units=units).meta["changed"]["alt"]

    assert "With unit 2 of layer 0 set to 1 once" in alt("2")
    choose(app, predictions_value=-0.5).run()
    choose(app, predictions_layer="1").run()
    choose(app, predictions_hold=True).run()
    recorded(alt("2"), 2, 1, 0.5, 400, part="before every word")
    found = answered(app, "predictions_courses", units="2")
    assert "1 of its 128 values differs from untouched" in found.meta["state"]
    assert (found.meta["layer"], found.meta["units"]) == (1, [2])
    assert found.arrays["after"][1, 2] == -0.5
    assert (found.arrays["before"] != found.arrays["after"]).sum() == 1
    choose(app, predictions_change="zero units").run()
    settings = drawn(app, "predictions_courses")["settings"]
    assert (settings["units_key"], settings["units"]) == ("predictions_units_zero", "0 to 31")
    found = answered(app, "predictions_courses", units=settings["units"])
    assert found.meta["units"] == list(range(32))
    recorded(alt("3, 17"), 3, 17, 1, 0, 400, part="before every word")


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({"how": "zero units", "units": "64"}, (0, 63, 64)),
        ({"how": "zero units", "units": "-1"}, (0, 63, 3, 17, 1)),
        ({"how": "set one unit", "units": "1, 2"}, (0, 63, 1, 2)),
        ({"how": "set one unit", "units": ""}, (0, 63)),
        ({"how": "set one unit", "units": "1", "value": "1e9"}, (100.0, 100.0, "1e9")),
        ({"how": "burn"}, ()),
        ({"other": ""}, ("4318", "4324")),
        ({"other": "5", "layer": 2}, (0, 1, 2)),
        ({"other": "5", "text": "12345"}, (1, "9999", "12345")),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_in_one_sentence(params, numbers, recorded):
    with pytest.raises(ValueError) as error:
        shown(CHANGE_VIEW, **{"text": "4316 to 4318", **params})
    recorded(str(error.value), *numbers)


@pytest.mark.parametrize(
    ("query", "part", "numbers"),
    [
        ({"predictions_prompt": ""}, "Type some words", ("4318", "4324")),
        ({"predictions_prompt": "12345"}, "Numbers go from", (1, "9999", "12345")),
        ({"predictions_prompt": "one two " * 5000}, "tokens are read", (200,)),
        ({"predictions_prompt": "1 to 9999"}, "tokens are read", (200,)),
        ({"predictions_prompt": "four bananas"}, "read as xxunk", ()),
        ({"predictions_change": "all"}, "asks for 'all'", ()),
        ({"predictions_layers": "2"}, "asks for '2'", (2, 0, 1)),
        ({"predictions_change": "set one unit", "predictions_value": "5"}, "asks for '5'",
         (1, 1, 5, "1.0")),
        ({"predictions_other": "   "}, "Type some words", ("4318", "4324")),
        ({"predictions_change": "zero units", "predictions_hold": "maybe"}, "asks for 'maybe'", ()),
        ({"predictions_change": "another state", "predictions_ways": "maybe"},
         "asks for 'maybe'", ()),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_and_the_page_stays(query, part, numbers, recorded):
    app = open_page("remember", remember_part=MEMORY, **query)
    assert not app.exception
    (line,) = (each for each in said(app).splitlines() if part in each)
    recorded(line, *numbers)
    assert drawn(app, "predictions_courses")


@pytest.mark.parametrize(
    ("how", "address", "units"),
    [
        ("set one unit", {}, "2"),
        ("set one unit", {"predictions_units_set": "7"}, "7"),
        ("zero units", {"predictions_units_zero": "3, 17"}, "3, 17"),
        ("zero units", {"predictions_units_set": "7"}, "0 to 31"),
    ],
)
def test_a_change_of_units_is_never_asked_without_them(how, address, units):
    query = {"remember_part": MEMORY, "predictions_change": how, **address}
    asks = drawn(open_page("remember", **query), "predictions_courses")["asks"]
    assert [each["params"]["units"] for each in asks] == [units] * len(asks)


def test_runs_that_cannot_be_asked_are_refused():
    folder = RunStore(Path(os.environ["HNVIZ_RUNS_DIR"]))
    shipped = folder.folder("Model5")
    made = folder.create(shipped.config)
    app = open_page("remember", run=made.id, remember_part=MEMORY)
    assert not app.exception
    assert control(app, "predictions_prompt")["value"] == "4316 to 4318"
    (made.path / "events.jsonl").write_bytes((shipped.path / "events.jsonl").read_bytes())
    (made.path / "snapshots").mkdir(exist_ok=True)
    other = load(shipped.snapshot_path(400).read_bytes())
    for name in ("i_h.weight", "h_o.weight", "h_o.bias"):  # of a vocab of 78 words
        other[name] = np.concatenate([other[name]] * 2)
    wanted = "the snapshot does not fit Model5"
    asks = ((READING_VIEW, {"text": "7"}), (CHANGE_VIEW, SWAPPED))
    for content, sentence in ((b"\x08\0\0\0", "damaged"), (save(other), wanted)):
        made.snapshot_path(400).write_bytes(content)
        for view, params in asks:
            with pytest.raises(Refusal, match=sentence):
                shown(view, made.id, 400, **params)
