"""Controls in a row: what they hold, what the address may ask for, and who is right when."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.kit.fields.field import Field
from hnviz.app.shell.address import in_vain
from tests.pages import choose, control, controls, mounts, press


def script():
    import json

    import streamlit as st

    import hnviz.app.shell.everything  # noqa: F401
    from hnviz.app.kit.fields import picture as kit

    def small():
        kit.put_in("row", {"bs": 2})

    with kit.controls("row") as row:
        row.fold = "Change the rows"
        split = kit.choice("Text", ("train", "valid"), "split", beside=1)
        bs = kit.whole("bs, rows", "bs", 4)
        if bs > 512:
            kit.wrong("bs", f"bs is too large: {bs}")
        words = kit.text("Words", "words", "one", longest=10) if split == "train" else ""
        random = kit.switch("At random", "random")
        share = kit.slider("Share", "share", 0.5, ends=(0.0, 1.0), step=0.1)
        kit.button("Make it small", "small", small)
    st.text(json.dumps([split, bs, words, random, share]))


def opened(**asked: str) -> AppTest:
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update(asked)
    return app.run()


def said(app: AppTest):
    assert not app.exception
    return tuple(json.loads(app.text[0].value))


def test_a_row_opens_with_its_defaults_or_with_what_the_address_says():
    assert said(opened()) == ("train", 4, "one", False, 0.5)
    asked = opened(split="valid", bs="64", random="true", share="0.9")
    assert said(asked) == ("valid", 64, "", True, 0.9)
    assert controls(asked) == {"split", "bs", "random", "share", "small"}
    assert control(asked, "bs")["value"] == "64" and control(asked, "random")["value"] == "true"
    assert control(asked, "split")["beside"] == 1
    assert mounts(asked)[0]["settings"]["fold"] == "Change the rows"


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("split", "tests", ("train", "valid")),
        ("bs", "4.5", "a whole number"),
        ("bs", "many", "a whole number"),
        ("bs", "1e999", "a whole number"),
        ("bs", "9" * 400, "a whole number"),
        ("random", "yes", ("true", "false")),
        ("share", "1.5", "a number from 0 to 1"),
        ("share", "nan", "a number from 0 to 1"),
    ],
)
def test_what_the_address_asks_for_in_vain_is_said_below_the_row(name, text, wanted):
    app = opened(**{name: text})
    assert said(app) == ("train", 4, "one", False, 0.5)
    found = control(app, name)
    if isinstance(wanted, tuple):
        assert found["wrong"] == f"{found['label']}: {in_vain(text, wanted)}."
    else:
        told, _, got = found["wrong"].partition("; ")
        assert told.lower() == f"{name} must be {wanted}"
        asked, _, used = got.partition(", so ")
        assert asked == f"the address asks for {text[:40]!r}"
        assert used == f"{found['first']} is used."


def test_what_a_reader_sets_counts_more_than_the_address_it_opened_with():
    app = opened(bs="64")
    assert said(choose(app, bs=8).run()) == ("train", 8, "one", False, 0.5)
    assert said(choose(app, split="valid", random=True).run()) == ("valid", 8, "", True, 0.5)
    app = choose(app, split="train").run()
    assert said(choose(app, words="").run()) == ("train", 8, "", True, 0.5)
    assert said(choose(app, words="nine hundred three").run())[2] == "nine hundr"


def test_a_wrong_value_is_said_and_a_number_that_is_none_leaves_the_default(recorded):
    app = choose(opened(), bs=600).run()
    assert said(app)[1] == 600 and control(app, "bs")["wrong"] == "bs is too large: 600."
    app = choose(app, bs="4.5").run()
    assert said(app)[1] == 4
    recorded(control(app, "bs")["wrong"], "4.5", 4)


def test_a_press_is_done_once_and_may_set_controls_of_the_row():
    app = choose(opened(bs="64"), random=True).run()
    app = press(app, "small").run()
    assert said(app) == ("train", 2, "one", True, 0.5)
    (row,) = [each["settings"] for each in mounts(app) if each["id"] == "row"]
    assert row["put"] == {"id": 1, "texts": {**row["put"]["texts"], "bs": "2"}}
    assert said(choose(app, bs=16).run())[1] == 16, "the browser reports what it was given"
    (row,) = [each["settings"] for each in mounts(app) if each["id"] == "row"]
    assert "put" not in row and row["given"]["bs"] == "16"


def test_a_field_sends_only_what_is_not_usual():
    sent = Field(name="bs", label="bs", kind="whole", first=4).sent()
    assert sent == {"name": "bs", "label": "bs", "kind": "whole", "width": "content", "first": "4"}
    assert json.dumps(sent)


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (None, ""), (0.5, "0.5"), (7, "7")])
def test_values_are_written_as_the_address_has_them(value, text):
    assert Field.written(value) == text


def with_an_area():
    import json

    import streamlit as st

    import hnviz.app.shell.everything  # noqa: F401
    from hnviz.app.kit.fields import picture as kit

    def empty():
        kit.put_in("row", {"codes": ""})

    with kit.controls("row"):
        codes = kit.area("Codes", "codes", "", longest=20, linked=9)
        kit.switch("At random", "random")
        kit.button("Empty it", "empty", empty)
    st.text(json.dumps(codes))


def test_the_text_of_an_area_comes_back_only_where_the_script_sets_it():
    app = AppTest.from_function(with_an_area, default_timeout=60)
    app.query_params["codes"] = "a b c"
    assert json.loads(app.run().text[0].value) == "a b c"
    (row,) = [each["settings"] for each in mounts(app)]
    assert row["given"]["codes"] == row["known"]["codes"] == "a b c"
    app = choose(app, codes="d" * 30).run()
    assert json.loads(app.text[0].value) == "d" * 20
    (row,) = [each["settings"] for each in mounts(app)]
    assert "d" * 20 not in json.dumps(row) and row["given"] == {"random": "false", "empty": ""}
    assert row["known"]["codes"] == 30, "a browser that has lost it sees so by its length"
    app = choose(app, random=True).run()
    assert json.loads(app.text[0].value) == "d" * 20
    app = press(app, "empty").run()
    assert json.loads(app.text[0].value) == control(app, "codes")["value"] == ""
