"""Curves of many runs in one picture, what their differences are, and how to train more of them.

The browser fetches the curves from /api/curves, and starts runs by POST /api/runs.
"""

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.kit.state import Choice
from hnviz.app.rooms.compare.cards import CARDS
from hnviz.app.run.start import device_module
from hnviz.app.shell import session as state
from hnviz.app.shell.address import SWITCH
from hnviz.config import CHOICES, LIMITS, SETTINGS
from hnviz.data import KINDS
from hnviz.data.corpora import BUILT_IN
from hnviz.figures.shares import apart
from hnviz.figures.time_text import without_detach
from hnviz.models.catalogue import CATALOGUE, LADDER
from hnviz.questions.view import Look, Reply, View
from hnviz.runs import BLOCKS, one_recipe_table

EXAMPLES = {
    "ready": Example(settings=lambda: settings(list(LADDER)), follows=True),
    "pair": Example(settings=lambda: settings(["Model5", BLOCKS]), follows=True),
    "long": Example(settings=lambda: settings([*CATALOGUE, BLOCKS]), follows=True),
    "none": Example(settings=lambda: settings([]), follows=True),
    "lost": Example(settings=lambda: settings(["nobody", "Model5"]), follows=True),
}


def _without_detach(look: Look) -> Reply:
    """Say what it costs never to detach the state, and what torch says."""
    meta = look.ask("undetached").meta
    return Reply({}, meta, without_detach(look.run.record.config.model, meta))


DETACH_VIEW = View("without_detach", {}, _without_detach, slow=True)

_SHOWN = (
    *("accuracy on valid", "loss on valid", "loss on train", "accuracy on train"),
    *("accuracy by kind", "bits per character", "learning rate", "momentum"),
)
_AXES = ("step", "epoch", "tokens", "seconds")
_LEVELS = ("0", "0.5", "0.8", "0.9", "0.95", "0.98", "0.99")
_KIND = "the kind of token, where accuracy by kind is shown"


def _look(name: str, choices: tuple[str, ...], first: str, meaning: str) -> Choice:
    return Choice(name=name, page="Train", choices=choices, first=first, meaning=meaning)


STATE = {
    "measure": _look("compare_show", _SHOWN, "accuracy on valid", "what the curves show"),
    "kind": _look("compare_kind", KINDS, "ones", _KIND),
    "axis": _look("compare_across", _AXES, "step", "what the curves go along"),
    "smooth": _look("compare_smooth", _LEVELS, "0.9", "how much of the average each step keeps"),
    "logY": _look("compare_log_up", SWITCH, "false", "a logarithmic axis upwards"),
    "logX": _look("compare_log_across", SWITCH, "false", "a logarithmic axis across"),
    "bands": _look("compare_seeds", SWITCH, "true", "runs that differ only in the seed as a band"),
    "notebook": _look("compare_notebook", SWITCH, "false", "the notebook's figures as well"),
}

CURVES_COMPARED = Picture(
    __file__,
    Place("compare_curves", "1692px", "2657px"),
    views=(DETACH_VIEW,),
    silent=True,
    state=STATE,
    examples=EXAMPLES,
)

_KEPT = ("seed", "device", "form", "corpus", "split")  # settings that are not compared here
_FIELDS = (*(name for name in SETTINGS if name not in ("model", *_KEPT)), "model")


def settings(standard: list[str]) -> Mapping[str, Any]:
    """Return what the browser gets: the runs that are compared until a reader chooses.

    Also the settings that can be changed, the cards, and which part of a step between models is
    the network's.
    """
    return {"standard": standard, **_offered(tuple(CATALOGUE)), **device_module()}


@lru_cache(1)
def _offered(models: tuple[str, ...]) -> Mapping[str, Any]:
    options = {**CHOICES, "model": models, "corpus": BUILT_IN}
    fields = [
        {"name": name, "options": list(options.get(name, ())), "whole": name in LIMITS}
        for name in _FIELDS
    ]
    tables = {model: one_recipe_table(model) for model in models}
    return {
        "fields": fields,
        "cards": [asdict(card) for card in CARDS.values()],
        "stateful": [name for name in models if CATALOGUE[name].stateful],
        "models": list(models),
        "shares": {model: apart(table) for model, table in tables.items() if not table.empty},
    }


def standard_runs() -> list[str]:
    """Return the runs of an address that names none: the notebook's models, and the run in view."""
    shown = state.get(state.RUN)
    return [*([shown] if shown and shown not in LADDER else []), *LADDER]
