"""The questions that the engine in the browser answers, against torch's answers.

Node stands for a browser: it has the same WebAssembly.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hnviz.browser.form import facts_of
from hnviz.models.catalogue import BUILT_IN, entry
from hnviz.observe import QUESTIONS
from hnviz.observe import Subject as Observed
from hnviz.questions.frame import to_json
from hnviz.questions.params import ParamError, read_query
from hnviz.questions.table import QUESTIONS as DECLARED
from hnviz.runs import SHIPPED_DIR, RunFolder
from tests.browser_engine import Subject, answers, needs_node
from tests.subjects import made_up, shipped

SOON = (("Model3", 0), ("LSTM", 0), ("Model5", "last"))
"""The snapshots that are compared before every commit; all others when the slow tests run."""

pytestmark = [needs_node, pytest.mark.xdist_group("browser_engine")]

CLOSE = 1e-5  # of the largest value, and of 1: single precision sums in another order
KINDS = {
    "<f4": "Float32Array",
    "<f8": "Float64Array",
    "<i8": "Int32Array",
    "|b1": "Uint8Array",
    "|i1": "Int8Array",
}
"""numpy's numbers -> JavaScript's."""

STEPS = (0, "last")
TEXT = [4, 9, 1, 20, 12, 30, 17, 5, 9, 2, 2, 6, 31, 9]


def weights(model: str, step: int | str) -> dict[str, Any]:
    """Load a shipped run's snapshot in single precision."""
    folder = RunFolder(SHIPPED_DIR / model)
    found = folder.load_snapshot(folder.resolve_step(step))
    return {name: each.astype("f4") for name, each in found.items() if each.dtype.kind == "f"}


def asking(model: str, step: int | str, questions: list[Any], folder: Path) -> dict[str, Any]:
    """Ask node about a shipped snapshot."""
    return about(shipped(model, step), weights(model, step), questions, folder / f"{model}-{step}")


def about(subject: Observed, held: Any, questions: list[Any], folder: Path) -> dict[str, Any]:
    """Ask node about a network with some weights."""
    run = Subject.of(subject.config, folder, subject.stream)
    folder.mkdir(exist_ok=True)
    file = run.save("snapshot.safetensors", held)
    asked = {"snapshot": file, "facts": facts_of(subject.config), "questions": questions}
    return run.asking(ask=asked)


def _asked(model: str, step: int | str) -> list[dict[str, Any]]:
    """List questions with their parameters, in many forms."""
    net = entry(model)
    bptt = shipped(model).config.bptt
    found: list[tuple[str, dict[str, Any]]] = [
        *(("attention", {"ids": TEXT[:n]}) for n in (1, 3)),
        *(("attention", {"ids": TEXT[: n * bptt]}) for n in (1, 2)),
        *(("count_on", {"number": number}) for number in (1, 2, 4317, 7998, 9996, 9997, 0)),
        ("count_on", {"number": 9979, "n": 20, "given": 5}),
        *(("look_back", {"ids": TEXT, "row": row}) for row in (None, 0, 1, 5, 13, 14)),
        ("look_back", {"ids": (TEXT * 4)[:44]}),
        ("look_back", {"ids": TEXT * 4}),
        *(("reading", {"ids": TEXT, "begin": begin}) for begin in (0, 1, bptt - 1, bptt, -1)),
        ("reading", {"ids": TEXT * 14, "n": 30, "top_k": 5, "seed": 8}),
        ("reading", {"ids": TEXT * 15}),
        ("reading", {"ids": [0], "n": 0}),
        ("reading", {"ids": [0], "n": 200}),
        ("reading", {"ids": [0, 99]}),
        ("reading", {"ids": TEXT, "n": 201}),
        *(("state_gradients", {"first": first}) for first in (0, 1, 5, -1, 10**6)),
        ("state_gradients", {"every": True}),
        ("surgery", {"ids": TEXT, "other": TEXT[::-1]}),
        ("surgery", {"ids": TEXT, "other": TEXT[::-1], "layer": 0, "n": 3}),
        ("surgery", {"ids": TEXT, "units": [0, 3, 5], "layer": 0, "value": 0.5}),
        ("surgery", {"ids": TEXT, "units": [0, 63], "value": -1.0, "hold": True}),
        ("surgery", {"ids": TEXT, "other": TEXT, "hold": True}),
        ("surgery", {"ids": TEXT}),
        ("surgery", {"ids": TEXT, "value": 101.0}),
        *(("units", {"ids": TEXT, "show": show}) for show in ("state", *net.gates)),
        *(("units", {"ids": TEXT, "show": show}) for show in ("reset", "forget", "nothing")),
        *(("units", {"ids": TEXT, "layer": layer}) for layer in range(net.n_layers + 1)),
        ("units", {"split": "valid", "first": 0, "n": 60, "layer": 0}),
        ("units", {"split": "train", "first": 4201, "n": 70}),
        ("units", {"split": "valid", "first": 12_900, "n": 200}),
        ("units", {"split": "valid", "first": 10**5, "n": 2}),
        ("units", {"split": "tests", "first": 0, "n": 2}),
        ("units", {"split": "valid"}),
        ("units", {}),
    ]
    if step == "last":
        found += [
            *(("unit_codes", {"layer": layer}) for layer in range(net.n_layers + 1)),
            ("surgery_claims", {"ids": TEXT, "other": TEXT[::-1]}),
            ("surgery_claims", {"ids": TEXT, "other": TEXT[::-1], "layer": 0}),
            ("surgery_claims", {"ids": TEXT, "units": [3, 8], "value": 1.0, "hold": True}),
            ("surgery_claims", {"ids": TEXT, "units": list(range(32)), "layer": 0}),
            ("counting_accuracy", {}),
            ("counting_accuracy", {"given": 6}),
            ("forced_or_free", {"split": "tests"}),
            *([("forced_or_free", {})] if model == "Model3" else []),
        ]
    if net.state[1:] == ("c",):
        found.append(("units", {"ids": TEXT, "show": "c", "layer": 0}))
    return [{"name": name, "params": params} for name, params in found]


CASES = [
    pytest.param(model, step, marks=() if (model, step) in SOON else pytest.mark.slow)
    for model in BUILT_IN
    for step in STEPS
]


@pytest.mark.parametrize(("model", "step"), CASES)
def test_answers_are_torchs(model, step, tmp_path):
    hold_answers(model, step, _asked(model, step), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("model", BUILT_IN)
def test_counting_with_its_own_words_is_torchs(model, tmp_path):
    params: tuple[dict[str, Any], ...] = ({}, {"split": "train", "given": 2})
    hold_answers(
        model, "last", [{"name": "forced_or_free", "params": each} for each in params], tmp_path
    )


def hold_answers(
    model: str, step: int | str, questions: list[dict[str, Any]], folder: Path
) -> None:
    """Compare the answers to questions about a shipped snapshot with torch's."""
    subject = shipped(model, step)
    found = answers([asking(model, step, questions, folder)], folder)[0]["ask"]
    for asked, mine in zip(questions, found, strict=True):
        name, params = asked["name"], asked["params"]
        where = f"{name} {params}"
        try:
            wanted = QUESTIONS[name](subject, params)
        except ValueError as error:
            assert mine == {"refused": str(error)}, where
            continue
        assert "meta" in mine, f"{where}: {mine}"
        hold_arrays(mine["arrays"], wanted.arrays, where)
        hold_meta(mine["meta"], json.loads(to_json(wanted.meta)), where)


def hold_arrays(mine: Any, theirs: Any, where: str) -> None:
    """Compare arrays with torch's: kind, shape and numbers."""
    assert mine.keys() == theirs.keys(), where
    for name, array in theirs.items():
        told = mine[name]
        assert (told["shape"], told["kind"]) == (list(array.shape), KINDS[array.dtype.str]), where
        least = 1e-30 if name == "norms" else 1  # a gradient may be small everywhere
        bound = CLOSE * max(least, np.nan_to_num(np.abs(array)).max(initial=0))
        found = np.reshape(np.array(told["data"], dtype=float), array.shape)  # nan comes as null
        if name == "best":
            found = np.where(equally_likely(theirs["shares"]), array, found)
        assert (np.isnan(found) == np.isnan(array)).all(), where
        far = np.nan_to_num(np.abs(found - array)).max(initial=0)
        assert far < bound, f"{where}: {name} is {far} away"


def equally_likely(shares: Any) -> Any:
    """Return which of the likeliest words may change places, since they are as likely."""
    beside = [np.isclose(shares, np.roll(shares, by, -1), rtol=0, atol=CLOSE) for by in (1, -1)]
    return beside[0] | beside[1]


def hold_meta(mine: Any, theirs: Any, where: str) -> None:
    """Compare facts with torch's: equal, but for the last digits of numbers."""
    if isinstance(theirs, dict):
        assert mine.keys() == theirs.keys(), where
        for name, value in theirs.items():
            hold_meta(mine[name], value, f"{where} {name}")
    elif isinstance(theirs, list):
        assert len(mine) == len(theirs), where
        for at, value in enumerate(theirs):
            hold_meta(mine[at], value, f"{where} {at}")
    elif isinstance(theirs, float):
        assert mine == pytest.approx(theirs, rel=CLOSE, abs=CLOSE), where
    else:
        assert mine == theirs, where


@pytest.mark.parametrize("nh", [1, 16])
@pytest.mark.parametrize("model", BUILT_IN)
def test_windows_begin_and_end_anywhere(model, nh, tmp_path):
    subject = made_up(model, nh=nh)
    bptt = subject.config.bptt
    asked = [
        {"ids": TEXT[:given], "n": 4, "begin": begin}
        for given in (1, 2, bptt - 1, bptt, bptt + 1, 11)
        for begin in range(bptt)
    ]
    held = {name: each.numpy() for name, each in subject.model.state_dict().items()}
    held = {name: each for name, each in held.items() if each.dtype.kind == "f"}
    questions = [{"name": "reading", "params": params} for params in asked]
    found = answers([about(subject, held, questions, tmp_path)], tmp_path)[0]["ask"]
    for params, mine in zip(asked, found, strict=True):
        wanted = QUESTIONS["reading"](subject, params)
        assert "meta" in mine, f"{params}: {mine}"
        hold_arrays(mine["arrays"], wanted.arrays, str(params))
        hold_meta(mine["meta"], wanted.meta, str(params))


def test_a_page_draws_no_words(tmp_path):
    asked = [{"name": "reading", "params": {"ids": TEXT, "temperature": 0.5}}]
    (found,) = answers([asking("Model5", "last", asked, tmp_path)], tmp_path)[0]["ask"]
    assert found.keys() == {"refused"} and "choose a temperature of 0" in found["refused"]


ADDRESSES: list[tuple[str, dict[str, str]]] = [
    ("units", {"ids": "1,2,3", "layer": "1"}),
    ("units", {"ids": "1,2,x"}),
    ("units", {"ids": "1,2,3", "layer": "one"}),
    ("units", {"ids": "1,2,3", "layers": "1"}),
    ("units", {"ids": ",".join(["7"] * 4001)}),
    ("units", {"split": "test"}),
    ("count_on", {"n": "3"}),
    ("count_on", {"number": "9" * 19}),
    ("count_on", {"number": "it's"}),
    ("count_on", {"number": 'it\'s "4"\n'}),
    ("surgery", {"ids": "1", "hold": "yes", "value": "1e999"}),
    ("surgery", {"ids": "1", "value": "1e999"}),
    ("surgery", {"ids": "1", "value": ".", "hold": "true"}),
    ("state_gradients", {"every": "True"}),
    ("reading", {"ids": "1", "temperature": "11"}),
    ("reading", {"ids": "1", "seed": "-1"}),
]


def test_what_an_address_says_wrong_is_refused_in_the_servers_words(tmp_path):
    subject = shipped("Model5")
    asked = [{"name": name, "address": address} for name, address in ADDRESSES]
    found = answers([asking("Model5", "last", asked, tmp_path)], tmp_path)[0]["ask"]
    n_refused = 0
    for (name, address), mine in zip(ADDRESSES, found, strict=True):
        try:
            params = read_query(
                DECLARED[name].params, list(address.items()), f"the question {name}"
            )
            QUESTIONS[name](subject, params)
        except (ParamError, ValueError) as error:
            assert mine == {"refused": str(error)}, (name, address)
            n_refused += 1
        else:
            assert "meta" in mine, (name, address, mine)
    assert n_refused == len(ADDRESSES) - 1
