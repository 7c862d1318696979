"""A picture's numbers as a table: those of its answer, and nothing else."""

import json
import os
import shutil
import subprocess
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hnviz.app.kit.picture import Picture
from hnviz.app.kit.tabled import Tabled
from hnviz.app.pictures import PICTURES
from hnviz.gallery.cases import READY
from hnviz.questions.frame import pack
from hnviz.questions.view import Reply
from tests.conftest import ROOT
from tests.views import shown

VIEWS: dict[str, dict[str, Any]] = {}
"""What a browser has drawn when the table is made, where that decides what the table shows."""

CHANGE = "rooms/predictions/change_state"
COUNTED = ("token", "step", "place", "row", "number", "answer", "steps back", "tokens back")
"""Columns that count rows; the figures of all others come from the answer."""

ASKING = {name: picture for name, picture in PICTURES.items() if picture.examples[READY].asks}


def node() -> str:
    found = shutil.which("node")
    if not found:
        if os.environ.get("HNVIZ_REQUIRE_BROWSER"):
            pytest.fail("node is missing (Debian, Ubuntu: apt install nodejs)")
        pytest.skip("node is missing")
    return found


def main_of(picture: Picture) -> str:
    return str(ROOT / "hnviz/app" / (picture.draws or picture.name) / "main.js")


def answers_of(picture: Picture) -> dict[str, Reply]:
    """Ask what the gallery's first example asks."""
    example = picture.examples[READY]
    told = {}
    for each in example.asks:
        sent = each.sent()
        step = {"first": 0}.get(sent["at"], "last")
        told[sent["name"]] = shown(each.view, each.run or example.run, step, **each.params)
    return told


@pytest.fixture(scope="module")
def told(own_runs, tmp_path_factory) -> dict[str, tuple[dict[str, Reply], list[dict[str, Any]]]]:
    """The answers and the tables of every picture that asks something."""
    folder: Path = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hnviz.web.answers.OBSERVE_SECONDS", 90.0)  # others use the machine too
        return told_in(folder)


def told_in(folder: Path) -> dict[str, tuple[dict[str, Reply], list[dict[str, Any]]]]:
    answers, cases = {}, {}
    for number, (name, picture) in enumerate(ASKING.items()):
        answers[name] = answers_of(picture)
        view = VIEWS.get(name, {})
        if name == CHANGE:
            view = {"said": {"data": answers[name]["change_state"].meta["own"], "at": 0}}
        case: dict[str, Any] = {"main": main_of(picture), "view": view, "answers": {}}
        for at, (asked, answer) in enumerate(answers[name].items()):
            file = folder / f"{number}-{at}.bin"
            file.write_bytes(pack(answer))
            case["answers"][asked] = str(file)
        cases[name] = case
    tables = made(folder, cases)
    return {name: (answers[name], tables[name]) for name in ASKING}


def made(folder: Path, cases: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Let node make the tables."""
    (folder / "cases.json").write_text(json.dumps(cases))
    ended = subprocess.run(
        [node(), "tests/js/tables.js", str(folder / "cases.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    tables: dict[str, list[dict[str, Any]]] = json.loads(ended.stdout)
    return tables


def numbers_in(value: Any) -> set[float]:
    """Collect every number of an answer, at the seven digits of a float32."""
    if isinstance(value, np.ndarray):
        return set() if value.dtype.kind in "OUS" else {short(each) for each in value.ravel()}
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return set().union(*map(numbers_in, value)) if value else set()
    return {short(value)} if isinstance(value, int | float) else set()


def short(value: float) -> float:
    return float(f"{float(value):.6g}")


def test_every_table_has_a_caption_and_full_rows(told):
    for name, (_, tables) in told.items():
        for table in tables:
            assert table["caption"] and "**" not in table["caption"], name
            titles = [column["title"] for column in table["columns"]]
            assert all(titles) and len(set(titles)) == len(titles), (name, titles)
            assert {len(row) for row in table["rows"]} <= {len(titles)}, name


def test_the_pictures_with_data_have_rows(told):
    lacking = {name for name, (_, tables) in told.items() if not any(t["rows"] for t in tables)}
    words = {"kit/headline"}
    drawn_first = {
        *("machine", "rooms/batches/machine", "rooms/models/cursor", "rooms/models/pair"),
        *("rooms/through_time/look_back", "rooms/train/inside"),
    }  # their tables show what the reader has gone to: tests/test_readable_browser.py
    assert lacking == words | drawn_first


def test_the_numbers_are_those_of_the_answer(told):
    for name, (answers, tables) in told.items():
        known: set[float] = set()
        for answer in answers.values():
            meta = {key: value for key, value in answer.meta.items() if key != "tables"}
            known |= numbers_in(dict(answer.arrays)) | numbers_in(meta)
        if "tables" in next(iter(answers.values())).meta:
            continue  # Python made these beside its drawing: the tests below
        for table in tables:
            for at, column in enumerate(table["columns"]):
                if column["title"] in COUNTED or column["title"] == "first wrong word":
                    continue
                cells = [row[at] for row in table["rows"] if isinstance(row[at], float)]
                wrong = [cell for cell in cells if short(cell) not in known]
                assert not wrong, (name, column, wrong[:3])


def test_the_table_of_the_units_is_the_answers_array(told):
    answers, (values, codes) = told["rooms/hidden_states/units"]
    units, rows = answers["units"], answers["unit_rows"]
    order = rows.arrays["order"]
    assert [column["title"] for column in values["columns"][2:]] == [f"unit {n}" for n in order]
    got = np.array([row[2:] for row in values["rows"]])
    np.testing.assert_allclose(got, units.arrays["values"][order].T, rtol=1e-6)
    assert [row[1] for row in values["rows"]] == list(units.meta["words"])
    got = np.array([row[1:] for row in codes["rows"]])
    both = np.hstack([rows.arrays["explained"], rows.arrays["untrained"]])
    np.testing.assert_allclose(got, both[order], rtol=1e-6)


def test_the_table_of_the_map_has_every_number(told):
    answers, (table,) = told["rooms/predictions/counting_map"]
    places = answers["counting_map"].arrays["places"]
    assert [row[0] for row in table["rows"]] == list(range(1, 10_000))
    assert sum(row[1] == "right" for row in table["rows"]) == int((places[1:] == -1).sum())
    wrong = [(row[0], row[2]) for row in table["rows"] if row[1] == "wrong"]
    assert wrong[:5] == [(int(n), int(places[n]) + 1) for n in np.flatnonzero(places >= 0)[:5]]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("rooms/hidden_states/probes", ("tens", "right")),
    ],
)
def test_what_python_draws_brings_its_table(told, name, cell):
    _, tables = told[name]
    titles = [column["title"] for column in tables[0]["columns"]]
    assert cell[0] in {str(row[0]) for row in tables[0]["rows"]}
    assert cell[1] in titles


def test_the_table_of_a_unit_holds_the_terms_of_its_equations(told):
    answers, (table,) = told["rooms/models/cell"]
    titles = [column["title"] for column in table["columns"]]
    meta = answers["one_unit"].meta
    for row, sentence in zip(table["rows"], meta["sentences"], strict=True):
        after = row[titles.index("new state")]
        assert f"**{after:.3f}**" in sentence.replace("\N{MINUS SIGN}", "-")
        assert isclose(after, row[titles.index("torch's own result")], abs_tol=1e-5)


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="a row of 'Shares' must have 2 cells; got 1"):
        Tabled("Shares", ["digit", "right|share"], [["tens"]])


def test_no_number_is_an_empty_cell():
    sent = Tabled("Shares", ["digit", "right|share"], [["tens", float("nan")]]).sent
    assert sent["rows"] == [["tens", None]]
    assert sent["columns"][1] == {"title": "right", "unit": "share"}
