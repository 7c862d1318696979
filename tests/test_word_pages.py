"""The Predictions page's next words and changed states: what they say and draw, and odd input."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from hnviz.app.pictures import VIEWS
from hnviz.app.rooms.predictions.answers.cells import Answers, Cell
from hnviz.app.rooms.predictions.change_state.operation import read_units
from hnviz.app.rooms.predictions.change_state.picture import CHANGE_VIEW, CLAIMS_VIEW
from hnviz.app.rooms.predictions.going_on.picture import SAYING_VIEW
from hnviz.app.rooms.predictions.next_word.picture import READING_VIEW
from hnviz.figures.answers import Bar, likeliest
from hnviz.figures.surgery_text import Courses, Operation, ending, numbers
from hnviz.figures.word_text import Prompt, first_wrong, said_position, said_sentence
from hnviz.models.catalogue import CATALOGUE
from hnviz.questions.params import ParamError
from hnviz.questions.view import Reply
from hnviz.runs import RunStore
from hnviz.web.http import Refusal
from tests.pages import drawn, open_page
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")

CHANGE = "Change the state"
ITOS = ("xxunk", ",", "one", "two", "three", "four")


def opening(app):
    return next(each.proto.body for each in app.get("html") if "hnviz-lead" in each.proto.body)


def said(app):
    return "\n".join(each.value for each in app.markdown).replace("\\", "")


def answered(app, key, **more) -> Reply:
    """What the first question of a picture on the page is answered with."""
    mount = drawn(app, key)
    asked = mount["asks"][0]
    view = next(each for each in VIEWS if each.name == asked["question"])
    return shown(view, mount["run"], **asked["params"] | more)


def words_of(answers):
    """The words of a picture's cells."""
    return [cell[0] for cell in answers["cells"]]


SWAPPED = {"text": "4316 to 4318", "other": "5038 to 5040"}


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


def test_the_most_surprising_token_is_named_with_its_numbers(recorded):
    prompt = a_prompt(0.15, 3.0, 0.0)
    assert prompt.worst == 1
    recorded(prompt.sentence, 3, 4, 12, 3.0, 1.05, 6, 2.6)
    assert prompt.sentence.endswith(prompt.average)
    recorded(prompt.position(0), 6, 0.1)
    recorded(prompt.position(1), 3, 6, 3.0)
    recorded(prompt.position(3))


def test_one_word_alone_cannot_surprise():
    assert "has read one word, “one”" in a_prompt().sentence
    assert "has read one word, “one”" in a_prompt().headline
    assert a_prompt().average == ""


def test_the_headline_sets_what_was_expected_against_what_came(recorded):
    recorded(a_prompt(0.15, 3.0, 0.0).headline, 50, 12)
    recorded(a_prompt(0.15).headline, 90)


def test_each_word_has_the_headline_that_is_shown_while_it_is_picked():
    prompt = a_prompt(0.15, 3.0, 0.0)
    assert [prompt.headline_at(at) for at in range(4)] == [
        "After “one”, it expected “,” (**90 %**), and it was right.",
        prompt.headline,
        "After “one , two”, it expected “,” (**100 %**), and it was right.",
        "After “one , two ,”, it expects “three” (**100 %**); the text ends.",
    ]


def test_a_first_number_that_nobody_could_know_is_set_against_the_next(recorded):
    ids = [2, 3, 1, 2, 0]
    prompt = Prompt(
        network="Model9",
        words=[ITOS[each] for each in ids],
        ids=ids,
        surprise=np.array([3.0, 1.0, 0.0, 1.0]),
        probabilities=np.tile([0, 0.5, 0.1, 0.125, 0.2, 0.1], (5, 1)),
        itos=ITOS,
    )
    recorded(prompt.headline, 50, 12, 75)


@pytest.mark.parametrize(
    ("words", "truth", "place", "sentence"),
    [
        ("one two", "one two", None, "On its own it says **2 tokens**, all of them right."),
        ("one two", "one", None, "On its own it says **1 token**, all of them right."),
        ("one four", "one two", 1,
         "On its own it gets **one token** right, then it says “four” where the text says “two”."),
        ("four two", "one two", 0,
         "On its own, its very first token is wrong: “four” where the text says “one”."),
    ],
)  # fmt: skip
def test_the_tokens_before_the_first_mistake_are_counted(words, truth, place, sentence):
    assert first_wrong(words.split(), truth.split()) == place
    assert said_sentence(words.split(), truth.split()) == sentence


def test_a_text_without_a_true_continuation_says_so():
    assert said_sentence(["one"], [], "No number.") == "On its own it says 1 token. No number."


def test_a_word_drawn_by_lot_is_told_from_the_likeliest(recorded):
    answer = np.array([0, 0.5, 0.3, 0.2, 0, 0])
    recorded(said_position("one", answer, (0.375, 2), "two"), 2, 30)
    recorded(said_position(",", answer, (1.0, 1), ","), 50)


def test_only_a_sure_word_is_sent_as_1():
    sure = [Cell(word="one", share=share) for share in (1.0, 0.9999, 0.99999994, 0.12345)]
    picture = Answers(param="at", alt="", cells=sure, bars=[], says=[], start=0)
    shares = [cell[3] for cell in picture.meta["cells"]]
    assert shares[0] == 1 and shares[1] == 0.9999 and 0.9999 < shares[2] < 1 and shares[3] == 0.123


def test_bars_show_the_likeliest_of_each_answer_and_what_is_asked_for():
    one = np.array([0.01, 0.5, 0.3, 0.15, 0.04, 0.0])
    other = np.array([0.0, 0.1, 0.1, 0.05, 0.7, 0.05])
    assert likeliest([one], ITOS, {2: "came"}, top=2) == [
        Bar(",", (0.5,)), Bar("one", (0.3,), "came")
    ]  # fmt: skip
    late = likeliest([one], ITOS, {4: "came"}, top=2)
    assert late[-1] == Bar("three", (0.04,), "came, rank 4")
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
    marked = ["differs" in cell for cell in changed["cells"]]
    rows = [any(marked[start:end]) for words, start, end in changed["rows"] if words]
    assert (sum(rows), len(rows)) == (5, 6)
    assert found.sentence.endswith(": **5** of 6 numbers change.")
    assert "Of the 6 numbers that both begin, 5 differ" in changed["note"]


@pytest.mark.parametrize(
    ("params", "claim", "sentence"),
    [
        ({"other": "5038 to 5040"}, "other number", "it says the other text's next number. 100"),
        (
            {"other": "5038 to 5040", "layer": 1},
            "other thousand, own rest",
            "the thousand is the other text's, the rest its own. 27",
        ),
        (
            {"how": "zero units", "units": "0 to 31", "layer": 0},
            "same words",
            "no word changes. 49",
        ),
        (
            {"how": "set one unit", "units": "2", "layer": 0, "value": 1.0, "hold": True},
            "another number",
            "it says another number. 48",
        ),
    ],
)
def test_a_change_says_for_how_many_drawn_prompts_it_does_the_same(
    own_runs, params, claim, sentence
):
    found = shown(CLAIMS_VIEW, "Model5", text="4316 to 4318", **params)
    clause, n = sentence.rsplit(". ", 1)
    assert (found.meta["claim"], found.meta["holds"][claim]) == (claim, int(n))
    assert found.sentence == (
        f"After this prompt, {clause}. The same happens after **{n}** of 100 prompts drawn from "
        "train."
    )


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


def test_what_says_the_same_as_after_the_other_text_is_told():
    given = courses(", one , one", ", two , two", other_said=[",", "two", ",", "two"])
    assert "All 4 tokens are what it says after the other text." in given.sentence(SWAP)
    given = courses(", one , one", ", two , two", other_said=[",", "two", ",", "one"])
    assert "3 of 4 tokens are what it says" in given.sentence(SWAP)


def test_a_change_without_an_effect_names_the_probability_that_moved_most(recorded):
    given = courses(", one", ", one")
    given.after[1] = [0, 0, 0.75, 0.25, 0, 0]
    units = Operation(text=["one"], layer=1, n_layers=2, nh=8, units=[3], value=-0.5, hold=True)
    recorded(given.sentence(units), 3, 1, 0.5, 3, 0, 2, 1, 100, 75)


def test_a_change_that_moves_nothing_names_no_probability():
    given = courses(", one", ", one")
    none = Operation(text=["one"], layer=1, n_layers=2, nh=8, units=[], value=1, hold=False)
    assert given.sentence(none).endswith("**0** of 2 words differ, and no probability changes.")


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


def test_next_words_of_the_shipped_model(recorded):
    app = open_page("predictions")
    assert not app.exception
    reading, saying = answered(app, "predictions_reading"), answered(app, "predictions_saying")
    recorded(reading.sentence, 49, 0.2, 97)
    read, said_by_itself = reading.meta, saying.meta
    assert read["alt"].startswith("Model5 after 400 steps reads 17 tokens")
    recorded(read["note"], 1.29, 39, 5.3)
    assert read["says"][read["start"]].endswith(
        "“sixteen”, is number 16 of 39: 9.1 bits of surprise. It belongs to the first number: with "
        "no number before it, any network can only guess."
    )
    assert read["headlines"][read["start"]] == reading.sentence and len(read["headlines"]) == 17
    later = read["says"][9]
    assert "bits of surprise." in later and "first number" not in later
    assert read["bars"][read["start"]][-1][2] == "in the text, rank 16"
    assert words_of(read)[:3] == ["four", "thousand", "three"]
    assert read["cells"][0][2] is None and read["cells"][1][2] > 1
    assert len(read["bars"]) == 17
    assert len(said_by_itself["bars"]) == len(said_by_itself["cells"]) == 40
    recorded(saying.sentence, 40)
    recorded(said_by_itself["alt"], 40)
    assert [cell[:2] for cell in said_by_itself["cells"][:3]] == [
        [",", ","],
        ["four"] * 2,
        ["thousand"] * 2,
    ]
    assert len(json.dumps(read)) + len(json.dumps(said_by_itself)) < 30_000
    assert len(drawn(app, "predictions_saying")) and len(
        json.dumps(drawn(app, "predictions_saying"))
    ) < 700  # fmt: skip


def test_another_snapshot_answers_otherwise():
    untrained = shown(READING_VIEW, step=0, text="4316 to 4318")
    assert untrained.meta["alt"].startswith("Model5 before any training reads 17 tokens")
    assert untrained.sentence != shown(READING_VIEW, text="4316 to 4318").sentence


def test_the_first_mistake_is_marked_and_what_follows_is_not_judged():
    app = open_page("predictions", predictions_prompt="8314 to 8316")
    found = answered(app, "predictions_saying")
    cells = found.meta["cells"]
    assert [cell[4] for cell in cells[:4]] == ["", "wrong", "late", "late"]
    assert cells[1][:2] == ["two", "eight"] and found.meta["start"] == 1
    assert "**one token** right, then it says “two” where the text says “eight”" in found.sentence
    notes = {word: note for word, _, note in found.meta["bars"][1]}
    assert (notes["two"], notes["eight"]) == ("said", "correct")


def test_temperature_top_k_and_seed_decide_the_words():
    app = open_page("predictions", predictions_temperature="3", predictions_n="60")
    words = {}
    for seed, top_k in ((0, 39), (1, 39), (0, 39), (0, 1)):
        app.number_input(key="predictions_seed").set_value(seed)
        app.number_input(key="predictions_top_k").set_value(top_k).run()
        found = words_of(answered(app, "predictions_saying").meta)
        assert words.setdefault((seed, top_k), found) == found
    assert words[0, 39] != words[1, 39]
    likeliest_always = answered(open_page("predictions", predictions_n="60"), "predictions_saying")
    assert likeliest_always.meta["cells"] == answered(app, "predictions_saying").meta["cells"]
    asked = {"text": "4316 to 4318", "temperature": 3, "n": 60}
    every = shown(SAYING_VIEW, **asked, top_k=39).meta
    assert words_of(shown(SAYING_VIEW, **asked).meta) == words_of(every) == words[0, 39]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_model_answers_or_says_why_not(name):
    app = open_page("predictions", run=name)
    assert not app.exception
    assert answered(app, "predictions_saying").meta["cells"]
    net = CATALOGUE[name]
    note = answered(app, "predictions_reading").meta["note"]
    assert ("carries no state: each answer reads only the last" in note) is not net.stateful
    app.segmented_control(key="predictions_view").set_value(CHANGE).run()
    assert not app.exception
    if net.stateful:
        note = answered(app, "predictions_courses").meta["changed"]["note"]
        assert "All 40 tokens are what it says after the other text" in note
        return
    assert f"{name} carries no state: each of its answers starts again" in opening(app)
    with pytest.raises(Refusal, match="carries no state"):
        shown(CHANGE_VIEW, name, **SWAPPED)
    app.button(key="predictions_to_Model4").click().run()
    assert app.selectbox(key="run").value == "Model4"
    assert drawn(app, "predictions_courses")["run"] == "Model4"


def test_the_state_of_5040_goes_on_from_5040(recorded):
    app = open_page("predictions", predictions_view=CHANGE)
    found = answered(app, "predictions_courses")
    recorded(found.sentence, 6, 6)
    changed, own = found.meta["changed"], found.meta["own"]
    assert "with “five thousand forty one” instead of “four thousand" in changed["alt"]
    recorded(" ".join(words_of(changed)[:9]))
    recorded(own["headline"])
    assert found.meta["changed"]["note"].startswith(
        "All 40 tokens are what it says after the other"
    )
    for text, answers in (("5038 to 5040", changed), ("4316 to 4318", own)):
        alone = answered(open_page("predictions", predictions_prompt=text), "predictions_saying")
        assert words_of(answers) == words_of(alone.meta)
    assert changed["rows"][0][0] == words_of(own)[:6]
    app.text_input(key="predictions_other").set_value("4316 to 4318").run()
    found = answered(app, "predictions_courses")
    assert "as if nothing had happened. 0 of 40 words differ" in found.meta["changed"]["alt"]
    recorded(found.sentence, 0, 40)


def test_headlines_have_at_most_twenty_words():
    for view, params in (
        (READING_VIEW, {"text": "4316 to 4318"}),
        (SAYING_VIEW, {"text": "8314 to 8316"}),
        (CHANGE_VIEW, SWAPPED),
        (CHANGE_VIEW, {"text": "7775 to 7776", "other": "3775 to 3776"}),
    ):
        for step in (0, 40, "last"):
            found = shown(view, step=step, **params)
            assert len(found.sentence.split()) <= 20, found.sentence
            own = found.meta.get("own", {"headline": ""})["headline"]
            assert len(own.split()) <= 20, own


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("four bananas", "does not end in a number from 1 to 9,999"),
        ("9999", "9,999 is the last number of the text"),
    ],
)
def test_a_prompt_without_a_true_continuation_is_gone_on_from_all_the_same(text, sentence):
    found = shown(SAYING_VIEW, text=text)
    assert sentence in found.sentence and len(found.meta["cells"]) == 40
    assert [cell[1] for cell in found.meta["cells"]] == [None] * 40


def test_a_long_prompt_is_cut_before_it_is_asked():
    app = open_page("predictions", predictions_prompt="bananas " + "one two " * 5000)
    assert len(answered(app, "predictions_reading").meta["cells"]) == 200
    assert "read as xxunk: “bananas”. The first 200 tokens are read." in said(app)


def test_an_example_fills_the_prompt_and_can_be_taken_again():
    app = open_page("predictions")
    assert app.pills(key="predictions_example").value == "4316 to 4318"
    for _ in range(2):
        app.pills(key="predictions_example").set_value("997 to 999").run()
        assert app.text_input(key="predictions_prompt").value == "997 to 999"
        assert app.pills(key="predictions_example").value == "997 to 999"  # it is marked
        app.text_input(key="predictions_prompt").set_value("5 to 7").run()
        assert app.text_input(key="predictions_prompt").value == "5 to 7"
        assert app.pills(key="predictions_example").value is None


def test_a_prompt_that_cannot_be_read_leaves_the_last_one():
    app = open_page("predictions", predictions_prompt="7 to 9")
    app.text_input(key="predictions_prompt").set_value("12345").run()
    assert "Numbers go from 1 to 9999 here; got 12345" in said(app)
    assert "The picture still shows “7 to 9”." in said(app)
    assert len(answered(app, "predictions_reading").meta["cells"]) == 5


def test_units_are_set_held_and_zeroed():
    app = open_page("predictions", predictions_view=CHANGE)
    app.segmented_control(key="predictions_change").set_value("set one unit").run()
    settings = drawn(app, "predictions_courses")["settings"]
    assert (settings["units_key"], settings["units"]) == ("predictions_units_set", "2")

    def alt(units):
        return answered(app, "predictions_courses", units=units).meta["changed"]["alt"]

    assert "With unit 2 of layer 0 set to 1 once" in alt("2")
    app.slider(key="predictions_value").set_value(-0.5).run()
    app.segmented_control(key="predictions_layer").set_value("1").run()
    app.toggle(key="predictions_hold").set_value(True).run()
    assert "With unit 2 of layer 1 set to \N{MINUS SIGN}0.5 before every word" in alt("2")
    found = answered(app, "predictions_courses", units="2")
    assert "1 of its 128 values differs from untouched" in found.meta["state"]
    assert (found.meta["layer"], found.meta["units"]) == (1, [2])
    assert found.arrays["after"][1, 2] == -0.5
    assert (found.arrays["before"] != found.arrays["after"]).sum() == 1
    app.segmented_control(key="predictions_change").set_value("zero units").run()
    settings = drawn(app, "predictions_courses")["settings"]
    assert (settings["units_key"], settings["units"]) == ("predictions_units_zero", "0 to 31")
    found = answered(app, "predictions_courses", units=settings["units"])
    assert found.meta["units"] == list(range(32))
    assert "With units 3 and 17 of layer 1 set to 0 before every word" in alt("3, 17")


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"how": "zero units", "units": "64"}, "Units go from 0 to 63; got 64"),
        ({"how": "zero units", "units": "-1"}, "Units are numbers from 0 to 63, such as 3, 17"),
        ({"how": "set one unit", "units": "1, 2"}, "Name one unit from 0 to 63; got '1, 2'"),
        ({"how": "set one unit", "units": ""}, "Name one unit from 0 to 63; got ''"),
        ({"how": "set one unit", "units": "1", "value": "1e9"}, "value must be a number from -100"),
        ({"how": "burn"}, "how must be one of another state, zero units, set one unit"),
        ({"other": ""}, "Type some words or a range of numbers"),
        ({"other": "5", "layer": 2}, "layer must be from 0 to 1 for Model5; got 2"),
        ({"other": "5", "text": "12345"}, "Numbers go from 1 to 9999 here; got 12345"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_in_one_sentence(params, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        shown(CHANGE_VIEW, **{"text": "4316 to 4318", **params})


@pytest.mark.parametrize("name", ["temperature", "n", "seed", "top_k"])
@pytest.mark.parametrize("value", ["-1", "1e999", "nan", "9" * 400, "abc"])
def test_what_decides_the_words_is_held_to_its_bounds(name, value):
    with pytest.raises(ParamError, match=f"^{name} must be a"):
        shown(SAYING_VIEW, text="1 to 3", **{name: value})


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"predictions_prompt": ""}, "Type some words"),
        ({"predictions_prompt": "12345"}, "Numbers go from 1 to 9999 here; got 12345"),
        ({"predictions_prompt": "one two " * 5000}, "The first 200 tokens are read"),
        ({"predictions_prompt": "1 to 9999"}, "The first 200 tokens are read"),
        ({"predictions_prompt": "four bananas"}, "read as xxunk: “bananas”"),
        ({"predictions_temperature": "abc"}, "asks for 'abc' here, which is not a number"),
        ({"predictions_temperature": "11"}, "Temperature: from 0 to 10; got 11. 0 is used."),
        ({"predictions_top_k": "0"}, "Top k: from 1 to 39; got 0. 39 is used."),
        ({"predictions_seed": "-1"},
         "Seed: from 0 to 2,147,483,647; got \N{MINUS SIGN}1. 0 is used."),
        ({"predictions_n": "201"}, "Tokens to say: from 1 to 200; got 201. 40 is used."),
        ({"predictions_view": "Nothing"}, "the address asks for 'Nothing' here"),
        ({"predictions_change": "all"}, "the address asks for 'all' here"),
        ({"predictions_layers": "2"},
         "the address asks for '2' here, which is not one of all, 0, 1"),
        ({"predictions_change": "set one unit", "predictions_value": "5"},
         "the address asks for '5' here, which is not a number from \N{MINUS SIGN}1 to 1"),
        ({"predictions_other": "   "}, "Type some words"),
        ({"predictions_change": "zero units", "predictions_hold": "maybe"},
         "the address asks for 'maybe' here"),
        ({"predictions_change": "another state", "predictions_ways": "maybe"},
         "The address asks for 'maybe' here"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_and_the_page_stays(query, sentence):
    change = {"predictions_change", "predictions_layers", "predictions_other"} & set(query)
    app = open_page("predictions", **({"predictions_view": CHANGE} if change else {}), **query)
    assert not app.exception
    assert sentence in said(app)
    assert app.segmented_control(key="predictions_view").value in (CHANGE, "Next word")


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
    query = {"predictions_view": CHANGE, "predictions_change": how, **address}
    asks = drawn(open_page("predictions", **query), "predictions_courses")["asks"]
    assert [each["params"]["units"] for each in asks] == [units] * len(asks)


def test_a_number_that_cannot_be_used_leaves_the_last_good_one():
    app = open_page("predictions", predictions_n="12")
    app.number_input(key="predictions_n").set_value(500).run()
    assert "Tokens to say: from 1 to 200; got 500. 12 is used." in said(app)
    assert drawn(app, "predictions_saying")["asks"][0]["params"]["n"] == "12"


def test_runs_that_cannot_be_asked_are_refused():
    folder = RunStore(Path(os.environ["HNVIZ_RUNS_DIR"]))
    shipped = folder.folder("Model5")
    made = folder.create(shipped.config)
    for view in ("Next word", CHANGE):
        app = open_page("predictions", run=made.id, predictions_view=view)
        assert not app.exception
        assert app.text_input(key="predictions_prompt").value == "4316 to 4318"
    (made.path / "events.jsonl").write_bytes((shipped.path / "events.jsonl").read_bytes())
    (made.path / "snapshots").mkdir(exist_ok=True)
    other = load(shipped.snapshot_path(400).read_bytes())
    for name in ("i_h.weight", "h_o.weight", "h_o.bias"):  # of a vocab of 78 words
        other[name] = np.concatenate([other[name]] * 2)
    wanted = "the snapshot does not fit Model5 with nv 39"
    asks = ((READING_VIEW, {"text": "7"}), (SAYING_VIEW, {"text": "7"}), (CHANGE_VIEW, SWAPPED))
    for content, sentence in ((b"\x08\0\0\0", "damaged"), (save(other), wanted)):
        made.snapshot_path(400).write_bytes(content)
        for view, params in asks:
            with pytest.raises(Refusal, match=sentence):
                shown(view, made.id, 400, **params)
