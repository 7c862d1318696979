"""A question is one function: its table, checks and documents follow from the signature."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest

from hnviz.observe import QUESTIONS, Subject, declare
from hnviz.observe.question import LAST_LAYER, Ids, Layer, Question, Range, question
from hnviz.questions.params import REQUIRED, Of, ParamError
from hnviz.questions.table import QUESTIONS as KNOWN
from hnviz.questions.view import Reply
from tests.conftest import ROOT
from tests.subjects import made_up


def test_the_table_is_that_of_today():
    again = "run python -m hnviz.observe.declare"
    assert declare.FILE.read_text(encoding="utf-8") == declare.as_json(), again
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    assert declare.documented(page) == page, again


def test_the_server_knows_each_question_without_its_limits():
    assert list(KNOWN) == sorted(QUESTIONS)
    for name, known in KNOWN.items():
        told = QUESTIONS[name]
        assert (known.slow, known.measures, known.version) == (
            told.slow,
            told.measures,
            told.version,
        )
        assert list(known.params) == list(told.params)
        for param, declared in told.params.items():
            needed = known.params[param].default is REQUIRED
            assert needed == (declared.default is REQUIRED), (name, param)
            assert (known.params[param].low, known.params[param].high) == (None, None)


def test_every_question_says_what_it_answers():
    for name, told in json.loads(declare.as_json()).items():
        assert told["meaning"].split("\n")[0].endswith("."), name


def test_the_reference_has_each_question():
    reference = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    for told in QUESTIONS.values():
        assert f"automodule:: {told.function.__module__}\n" in reference, told.name


# A question of the test's own

LAST: Any = Of("first plus 9", lambda asked: asked.values["first"] + 9)


class Stretch(NamedTuple):
    first: Annotated[int, Range(1, 100)]
    last: Annotated[int, Range(1, LAST)] = LAST


@dataclass(frozen=True, kw_only=True)
class How:
    heat: Annotated[float, Range(0, 10)] = 0.5
    loud: bool = False


def ask_sample(
    subject: Subject,
    stretch: Stretch,
    how: How,
    ids: Annotated[Ids, Range(0, 38, 1, 3)] | None = None,
    *,
    layer: Layer = LAST_LAYER,
    kind: Annotated[str, ("a", "b")] = "a",
) -> Reply:
    """Answer with what came."""
    return Reply({} if ids is None else {"ids": ids}, {"all": (*stretch, how, layer, kind)})


SAMPLE = Question(ask_sample, slow=False, measures=False, version=1)


def told(**params: Any) -> tuple[Any, ...]:
    return tuple(SAMPLE(made_up("Model5"), params).meta["all"])


def test_parameters_get_their_types_and_defaults():
    assert SAMPLE.name == "sample"
    assert told(first=3) == (3, 12, How(), 1, "a")
    given = {"first": np.int64(3), "last": 4, "heat": 1, "loud": True, "layer": 0, "kind": "b"}
    found = told(**given)
    assert found == (3, 4, How(heat=1.0, loud=True), 0, "b")
    assert type(found[0]) is int and type(found[2].heat) is float
    reply = SAMPLE(made_up("Model5"), {"first": 1, "ids": np.array([1, 2]), "last": None})
    assert reply.arrays["ids"].tolist() == [1, 2] and reply.arrays["ids"].dtype == np.int64
    assert reply.meta["all"][1] == 10  # None is left out


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({}, (1, 100)),
        ({"first": 0}, (1, 100, 0)),
        ({"first": "1"}, (1, 100, 1)),
        ({"first": True}, (1, 100)),
        ({"first": 2.0}, (1, 100, 2.0)),
        ({"first": 5, "last": 15}, (1, 14, 15)),
        ({"first": 5, "heat": float("nan")}, (0, 10)),
        (
            {"first": 5, "heat": 10**400},
            (0, 10, "100000000000000000000000000000000000000000000000000000000000"),
        ),
        ({"first": 5, "loud": 1}, (1,)),
        ({"first": 5, "layer": 2}, (0, 1, 2)),
        ({"first": 5, "kind": "c"}, ()),
        ({"first": 5, "ids": [1, 39]}, (1, 3, 0, 38, 1, 39)),
        ({"first": 5, "ids": []}, (1, 3, 0, 38)),
        (
            {"first": 5, "ids": [9] * 50},
            (1, 3, 0, 38, 50, *[9] * 20),
        ),
        ({"first": 5, "n": 1}, ()),
    ],
)
def test_what_cannot_be_used_is_one_sentence(params, numbers, recorded):
    with pytest.raises(ParamError) as error:
        told(**params)
    recorded(str(error.value), *numbers)


def test_the_table_says_what_only_the_model_decides(recorded):
    params = SAMPLE.declared()["params"]
    recorded(params["layer"].pop("wanted"), 0)
    expected = {"kind": "int", "default": "the last layer", "low": 0, "high": "the last layer"}
    assert params["layer"] == expected
    assert params["first"] == {
        "kind": "int",
        "wanted": "a whole number from 1 to 100",
        "low": 1,
        "high": 100,
    }
    assert params["ids"]["default"] is None and params["kind"]["kind"] == ("a", "b")
    assert (params["ids"]["least"], params["ids"]["most"]) == (1, 3)
    shown = QUESTIONS["units"].declared()["params"]["show"]
    assert shown["kind"] == "text" and shown["choices"].startswith("state, another tensor")


def test_two_questions_cannot_have_one_name():
    with pytest.raises(ValueError, match="two questions are named 'units'"):
        question()(QUESTIONS["units"].function)
