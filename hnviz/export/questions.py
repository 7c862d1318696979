"""The questions that pictures ask: on a file's pages, and in each lesson's steps.

Only a page's script knows what its pictures ask, and a reader should not wait until a server has
run it. So the package lists what a lesson's steps ask, and a panel fetches the next step's answers.
``python -m hnviz.export.questions`` writes the list.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hnviz.app.rooms.predictions.change_state.operation import DIGIT
from hnviz.app.rooms.through_time.lanes.picture import BEFORE
from hnviz.app.shell.server import server
from hnviz.data import corpus_of
from hnviz.export.collect import Mount, collect, mounts
from hnviz.figures.theme import MODES
from hnviz.lessons import PARAMETER, Lesson, lessons, query
from hnviz.lessons.panel import ASKS
from hnviz.models.catalogue import entry
from hnviz.own.network import is_own

Params = dict[str, str]

LIVE = ("change_state", "machine", "units")
"""The views that a file answers itself, from a snapshot's weights."""

COMPUTED = (
    *LIVE,
    *("change_claims", "lanes", "look_back_map", "look_back_others", "look_back_row"),
    "look_back_without",
    *("machine_codes", "start_shares", "unit_rows"),
)
"""The views that a page answers about a run that it trains: `VIEWS` in hnviz/export/js/views.js."""

ORDERS = ("by what they code", "as numbered")
"""Orders of the units that do not depend on the text."""

BROWSERS = (
    *("unit_rows", "lanes", "look_back_row", "look_back_without"),
    *("number_card", "worst", "change_claims"),
)
"""Questions to which a picture adds parameters in the browser."""
HIDDEN = "kit/headline"  # a page's takeaway, which lessons do not show


def orders(offered: Sequence[str]) -> Sequence[str]:
    """Return those of a page's orders that a file can offer.

    If a file does not answer questions about a run itself, its text is fixed, and so is any order.
    """
    return ORDERS if ORDERS[0] in offered else offered


MAX_SNAPSHOTS = 6
"""The most snapshots of a run in one file; one of a GRU takes 171 kB."""


AT_END = ("change_claims", "worst")
"""Questions that take seconds: a file has answers only for the last snapshot."""


@dataclass(frozen=True)
class Question:
    """One question about one snapshot."""

    run: str
    at: int | str
    name: str
    params: tuple[tuple[str, str], ...] = ()


def choose_steps(
    all_steps: Sequence[int], wanted: Sequence[int], most: int = MAX_SNAPSHOTS
) -> list[int]:
    """Choose snapshots: the first, the last, the wanted ones, and others spread over training."""
    kept = list(dict.fromkeys([all_steps[0], all_steps[-1], *wanted]))
    steps = sorted(kept[:most])
    while len(steps) < min(most, len(all_steps)):
        steps = sorted([*steps, _farthest(all_steps, steps)])
    return steps


def _farthest(all_steps: Sequence[int], steps: Sequence[int]) -> int:
    """Return the snapshot farthest from its neighbours, relative to its step."""
    rest = (step for step in all_steps if step not in steps)
    return max(rest, key=lambda step: min(abs(step - each) / (step + each + 1) for each in steps))


def is_live(mount: Mount, ask: Mapping[str, Any], at: Mapping[str, str]) -> bool:
    """Return whether a file answers a question itself, as the picture first asks it at an address.

    It can read only English numbers, and cannot compute a user's own model.
    """
    if ask["question"] not in LIVE or not mount.data["run"] or ask["run"]:
        return False
    config = server().store.folder(mount.data["run"]).config
    if is_own(config.model) or not corpus_of(config).has_digits:
        return False
    params = {**ask["params"], **_more(mount, ask["question"], at)[0]}
    if params.get("how") == DIGIT:  # which units follow a digit is counted over train
        return False
    if params.get("show") in entry(config.model).state[1:]:  # a file shows units and gates
        return False
    drawn = float(params.get("temperature", 0)) > 0  # a draw needs torch's own generator
    return not drawn and (ask["question"] != "units" or bool(params.get("text")))


def questions(mount: Mount, steps: Sequence[int], at: Mapping[str, str]) -> Iterator[Question]:
    """List a picture's questions that the file cannot answer itself."""
    run = mount.data["run"]
    for ask in mount.data["asks"]:
        if is_live(mount, ask, at):
            continue
        for params in varied(mount, ask, at):
            for step in _steps(ask, steps):
                yield Question(ask["run"] or run, step, ask["question"], tuple(params.items()))


def _steps(ask: Mapping[str, Any], steps: Sequence[int]) -> Sequence[int | str]:
    if ask["run"]:
        return [ask["at"]]
    if ask["at"] == "first":
        return [step for step in steps[:1] if step == 0]
    return steps[-1:] if ask["at"] == "end" or ask["question"] in AT_END else steps


def varied(mount: Mount, ask: Mapping[str, Any], at: Mapping[str, str]) -> Iterator[Params]:
    """Return a question's parameters in every form in which the picture may first ask it."""
    given = dict(ask["params"])
    modes = [{"mode": mode} for mode in MODES] if ask["themed"] else [Params()]
    for mode in modes:
        for more in _more(mount, ask["question"], at):
            yield {**given, **mode, **more}


def _more(mount: Mount, question: str, at: Mapping[str, str]) -> list[Params]:
    """Return the parameters that a picture may first add in the browser, in every form."""
    settings, state = mount.data["settings"], mount.data.get("state", {})
    if question == "unit_rows":
        layers = [str(layer) for layer in range(_n_layers(mount.data["run"]))]
        named: list[Params] = [
            {},
            *({"order": order} for order in orders(settings.get("orders", ORDERS))),
        ]
        return [{"layer": layer, **order} for layer in layers for order in named]
    if question == "machine":
        names = ("text", "begin", "n", "temperature", "top_k", "seed")
        return [{name: at[f"machine_{name}"] for name in names if f"machine_{name}" in at}]
    if question == "lanes":
        entry = state.get("batch") or settings["controls"]["batch"]  # the headline asks it too
        text = at.get(entry["name"], "")
        batch = int(text) if text.isdecimal() else entry["first"]
        return [{"first": str(batch - BEFORE), "every": every} for every in ("false", "true")]
    if question == "change_claims" and "units_key" in settings:
        return [{"units": at.get(settings["units_key"], settings["units"])}]
    if question in ("look_back_row", "look_back_without"):
        return [{"row": at.get("row", "-1")}]
    if question == "number_card":
        return [{"number": at.get(state["number"]["name"], str(state["number"]["first"]))}]
    if question == "worst":
        kinds = ["", *settings["kinds"]]
        return [{"kind": kind, "split": split} for kind in kinds for split in settings["splits"]]
    return [{}]


def _n_layers(run: str) -> int:
    return entry(server().store.folder(run).config.model).n_layers


def asks_of(lesson: Lesson) -> list[list[dict[str, Any]]]:
    """Return for each step what its page's pictures ask, first the one it points at.

    Each entry is {"run", "ask"}, as for a picture. Raises ExportError.
    """
    return [_asks(lesson, number) for number in range(1, len(lesson.steps) + 1)]


def _asks(lesson: Lesson, number: int) -> list[dict[str, Any]]:
    step = lesson.steps[number - 1]
    at = {key: value for key, value in query(lesson, number).items() if key != PARAMETER}
    shown = [each for each in mounts(collect(step.page, at)) if each.called != HIDDEN]
    shown.sort(key=lambda mount: mount.called != step.point)
    found = [
        {"run": mount.data["run"], "ask": _first(mount, ask, at)}
        for mount in shown
        for ask in mount.data["asks"]
        if _is_known(mount.data["run"], ask)
    ]
    return [each for place, each in enumerate(found) if each not in found[:place]]


def _first(mount: Mount, ask: Mapping[str, Any], at: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a question as the picture first asks it at an address."""
    if ask["question"] != "machine":
        return ask
    (more,) = _more(mount, "machine", at)
    return {**ask, "params": {**ask["params"], **more}}


def _is_known(run: str, ask: Mapping[str, Any]) -> bool:
    return bool(ask["run"] or run) and ask["question"] not in BROWSERS


def write() -> None:
    """Write the file of the package. Raises ExportError."""
    found = {name: asks_of(lesson) for name, lesson in lessons().items()}
    lines = [f'"{name}": {json.dumps(steps)}' for name, steps in found.items()]
    ASKS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
