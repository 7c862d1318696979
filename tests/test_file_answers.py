"""Compare the answers that an exported file computes with the server's.

tests/test_browser_engine.py compares the states, gates and logits behind these answers.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from hnviz.app.pictures import VIEWS
from hnviz.browser.form import facts_of, job_of
from hnviz.export.contents import declared, weights_of
from hnviz.models.catalogue import CATALOGUE
from hnviz.questions.frame import to_json
from hnviz.runs import SHIPPED_DIR, RunFolder
from hnviz.web.http import Refusal
from tests.browser_engine import NODE, needs_node
from tests.conftest import ROOT
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
CLOSE = 1e-5  # of a torch figure: single precision sums in another order


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
    done = subprocess.run(
        [str(NODE), str(ROOT / "tests/js/file_answers.js")],
        input=json.dumps(sent),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


KINDS = {"<f4": "Float32Array", "<i8": "Int32Array", "|i1": "Int8Array"}
"""numpy's numbers -> JavaScript's."""


def _questions(run: str) -> list[tuple[str, dict[str, Any]]]:
    model = RunFolder(SHIPPED_DIR / run).config.model
    asked: list[tuple[str, dict[str, Any]]] = [("prompt_surprise", {"text": t}) for t in TEXTS]
    asked += [
        ("going_on", {"text": text, "n": n})
        for text, n in zip(TEXTS, (60, 9, 9, 9, 9), strict=True)
    ]
    shows = ("state", *CATALOGUE[model].gates)
    asked += [("units", {"text": TEXTS[0], "layer": 0, "show": show}) for show in shows]
    asked += [("units", {"text": text}) for text in TEXTS]
    asked += [("start_count", {"number": number}) for number in (3, 99, 3498, 7998, 8316, 9996)]
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


@needs_node
@pytest.mark.parametrize("step", ["last", pytest.param(0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("run", RUNS)
def test_answers_are_the_servers(run, step, own_runs):
    asked = _questions(run)
    at = RunFolder(SHIPPED_DIR / run).resolve_step(step)
    cases = [
        {"view": name, "step": at, "params": {key: written(each) for key, each in params.items()}}
        for name, params in asked
    ]
    for (name, params), found in zip(asked, offline(run, cases, at), strict=True):
        where = f"{run} {at} {name} {params}"
        try:
            wanted = shown(BY_NAME[name], run, at, **params)
        except (Refusal, ValueError) as error:
            assert found == {"refused": str(error)}, where
            continue
        assert "meta" in found, f"{where}: {found}"
        told = json.loads(to_json(wanted.meta))
        assert _differences(found["meta"], told) == [], where
        assert found["sentence"] == wanted.sentence, where
        assert set(found["arrays"]) == set(wanted.arrays), where
        for key, array in wanted.arrays.items():
            mine = found["arrays"][key]
            assert (mine["shape"], mine["kind"]) == (list(array.shape), KINDS[array.dtype.str]), (
                where
            )
            bound = CLOSE * max(1, np.abs(array).max())  # a Transformer's states have no bound
            assert np.abs(np.reshape(mine["data"], array.shape) - array).max() < bound, where


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
