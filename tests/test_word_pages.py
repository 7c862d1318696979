"""The Predictions page's next words and changed states: what they say and draw, and odd input."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from hnviz.app.rooms.predictions.change import read_units
from hnviz.catalogue import CATALOGUE
from hnviz.figures.answers import Bar, chance, likeliest
from hnviz.figures.surgery_text import Courses, Operation, ending, numbers
from hnviz.figures.word_text import Prompt, first_wrong, said_position, said_sentence
from hnviz.runs import RunStore
from tests.test_pages import drawn, open_page, text

pytestmark = pytest.mark.usefixtures("own_runs")

CHANGE = "Change the state"
ITOS = ("xxunk", ",", "one", "two", "three", "four")


def opening(app):
    return next(each.proto.body for each in app.get("html") if "hnviz-lead" in each.proto.body)


def said(app):
    return text(app).replace("\\", "")


# -- sentences ---------------------------------------------------------------------------------


def a_prompt(*surprise):
    words = ("one", ",", "two", ",")[: len(surprise) + 1]
    answers = np.array([[0, 0.9, 0.1, 0, 0, 0], [0, 0.25, 0, 0.125, 0.5, 0.125],
                        [0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]])  # fmt: skip
    return Prompt(
        network="Model9 after 3 steps",
        words=words,
        ids=[ITOS.index(word) for word in words],
        surprise=np.array(surprise),
        probabilities=answers,
        itos=ITOS,
    )


def test_the_most_surprising_token_is_named_with_its_numbers():
    prompt = a_prompt(0.15, 3.0, 0.0)
    assert prompt.worst == 1
    assert prompt.sentence == (
        "Model9 after 3 steps reads 4 tokens and is surprised most by “two” after “one ,”: it had "
        "given it **12 %**, 3.0 bits. On average a token surprises it by **1.05** bits; a blind "
        "guess among 6 words, by 2.6."
    )
    assert prompt.position(0) == "After “one” it finds “,” likeliest, 90 %, and that came."
    assert prompt.position(1) == (
        "After “one ,” it finds “three” likeliest, 50 %; “two” came, to which it gave 12 %, "
        "place 3: 3.0 bits of surprise."
    )
    assert "The text ends here" in prompt.position(3)


def test_one_word_alone_cannot_surprise():
    assert "has read one word, “one”" in a_prompt().sentence


@pytest.mark.parametrize(
    ("words", "truth", "place", "sentence"),
    [
        ("one two", "one two", None, "By itself it says **2 tokens**, all of them right."),
        ("one two", "one", None, "By itself it says **1 token**, all of them right."),
        ("one four", "one two", 1,
         "By itself it says **one token** right until its first mistake: “four” where “two” is "
         "true."),
        ("four two", "one two", 0,
         "Its very first token is wrong: “four” where “one” is true (**0** right before the first "
         "mistake)."),
    ],
)  # fmt: skip
def test_the_tokens_before_the_first_mistake_are_counted(words, truth, place, sentence):
    assert first_wrong(words.split(), truth.split()) == place
    assert said_sentence(words.split(), truth.split()) == sentence


def test_a_text_without_a_true_continuation_says_so():
    assert said_sentence(["one"], [], "No number.") == "It says 1 token by itself. No number."


def test_a_word_drawn_by_lot_is_told_from_the_likeliest():
    answer = np.array([0, 0.5, 0.3, 0.2, 0, 0])
    assert said_position("one", answer, (0.375, 2), "two") == (
        "“one” has place 2 among its words: 30 %, drawn with 38 %; “two” is true."
    )
    assert said_position(",", answer, (1.0, 1), ",") == "“,” is its likeliest word: 50 %, and true."


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "over 99.9 %"), (0.99951, "over 99.9 %"), (0.997, "99.7 %"), (0.98, "98 %"),
     (0.0312, "3.1 %"), (0.00042, "0.04 %"), (2e-6, "0.0002 %"), (1e-9, "under 0.0001 %")],
)  # fmt: skip
def test_a_probability_is_written_as_percent(share, words):
    assert chance(share) == words


def test_bars_show_the_likeliest_of_each_answer_and_what_is_asked_for():
    one = np.array([0.01, 0.5, 0.3, 0.15, 0.04, 0.0])
    other = np.array([0.0, 0.1, 0.1, 0.05, 0.7, 0.05])
    assert likeliest([one], ITOS, {2: "came"}, top=2) == [
        Bar(",", (0.5,)), Bar("one", (0.3,), "came")
    ]  # fmt: skip
    late = likeliest([one], ITOS, {4: "came"}, top=2)
    assert late[-1] == Bar("three", (0.04,), "came, place 4")
    both = likeliest([one, other], ITOS, {}, top=1)
    assert [bar.word for bar in both] == ["three", ","]
    assert both[0].shares == (0.04, 0.7)


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


def test_numbers_are_compared_at_their_own_places():
    given = courses(", one two , one three , one", ", two two two , one three ,")
    assert numbers(given.untouched) == [[",", "one", "two"], [",", "one", "three"], [",", "one"]]
    assert given.rows == [
        ([",", "one", "two"], 0, 4), ([",", "one", "three"], 4, 7), ([",", "one"], 7, 8)
    ]  # fmt: skip
    assert given.differ == [1, 3]
    assert given.sentence(SWAP) == (
        "With the state that “three four” left, Model9 after 3 steps goes on from “… two” with "
        "“two two two” where it would have said “one two”: **1** of 2 numbers become others."
    )


def test_what_says_the_same_as_after_the_other_text_is_told():
    given = courses(", one , one", ", two , two", other_said=[",", "two", ",", "two"])
    assert "All 4 tokens are those that it says after that other text itself." in given.sentence(
        SWAP
    )
    given = courses(", one , one", ", two , two", other_said=[",", "two", ",", "one"])
    assert "3 of 4 tokens are those" in given.sentence(SWAP)


def test_a_change_without_an_effect_names_the_probability_that_moved_most():
    given = courses(", one", ", one")
    given.after[1] = [0, 0, 0.75, 0.25, 0, 0]
    units = Operation(text=["one"], layer=1, n_layers=2, nh=8, units=[3], value=-0.5, hold=True)
    assert given.sentence(units) == (
        "With unit 3 of layer 1 set to \N{MINUS SIGN}0.5 before every word, Model9 after 3 steps "
        "goes on from “one” as if nothing had happened: **0** of 2 words differ. The probability "
        "that moves most is that of “one” as word 1, from over 99.9 % to 75 %."
    )


def test_a_change_that_moves_nothing_names_no_probability():
    given = courses(", one", ", one")
    none = Operation(text=["one"], layer=1, n_layers=2, nh=8, units=[], value=1, hold=False)
    assert given.sentence(none).endswith("**0** of 2 words differ, and no probability moves.")


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


# -- pages -------------------------------------------------------------------------------------


def test_next_words_of_the_shipped_model():
    app = open_page("predictions")
    assert not app.exception
    reading, saying = drawn(app, "predictions_reading"), drawn(app, "predictions_saying")
    assert reading["alt"].startswith("Model5 after 400 steps reads 17 tokens")
    assert reading["alt"].replace("“", "") in opening(app).replace("<b>", "").replace(
        "</b>", "").replace("“", "")  # fmt: skip
    assert [cell[0] for cell in reading["cells"]][:3] == ["four", "thousand", "three"]
    assert reading["cells"][0][2] is None and reading["cells"][1][2] > 1
    assert len(reading["bars"]) == 17 and len(saying["bars"]) == len(saying["cells"]) == 40
    assert saying["alt"] == "By itself it says 40 tokens, all of them right."
    assert [cell[:2] for cell in saying["cells"][:3]] == [
        [",", ","],
        ["four"] * 2,
        ["thousand"] * 2,
    ]
    assert len(json.dumps(reading)) + len(json.dumps(saying)) < 30_000


def test_the_first_mistake_is_marked_and_what_follows_is_not_judged():
    app = open_page("predictions", predictions_prompt="8314 to 8316")
    cells = drawn(app, "predictions_saying")["cells"]
    assert [cell[4] for cell in cells[:4]] == ["", "wrong", "late", "late"]
    assert cells[1][:2] == ["two", "eight"]
    assert "**one token** right until its first mistake: “two” where “eight” is true" in said(app)


def test_temperature_top_k_and_seed_decide_the_words():
    app = open_page("predictions", predictions_temperature="3", predictions_n="60")
    words = {}
    for seed, top_k in ((0, 39), (1, 39), (0, 39), (0, 1)):
        app.number_input(key="predictions_seed").set_value(seed)
        app.number_input(key="predictions_top_k").set_value(top_k).run()
        found = [cell[0] for cell in drawn(app, "predictions_saying")["cells"]]
        assert words.setdefault((seed, top_k), found) == found
    assert words[0, 39] != words[1, 39]
    assert drawn(open_page("predictions", predictions_n="60"), "predictions_saying")["cells"] \
        == drawn(app, "predictions_saying")["cells"]  # fmt: skip


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_model_answers_or_says_why_not(name):
    app = open_page("predictions", run=name)
    assert not app.exception
    assert drawn(app, "predictions_saying")["cells"]
    net = CATALOGUE[name]
    assert ("carries no state: each answer reads the last" in said(app)) is not net.stateful
    app.segmented_control(key="predictions_view").set_value(CHANGE).run()
    assert not app.exception
    if net.stateful:
        assert "All 40 tokens are those that it says after that other text itself" in opening(app)
        return
    assert f"{name} carries no state: each of its answers starts again" in opening(app)
    app.button(key="predictions_to_Model4").click().run()
    assert app.selectbox(key="run").value == "Model4"
    assert drawn(app, "predictions_state")


def test_the_state_of_5040_goes_on_from_5040():
    app = open_page("predictions", predictions_view=CHANGE)
    assert "with “five thousand forty one” where it would have said “four thousand" in opening(app)
    cells = [cell[0] for cell in drawn(app, "predictions_courses")["cells"]]
    assert " ".join(cells[:9]) == ", five thousand forty one , five thousand forty"
    own = open_page("predictions", predictions_prompt="5038 to 5040")
    assert cells == [cell[0] for cell in drawn(own, "predictions_saying")["cells"]]
    app.text_input(key="predictions_other").set_value("4316 to 4318").run()
    assert "as if nothing had happened: <b>0</b> of 40 words differ" in opening(app)


def test_a_long_prompt_is_cut_before_it_is_asked():
    app = open_page("predictions", predictions_prompt="bananas " + "one two " * 5000)
    assert len(drawn(app, "predictions_reading")["cells"]) == 200
    assert "read as xxunk: “bananas”. The first 200 tokens are read." in said(app)


def test_an_example_fills_the_prompt_and_can_be_taken_again():
    app = open_page("predictions")
    for _ in range(2):
        app.pills(key="predictions_example").set_value("997 to 999").run()
        assert app.text_input(key="predictions_prompt").value == "997 to 999"
        assert app.pills(key="predictions_example").value is None
        app.text_input(key="predictions_prompt").set_value("4316 to 4318").run()
        assert app.text_input(key="predictions_prompt").value == "4316 to 4318"


def test_units_are_set_held_and_clicked():
    app = open_page("predictions", predictions_view=CHANGE)
    app.segmented_control(key="predictions_change").set_value("set one unit").run()
    assert "With unit 2 of layer 0 set to 1 once" in opening(app)
    app.slider(key="predictions_value").set_value(-0.5).run()
    app.segmented_control(key="predictions_layer").set_value("1").run()
    app.toggle(key="predictions_hold").set_value(True).run()
    assert "With unit 2 of layer 1 set to \N{MINUS SIGN}0.5 before every word" in opening(app)
    state = drawn(app, "predictions_state")
    assert "1 of its 128 values differs from untouched" in state["alt"]
    assert (state["layer"], state["marked"], state["after"][1][2]) == (1, [2], -0.5)
    app.segmented_control(key="predictions_change").set_value("zero units").run()
    assert drawn(app, "predictions_state")["marked"] == list(range(32))
    app.text_input(key="predictions_units_zero").set_value("3, 17").run()
    assert "With units 3 and 17 of layer 1 set to 0 before every word" in opening(app)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"predictions_prompt": ""}, "Type some words"),
        ({"predictions_prompt": "12345"}, "Numbers go from 1 to 9999 here; got 12345"),
        ({"predictions_prompt": "one two " * 5000}, "The first 200 tokens are read"),
        ({"predictions_prompt": "1 to 9999"}, "The first 200 tokens are read"),
        ({"predictions_prompt": "four bananas"}, "read as xxunk: “bananas”"),
        ({"predictions_prompt": "four bananas"}, "does not end in a number from 1 to 9,999"),
        ({"predictions_prompt": "9999"}, "9,999 is the last number of the text"),
        ({"predictions_temperature": "abc"}, "wanted 'abc' here, which is not a number"),
        ({"predictions_temperature": "11"}, "Temperature: from 0 to 10; got 11. 0 is taken."),
        ({"predictions_top_k": "0"}, "Top k: from 1 to 39; got 0. 39 is taken."),
        ({"predictions_seed": "-1"}, "Seed: from 0 to 2,147,483,647; got -1. 0 is taken."),
        ({"predictions_n": "201"}, "Tokens to say: from 1 to 200; got 201. 40 is taken."),
        ({"predictions_view": "Nothing"}, "the address wanted 'Nothing' here"),
        ({"predictions_change": "all"}, "the address wanted 'all' here"),
        ({"predictions_layers": "2"}, "the address wanted '2' here, which is not one of all, 0, 1"),
        ({"predictions_change": "zero units", "predictions_units_zero": "64"},
         "Units go from 0 to 63; got 64"),
        ({"predictions_change": "set one unit", "predictions_units_set": "1, 2"},
         "Name one unit from 0 to 63"),
        ({"predictions_change": "set one unit", "predictions_value": "5"},
         "the address wanted '5' here, which is not a number from -1 to 1"),
        ({"predictions_other": "   "}, "Type some words"),
        ({"predictions_change": "zero units", "predictions_hold": "maybe"},
         "the address wanted 'maybe' here"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_and_the_page_stays(query, sentence):
    change = {"predictions_change", "predictions_layers", "predictions_other"} & set(query)
    app = open_page("predictions", **({"predictions_view": CHANGE} if change else {}), **query)
    assert not app.exception
    assert sentence in said(app)
    assert app.segmented_control(key="predictions_view").value in (CHANGE, "Next word")


def test_runs_that_cannot_be_asked_are_told():
    store = RunStore(Path(os.environ["HNVIZ_RUNS_DIR"]))
    shipped = store.folder("Model5")
    made = store.create(shipped.config)
    for view in ("Next word", CHANGE):
        app = open_page("predictions", run=made.id, predictions_view=view)
        assert not app.exception
        assert "This run ended before its first snapshot" in said(app)
    (made.path / "events.jsonl").write_bytes((shipped.path / "events.jsonl").read_bytes())
    (made.path / "snapshots").mkdir(exist_ok=True)
    other = load(shipped.snapshot_path(400).read_bytes())
    for name in ("i_h.weight", "h_o.weight", "h_o.bias"):  # of a vocab of 78 words
        other[name] = np.concatenate([other[name]] * 2)
    wanted = "the snapshot does not fit Model5 with nv 39"
    for content, sentence in ((b"\x08\0\0\0", "damaged"), (save(other), wanted)):
        made.snapshot_path(400).write_bytes(content)
        for view in ("Next word", CHANGE):
            app = open_page("predictions", run=made.id, predictions_view=view)
            assert not app.exception
            assert sentence in said(app)
            assert app.text_input(key="predictions_prompt").value == "4316 to 4318"
