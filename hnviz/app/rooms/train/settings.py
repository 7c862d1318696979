"""The settings of the next run: their fields, what the address or the form holds, what is wrong.

The form (hnviz/app/rooms/train/form) shows them, and fills in recipes without asking. It reports
its parameters as the address has them, so one function, `read`, reads both.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

import streamlit as st

from hnviz.app.run.engine import info
from hnviz.app.run.own_text import OWN, own_corpus_id
from hnviz.app.shell import session as state
from hnviz.app.shell.address import SWITCH, described
from hnviz.config import SETTINGS, RunConfig, Setting, choices_of, problems
from hnviz.data import BatchLayout, stream_of
from hnviz.data.corpora import BUILT_IN
from hnviz.data.stream import SPLITS
from hnviz.figures.rates import rate_warning
from hnviz.models.catalogue import entry, recipe_for
from hnviz.runs import lr_table

PREFIX = "train_"
KEY = "train_settings"
REPORT = "given"
"""What the form reports: its parameters that are not their defaults, without the prefix."""

_NUMBER = re.compile(r"[0-9.e+-]+", re.IGNORECASE)
"""What a number is made of, here and in form/values.js; float() alone also reads "1_0"."""
_WHOLE = 2.0**53
"""Below it, a float holds every whole number."""
_DEFAULTS = RunConfig()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form; its parameter in the address is its name after `PREFIX`."""

    name: str
    of: Setting | None = None  # None: the switch
    label: str = ""
    help: str = ""

    @property
    def kind(self) -> str:
        """What it is: "word", "whole", "real", "power" or "switch"."""
        return self.of.kind if self.of else "switch"

    @property
    def options(self) -> tuple[str, ...]:
        """The words that it offers."""
        if self.kind != "word":
            return ()
        return (*BUILT_IN, OWN) if self.name == "corpus" else choices_of(self.name)

    @property
    def first(self) -> Any:
        """What it has where neither the address nor the recipe says otherwise."""
        return getattr(_DEFAULTS, self.name) if self.of else False

    def value(self, text: str) -> Any:
        """Read its parameter; None for what it cannot hold."""
        if self.kind == "word":
            return text if text in self.options else None
        if self.kind == "switch":
            return text == "true" if text in SWITCH else None
        return _number(text, whole=self.kind == "whole")

    def lost(self, text: str) -> str:
        """Say that it cannot hold a text."""
        if self.kind in ("word", "switch"):
            choices = described(self.options or SWITCH)
            return f"{text[:40]!r} is not {choices}; the value shown is used"
        wanted = described("whole number" if self.kind == "whole" else "number")
        name = self.label.partition(",")[0]
        return f"{name} must be {wanted}; got {text[:40]!r}, so the value shown is used"


FIELDS = (
    *(Field(name, each, each.label, each.help) for name, each in SETTINGS.items()),
    Field(
        "same",
        label="Same recipe",
        help="Give every model Model3's recipe, so each step of the ladder changes only the "
        "network. Without it, Model2 to Model3 also multiplies lr by 30.",
    ),
)
_NAMED = {each.name: each for each in FIELDS}


class Held(NamedTuple):
    """What the fields hold."""

    given: dict[str, str]  # as reported, or in the address
    values: dict[str, Any]  # of every setting
    lost: dict[str, str]  # what cannot be read of `given`, and has its default: a sentence each


def key(field: str) -> str:
    """Return a setting's name in the address."""
    return PREFIX + field


def read(given: Mapping[str, str]) -> Held:
    """Read parameters; a setting that is missing has the recipe's value, or its default."""
    given = {name: text for name, text in given.items() if name in _NAMED}
    found = {name: _NAMED[name].value(text) for name, text in given.items()}
    lost = {name: _NAMED[name].lost(given[name]) for name, value in found.items() if value is None}
    values = {each.name: each.first for each in FIELDS}
    values |= {name: value for name, value in found.items() if value is not None}
    recipe = asdict(recipe_for(values["model"], same=values["same"]))
    values |= {name: value for name, value in recipe.items() if found.get(name) is None}
    values |= {name: _NAMED[name].first for name in unused(values["model"])}
    return Held(given, values, lost)


def unused(model: str) -> Iterator[str]:
    """Yield the settings that a model has no use for: it is trained with their defaults."""
    chosen = entry(model)
    if not chosen.stateful:
        yield "reset_state"
    if not chosen.has_fast_form:
        yield "form"


def held() -> Held:
    """Read what the form has reported, or before that, what the address asks for."""
    report = (state.get(KEY) or {}).get(REPORT)
    if report:
        return read({name: str(text) for name, text in dict(report["value"]).items()})
    asked = {each.name: st.query_params.get(key(each.name)) for each in FIELDS}
    return read({name: text for name, text in asked.items() if text is not None})


def judge(values: Mapping[str, Any]) -> tuple[RunConfig | None, dict[str, str]]:
    """Return the config, or None, and a sentence for each setting that cannot be used.

    None without a sentence: the text of one's own cannot be used, and its box says why.
    """
    wanted = {name: value for name, value in values.items() if name != "same"}
    if wanted["corpus"] == OWN:
        wanted["corpus"] = own_corpus_id()
    usable = {name: value for name, value in wanted.items() if value is not None}
    wrong = problems(usable)
    if "device" not in wrong and (lacks := _device_problem(wanted["device"])):
        wrong["device"] = lacks
    return None if wrong or len(usable) < len(wanted) else RunConfig(**usable), wrong


def config_in_hand() -> RunConfig | None:
    """Return the config that the form holds at this moment, or None if it cannot be used."""
    return judge(held().values)[0]


def crowding(config: RunConfig | None) -> dict[str, str]:
    """Say beside bptt that a split is shorter than one mini-batch, if it is."""
    if config is None:
        return {}
    stream = stream_of(config)
    layouts = {name: BatchLayout(len(stream.ids(name)), config.bs, config.bptt) for name in SPLITS}
    said = " ".join(filter(None, (layout.crowding(name) for name, layout in layouts.items())))
    return {"bptt": said} if said else {}


def warning(values: Mapping[str, Any]) -> str:
    """Say that the learning rate is known to fail; the run may start all the same. "" for none."""
    lr = values["lr"]
    return "" if problems({"lr": lr}) else _rate_warning(values["model"], lr)


@lru_cache(256)
def _rate_warning(model: str, lr: float) -> str:
    """Look a rate up; pandas takes 2 ms for it."""
    return rate_warning(lr_table(), model, lr) or ""


def _number(text: str, *, whole: bool) -> float | None:
    """Read a number; None for what is none, or infinite. `problems` judges its size."""
    try:
        number = float(text) if _NUMBER.fullmatch(text) else None
    except ValueError:
        return None
    if number is None or not isfinite(number):
        return None
    return int(number) if whole and number.is_integer() and abs(number) < _WHOLE else number


def _device_problem(device: str) -> str | None:
    """Say that this machine cannot train on a device, as far as the engine has said."""
    known = info()
    if known is None or device in ("auto", *known.devices):
        return None
    there = ", ".join(known.devices)
    return f"this machine cannot train on {device}; choose one of auto, {there}"
