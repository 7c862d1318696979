"""Compare the answers that an exported file computes with the server's.

tests/test_browser_engine.py compares the states, gates and logits behind these answers.
"""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from hnviz.app.kit.picture import ask
from hnviz.app.machine.view import CODES_VIEW, READING_VIEW
from hnviz.app.pictures import VIEWS
from hnviz.app.rooms.start.shares import shares_sentence
from hnviz.app.shell.server import server
from hnviz.browser.form import facts_of, job_of
from hnviz.export.collect import Mount
from hnviz.export.contents import FREE, Contents, declared, weights_of
from hnviz.export.questions import questions
from hnviz.models.catalogue import CATALOGUE
from hnviz.questions.frame import to_json
from hnviz.runs import SHIPPED_DIR, RunFolder
from hnviz.web.answers import Answers
from hnviz.web.http import Refusal
from tests.browser_engine import NODE, needs_node
from tests.conftest import ROOT
from tests.test_browser_questions import hold_arrays
from tests.views import shown, written

RUNS = sorted(path.name for path in SHIPPED_DIR.iterdir() if (path / "config.json").exists())
BY_NAME = {view.name: view for view in VIEWS}
TEXTS = (
    "4316 to 4318",
    "7996 to 7999, eight",
    "one",
    "nine thousand nine hundred ninety nine",
    "12, twelve thousand, xyzzy 8001",
)
READ: tuple[dict[str, Any], ...] = (
    {"text": TEXTS[0]},
    {"text": TEXTS[1], "n": 30, "begin": 1},
    {"text": TEXTS[3], "n": 9, "top_k": 3, "seed": 5},
    {"text": TEXTS[4], "n": 0},
    {"text": "four bananas", "n": 3, "begin": 2},
    {"text": "9997 to 9999", "n": 9},
    {"text": "1 to 60", "n": 5},
    {"text": "thousand", "n": 4},
    {"text": "  "},
    {"text": "one", "n": 201},
    {"text": "one", "n": -1},
    {"text": "one", "begin": -1},
    {"text": "one", "begin": 4000},
    {"text": "one", "top_k": 40},
)


def _weights(folder: RunFolder, step: int) -> dict[str, list[float]]:
    weights = weights_of(folder.config, folder.load_snapshot(step))
    return {name: each.astype(float).reshape(-1).tolist() for name, each in weights.items()}


def offline(
    run: str, cases: Sequence[Mapping[str, Any]], *steps: int, with_text: bool = False
) -> Any:
    """Let node answer some views about snapshots, as an exported file does.

    `with_text`: as a page does about a run that it trains, whose texts it has.
    """
    folder = RunFolder(SHIPPED_DIR / run)
    sent = {
        **declared(),
        "facts": facts_of(folder.config),
        "job": job_of(folder.config) if with_text else None,
        "weights": {str(each): _weights(folder, each) for each in steps},
        "cases": cases,
    }
    return node("file_answers.js", sent)


def node(program: str, sent: Mapping[str, Any]) -> Any:
    """Let node run a program of tests/js, which reads and prints JSON."""
    done = subprocess.run(
        [str(NODE), str(ROOT / "tests/js" / program)],
        input=json.dumps(sent),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _questions(run: str) -> list[tuple[str, dict[str, Any]]]:
    model = RunFolder(SHIPPED_DIR / run).config.model
    asked: list[tuple[str, dict[str, Any]]] = [("machine", each) for each in READ]
    shows = ("state", *CATALOGUE[model].gates)
    asked += [("units", {"text": TEXTS[0], "layer": 0, "show": show}) for show in shows]
    asked += [("units", {"text": text}) for text in TEXTS]
    swap, other = {"text": TEXTS[0], "how": "another state"}, "5038 to 5040"
    asked += [("change_state", {**swap, "other": other})]
    asked += [("change_state", {**swap, "other": TEXTS[0], "layer": 0})]
    units = {"text": TEXTS[1], "layer": 0, "units": "3, 17 to 30"}
    asked += [("change_state", {**units, "how": "zero units", "hold": True})]
    asked += [("change_state", {**units, "how": "zero units", "units": "1, 2, 5"})]
    one = {"text": TEXTS[2], "how": "set one unit", "layer": 0, "value": 1.0}
    return [
        *asked,
        *(("change_state", {**one, "units": each}) for each in ("2", "2, 3", "x", "99")),
    ]


def _cases(
    run: str, step: int | str, asked: list[tuple[str, dict[str, Any]]]
) -> tuple[int, list[dict[str, Any]]]:
    """Return the step that is meant, and what a page is asked about it."""
    at = RunFolder(SHIPPED_DIR / run).resolve_step(step)
    cases = [
        {"view": name, "step": at, "params": {key: written(each) for key, each in params.items()}}
        for name, params in asked
    ]
    return at, cases


@needs_node
@pytest.mark.parametrize("step", ["last", pytest.param(0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("run", RUNS)
def test_answers_are_the_servers(run, step, own_runs):
    asked = _questions(run)
    at, cases = _cases(run, step, asked)
    for (name, params), found in zip(asked, offline(run, cases, at), strict=True):
        _hold_to_server((run, at, name), params, found)


def _hold_to_server(
    question: tuple[str, int | str, str], params: Mapping[str, Any], found: Any, own: bool = False
) -> None:
    """Compare an answer with the server's."""
    run, at, name = question
    where = f"{run} {at} {name} {params}"
    try:
        wanted = shown(BY_NAME[name], run, at, **params)
    except (Refusal, ValueError) as error:
        assert found == {"refused": str(error)}, where
        return
    assert "meta" in found, f"{where}: {found}"
    told, sentence = json.loads(to_json(wanted.meta)), wanted.sentence
    advice = ADVICE.search(found["sentence"])
    if own and advice:
        assert name == "unit_rows" and found["meta"]["units"][told["best"]] == found["sentence"]
        sentence = told["units"][told["best"]] = f"{sentence}{advice[0]}"
    assert _differences(found["meta"], told) == [], where
    assert found["sentence"] == sentence, where
    hold_arrays(found["arrays"], wanted.arrays, where)


ADVICE = re.compile(r" Train longer, or .+$")


PAGE_RUNS = [
    pytest.param(name, marks=() if name in ("Model2", "Model5") else pytest.mark.slow)
    for name in RUNS
]


def _page_questions(run: str) -> list[tuple[str, dict[str, Any]]]:
    """List what a file cannot answer itself, and a page can about a run that it trains."""
    model = RunFolder(SHIPPED_DIR / run).config.model
    asked: list[tuple[str, dict[str, Any]]] = []
    for text in (*TEXTS, "1201 to 1240", "-3"):
        rows = [("look_back_row", {"text": text, "row": row}) for row in (-1, 0, 3, 99)]
        asked += [*rows, ("look_back_map", {"text": text})]
        asked += [("look_back_without", {"text": text, "row": row}) for row in (-1, 0, 5)]
    asked += [("lanes", {"first": first, "every": every}) for first, every in
              ((-1, False), (0, False), (6, True), (10**6, False))]  # fmt: skip
    orders = ("by what they code", "as numbered")
    asked += [("unit_rows", {"text": "12", "order": order}) for order in orders]
    asked += [("unit_rows", {"text": "12", "layer": layer}) for layer in (0, 1)]
    for split, first, n in (("valid", 0, 60), ("train", 4201, 70), ("valid", 10**5, 2)):
        asked.append(("units", {"split": split, "first": first, "n": n}))
    asked += [("units", {"split": "valid", "first": 13_000, "n": 2000}), ("units", {})]
    if CATALOGUE[model].state[1:] == ("c",):
        asked.append(("units", {"ids": (3, 4, 5), "show": "c"}))
    asked += [("units", {"ids": (3, 4, 99)}), ("units", {"text": "one", "ids": (3,)})]
    swap = {"text": TEXTS[0], "how": "another state", "other": "5038 to 5040"}
    zero = {"text": TEXTS[1], "how": "zero units", "units": "0 to 31", "layer": 0}
    digits = [
        {"text": TEXTS[0], "how": "take out a digit", "digit": each, "layer": 0}
        for each in ("hundreds", "tens")
    ]
    asked += [("change_state", each) for each in digits]
    asked += [("change_claims", each) for each in (swap, {**swap, "layer": 0}, zero, digits[0])]
    asked += [("machine", {"text": "one", "n": 201}), ("machine", {"text": "one", "no": 1})]
    return [*asked, ("machine_codes", {}), ("machine_codes", {"layer": 1})]


@needs_node
@pytest.mark.parametrize("step", ["last", pytest.param(0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("run", PAGE_RUNS)
def test_answers_of_a_page_about_its_own_run_are_the_servers(run, step, own_runs):
    """The page's run is the reader's own: its sentences give advice that those of a file do not."""
    asked = _page_questions(run)
    at, cases = _cases(run, step, asked)
    answered = offline(run, cases, *{0, at}, with_text=True)
    for (name, params), found in zip(asked, answered, strict=True):
        _hold_to_server((run, at, name), params, found, own=True)


@needs_node
def test_a_page_says_how_often_its_run_counts_right_and_what_it_looks_back_at(own_runs):
    cases: list[dict[str, Any]] = [
        {"view": "start_shares", "step": 400, "params": {}},
        {"view": "look_back_others", "step": 400, "params": {"text": "4311 to 4314"}},
    ]
    shares, others = offline("Model5", cases, 0, 400, with_text=True)
    wanted = shown(BY_NAME["start_shares"], "Model5", 400)
    assert shares["meta"] == pytest.approx(wanted.meta)
    config = RunFolder(SHIPPED_DIR / "Model5").config
    assert shares["sentence"] == shares_sentence(**wanted.meta, text=config, step=400)
    theirs = shown(BY_NAME["look_back_others"], "Model5", 400, text="4311 to 4314")
    (line,) = others["meta"]["lines"]  # this page holds no pre-trained run
    assert line == {**theirs.meta["lines"][-1], "run": "run"}
    norms = np.reshape(others["arrays"]["norms"]["data"], (1, -1))
    np.testing.assert_allclose(norms, theirs.arrays["norms"][-1:], rtol=1e-5, atol=1e-9)


@needs_node
def test_a_file_reads_a_text_itself_and_holds_what_units_code(own_runs):
    asks = [ask(READING_VIEW, text=TEXTS[0], n=5).sent(), ask(CODES_VIEW, at="rest").sent()]
    mount = Mount("machine", {"run": "LSTM", "asks": asks, "settings": {}})
    contents, steps = Contents(Answers(server(), VIEWS), {}), [0, 320]
    contents.add_run("LSTM", steps)
    listed = list(questions(mount, steps, {}))
    assert [(each.at, each.name) for each in listed] == [(at, "machine_codes") for at in steps]
    for each in listed:
        contents.add_answer(each)
    contents.add_weights("LSTM", steps)
    held = {"runs": contents.runs, "answers": contents.answers, "free": FREE, **declared()}
    asked = [[f"api/runs/LSTM/{at}/machine", asks[0]["params"]] for at in steps]
    asked += [[f"api/runs/LSTM/{at}/machine_codes", {}] for at in steps]
    wanted = [shown(READING_VIEW, "LSTM", at, text=TEXTS[0], n=5) for at in steps]
    wanted += [shown(CODES_VIEW, "LSTM", at) for at in steps]
    found = node("file_source.js", {"held": held, "blobs": contents.blobs, "asked": asked})
    for mine, theirs in zip(found, wanted, strict=True):
        assert mine["meta"] == json.loads(to_json(theirs.meta))
        hold_arrays(mine["arrays"], theirs.arrays, "LSTM")


def _differences(mine: Any, theirs: Any, where: str = "") -> list[str]:
    """List where two answers differ by more than the last digit that is written."""
    if isinstance(mine, dict) and isinstance(theirs, dict) and set(mine) == set(theirs):
        parts = [_differences(mine[key], theirs[key], f"{where}.{key}") for key in mine]
        return [each for part in parts for each in part]
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        pairs = enumerate(zip(mine, theirs, strict=True))
        return [each for at, pair in pairs for each in _differences(*pair, f"{where}[{at}]")]
    numbers = all(type(each) in (int, float) for each in (mine, theirs))
    if numbers and abs(mine - theirs) <= 1.01 * _last_digit(max(abs(mine), abs(theirs))):
        return []
    return [] if mine == theirs else [f"{where}: {mine!r} is not {theirs!r}"]


def _last_digit(number: float) -> float:
    """Return what the third digit of a number counts, or the fourth decimal."""
    return max(1e-4, 10.0 ** (np.floor(np.log10(max(number, 1e-9))) - 2))
