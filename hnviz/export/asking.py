"""Which answers a file needs: each question at each snapshot, and what readers may vary."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hnviz.app.run.engine import store
from hnviz.data import corpus_of
from hnviz.export.collect import Mount
from hnviz.figures.theme import MODES
from hnviz.models.catalogue import entry
from hnviz.own import identity_of

Params = dict[str, str]

LIVE = ("change_state", "going_on", "prompt_surprise", "start_count", "units")
"""The questions that a file answers itself, of `VIEWS` in hnviz/export/js/views.js."""

ORDERS = ("by what they code", "as numbered")
"""The orders of the units that do not depend on the text."""


def orders(offered: Sequence[str]) -> Sequence[str]:
    """Return the orders that a file can offer, of those that the page does.

    The text of a run that a file does not answer itself stays the same, and so does any order.
    """
    return ORDERS if ORDERS[0] in offered else offered


MOST = 6
"""The most snapshots of a run in one file; one of a GRU takes 171 kB."""


AT_END = ("change_claims", "worst")
"""Questions that take seconds: a file has their answers about the last snapshot alone."""


@dataclass(frozen=True)
class Question:
    """One question about one snapshot."""

    run: str
    at: int | str
    name: str
    params: tuple[tuple[str, str], ...] = ()


def kept_steps(all_steps: Sequence[int], wanted: Sequence[int], most: int = MOST) -> list[int]:
    """Choose snapshots: the first, the last, those wanted, and others spread over the training."""
    kept = list(dict.fromkeys([all_steps[0], all_steps[-1], *wanted]))
    steps = sorted(kept[:most])
    while len(steps) < min(most, len(all_steps)):
        steps = sorted([*steps, _farthest(all_steps, steps)])
    return steps


def _farthest(all_steps: Sequence[int], steps: Sequence[int]) -> int:
    """Return the snapshot that is farthest from its neighbours, as a share of its step."""
    rest = (step for step in all_steps if step not in steps)
    return max(rest, key=lambda step: min(abs(step - each) / (step + each + 1) for each in steps))


def is_live(mount: Mount, ask: Mapping[str, Any]) -> bool:
    """Return whether a file answers a question itself.

    It reads English numbers alone, and cannot compute with a model of the user's own.
    """
    if ask["question"] not in LIVE or not mount.data["run"] or ask["run"]:
        return False
    config = store().folder(mount.data["run"]).config
    if identity_of(config.model) or not corpus_of(config).has_digits:
        return False
    params = ask["params"]
    if params.get("show") in entry(config.model).state[1:]:  # a file shows units and gates
        return False
    drawn = float(params.get("temperature", 0)) > 0  # a draw needs torch's own generator
    return not drawn and (ask["question"] != "units" or bool(params.get("text")))


def questions(mount: Mount, steps: Sequence[int], at: Mapping[str, str]) -> Iterator[Question]:
    """List what a picture asks that the file cannot answer itself."""
    run = mount.data["run"]
    for ask in mount.data["asks"]:
        if is_live(mount, ask):
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
    """Return the parameters of a question, in all the ways in which it is asked at first."""
    given = dict(ask["params"])
    modes = [{"mode": mode} for mode in MODES] if ask["themed"] else [Params()]
    for mode in modes:
        for more in _more(mount, ask["question"], at):
            yield {**given, **mode, **more}


def _more(mount: Mount, question: str, at: Mapping[str, str]) -> list[Params]:
    """Return the parameters that a picture adds in the browser, in all the ways it may at first."""
    settings = mount.data["settings"]
    if question == "unit_rows":
        layers = [str(layer) for layer in range(_n_layers(mount.data["run"]))]
        named: list[Params] = [
            {},
            *({"order": order} for order in orders(settings.get("orders", ORDERS))),
        ]
        return [{"layer": layer, **order} for layer in layers for order in named]
    if question == "lanes":
        return [{"every": "false"}, {"every": "true"}]
    if question == "change_claims" and "units_key" in settings:
        return [{"units": at.get(settings["units_key"], settings["units"])}]
    if question == "look_back_row":
        return [{"row": at.get("row", "-1")}]
    if question == "number_card":
        return [{"number": at.get("map_number", str(settings.get("start")))}]
    if question == "worst":
        kinds = ["", *settings["kinds"]]
        return [{"kind": kind, "split": split} for kind in kinds for split in settings["splits"]]
    return [{}]


def _n_layers(run: str) -> int:
    return entry(store().folder(run).config.model).n_layers
