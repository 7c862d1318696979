"""The button Train and the fields of the next run, which the browser fills in without asking.

It holds the labels, the choices and every model's recipe. Python reads what it reports, says what
is wrong with it, and never sets a field: `hnviz.app.rooms.train.settings`. For many runs a field
takes a list, and the browser sends the plan to POST /api/sweeps.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import streamlit as st

from hnviz.app.kit.component import publish
from hnviz.app.kit.fields.picture import PRESSED, SENT
from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.rooms.sweep.cards import CARD, GIVEN, QUESTION
from hnviz.app.rooms.train.settings import (
    FIELDS,
    KEY,
    REPORT,
    Held,
    crowding,
    held,
    judge,
    key,
    read,
    unused,
    warning,
)
from hnviz.app.rooms.train.speed import NAME as SPEED
from hnviz.app.rooms.train.speed import speed_settings
from hnviz.app.run.own_text import OWN, own_text_box
from hnviz.app.run.start import device, trains_here
from hnviz.app.shell import session as state
from hnviz.config import RunConfig
from hnviz.models.catalogue import CATALOGUE, recipe_for


def known() -> dict[str, Any]:
    """Return what the fields need: their words, and what each model brings along."""
    return {
        "settings": [
            {
                "name": each.name,
                "label": each.label,
                "kind": each.kind,
                "help": each.help,
                "more": not (each.of and each.of.first),
                "options": each.options,
                "first": each.first,
            }
            for each in FIELDS
        ],
        "recipes": {
            model: [asdict(recipe_for(model, same=same)) for same in (False, True)]
            for model in CATALOGUE
        },
        "unused": {model: list(unused(model)) for model in CATALOGUE},
    }


@lru_cache(1)
def _known(models: tuple[str, ...]) -> bytes:
    """Return `known` of these models as JSON, made once for all presses."""
    return json.dumps(known()).encode()


def _sent() -> str:
    """Return the address of `known`."""
    return publish(_known(tuple(CATALOGUE)), ".json")


def told(fields: Held, config: RunConfig | None, wrong: Mapping[str, str]) -> dict[str, Any]:
    """Return what the browser gets; of `given` only what was judged, for it to compare."""
    own = device().get("device")  # only the server has speeds
    return {
        "known": _sent(),
        "given": fields.given,
        "wrong": wrong,
        "lost": {**crowding(config), **fields.lost},
        "warning": warning(fields.values),
        "off": config is None,
        **({"device": {**own, "trains": trains_here(config)}} if own else speed_settings()),
    }


def _example(**given: str) -> Mapping[str, Any]:
    fields = read(given)
    return {**told(fields, *judge(fields.values)), "shown": given}


def _many() -> Mapping[str, Any]:
    many = {"card": CARD, "question": QUESTION, "given": GIVEN, "without": [OWN]}
    return {"known": _sent(), "many": many}


EXAMPLES = {
    "many": Example(settings=_many),
    "ready": Example("Model5", settings=_example),
    "long": Example(
        settings=lambda: _example(model="Transformer", bptt="400", lr="3", bs="0", device="tpu")
    ),
}

SETTINGS_FORM = Picture(
    __file__,
    Place(KEY, "124px", "304px"),
    reports=(REPORT, SPEED, PRESSED, SENT),
    silent=True,
    holds=(*(key(each.name) for each in FIELDS), key(SPEED)),
    examples=EXAMPLES,
)


def settings_form() -> RunConfig | None:
    """Draw the fields, and the box for an own text; return the config, None if something is wrong.

    Each field says what is wrong with it.
    """
    fields = held()
    place = st.container()
    if fields.values["corpus"] == OWN:
        own_text_box("train")
    config, wrong = judge(fields.values)
    with place:
        SETTINGS_FORM(run=state.get(state.RUN) or "", settings=told(fields, config, wrong))
    return config


def many_form() -> None:
    """Draw the fields of many runs, and the card that is ready."""
    SETTINGS_FORM(key="sweep_form", settings=_many())
