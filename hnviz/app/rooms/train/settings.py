"""The Train page's settings: each a widget, in the address, with its problem beside it."""

from dataclasses import asdict
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hnviz.app.kit.choice import switch
from hnviz.app.kit.text import escape, problem
from hnviz.app.run.engine import info
from hnviz.app.run.own_text import OWN, own_corpus_id, own_text_box
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem, was_wrong
from hnviz.catalogue import CATALOGUE, entry, recipe_for
from hnviz.config import CHOICES, ConfigError, RunConfig, choices_of, problems
from hnviz.data.corpora import BUILT_IN
from hnviz.figures.rates import rate_warning
from hnviz.parts import Recipe
from hnviz.runs import lr_table

PREFIX = "train_"
WIDTH = 132  # px: the settings and Train fit in a row on a laptop, two of them on a phone
_FROM_RECIPE = ("bptt", "lr", "epochs", "bs", "nh", "pct_start")
_CHOSEN = ("bn_init", "reset_state", "device", "form", "corpus", "split")
_MORE = ("seed", *_CHOSEN, "bs", "nh", "pct_start", "same")  # what a first run does not need

_FORMATS = {"lr": "%.1e", "pct_start": "%.4g"}
"""How fields that hold any number are written; the others hold whole numbers."""


LABELS = {
    "model": "Model",
    "bptt": "bptt, steps",
    "lr": "lr, highest",
    "epochs": "Epochs",
    "seed": "Seed",
    "bn_init": "Batch norm starts at",
    "reset_state": "Reset state",
    "device": "Device",
    "bs": "bs, rows",
    "nh": "nh, units",
    "form": "Form",
    "pct_start": "Warm-up share",
    "corpus": "Text",
    "split": "Valid holds",
    "same": "Same recipe",
}
HELP = {
    "bptt": "Tokens that each row reads in one mini-batch. Gradients reach back no further.",
    "lr": "The top of the one-cycle schedule: lr rises to it, then falls to almost zero.",
    "epochs": "Passes over train, 50,079 tokens; with blocks held out, 50,829.",
    "seed": "It decides the first weights: with the same seed, the same run comes out again.",
    "bn_init": "torch before 1.2 drew batch norm's first weights from 0 to 1, as in the notebook; "
    "newer versions start at 1.",
    "reset_state": "Where the carried state starts again from zeros: never, as in the notebook, "
    "or at the start of each pass over train, over valid, or both. Model0 to Model2 carry none.",
    "device": "auto is cuda where there is one, else cpu.",
    "bs": "How many rows the network reads side by side.",
    "nh": "Units of hidden state in each layer.",
    "corpus": "What the network reads: human_numbers is the lesson's text, numbers-fr the same "
    "numbers in French, and so on; or a text of your own.",
    "split": "notebook: the numbers above 8,000, so the network must extrapolate. blocks: 100 "
    "random blocks of 20 numbers between 1 and 9,999, always the same ones.",
    "form": "fast runs Model2 and Model3 vectorised over time: the same results, sooner.",
    "pct_start": "The share of all steps in which lr rises to its peak: 0.3 in the recipes, 0.1 in "
    "Model2's. In the other steps it falls.",
    "same": "Give every model Model3's recipe, so each step of the ladder changes only the "
    "network. Without it, Model2 to Model3 also multiplies lr by 30.",
}


def key(field: str) -> str:
    """Return a setting's key, which is its name in the address too."""
    return PREFIX + field


def training_settings(row: DeltaGenerator) -> tuple[RunConfig | None, str | None]:
    """Draw the settings, the first ones in a row; return the config, or None.

    Also return what is wrong, unless the reader already sees that beside its setting.
    """
    form = _Form(_chosen_recipe())
    _apply_recipe_once(form.recipe)
    with row:
        form.select("model", "Model5")
        for field in ("bptt", "lr", "epochs"):
            form.number(field)
    in_sight = form.told
    if state.get(key("more")) is None:  # a link that sets one of them shows it
        state.put(
            key("more"),
            any(key(field) in st.query_params or was_wrong(key(field)) for field in _MORE),
        )
    if warning := form.warning():
        st.markdown(f":orange[{escape(warning)}]")
    more = st.expander(
        "More settings: seed, bs, nh, warm-up, batch norm, state reset, device, form, text, valid",
        key=key("more"),
        on_change="rerun",
    )
    if more.open or form.wants_more():
        with more:
            form.more()
        if more.open:
            in_sight = form.told
    config, wrong = form.config()
    return config, None if in_sight else wrong


def config_in_hand() -> RunConfig | None:
    """Return the config that the widgets hold at this moment, or None if it cannot be used.

    A widget that has not been drawn yet has its default. After another model was chosen, the
    settings of a recipe are that model's: their widgets follow with the next drawing.
    """
    recipe = _chosen_recipe()
    values: dict[str, Any] = {"model": _chosen()[0]}
    for field in (*_CHOSEN, *_FROM_RECIPE):
        values[field] = _held(field, recipe)
        if field in _CHOSEN and not _is_used(field, values["model"]):
            values[field] = _default(field, recipe)
    if state.get(state.RECIPE) != _chosen():
        values |= {field: _default(field, recipe) for field in _FROM_RECIPE}
    if _device_problem(values["device"]):
        return None
    try:
        return RunConfig(**values, seed=_held("seed", recipe))
    except ConfigError:
        return None


def _is_used(field: str, model: str) -> bool:
    """Return whether a model uses a setting; one that does not is trained with the default."""
    chosen = entry(model)
    return {"reset_state": chosen.stateful, "form": chosen.has_fast_form}.get(field, True)


def _options(field: str) -> tuple[str, ...]:
    """Return the words that a choice offers."""
    return (*BUILT_IN, OWN) if field == "corpus" else choices_of(field)


def _default(field: str, recipe: Recipe) -> Any:
    if field in (*CHOICES, "corpus"):
        return _options(field)[0]
    return asdict(recipe).get(field, 0)  # the seed is no part of a recipe


def _held(field: str, recipe: Recipe) -> Any:
    if field == "corpus" and state.get(key(field)) == OWN:
        return own_corpus_id()
    held = state.get(key(field))
    return _default(field, recipe) if held is None else held


class _Form:
    """The widgets of one drawing, and the values that they gave."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.values: dict[str, Any] = {
            field: _default(field, recipe) for field in _MORE if field != "same"
        }
        self.told = False  # whether the reader sees a problem beside its setting

    def select(self, field: str, default: str, *, disabled: bool = False) -> None:
        """Draw a choice of words."""
        options = _options(field)
        lost = address_problem(key(field), options)
        with st.container(width=WIDTH):
            self.values[field] = st.selectbox(
                LABELS[field],
                options,
                index=options.index(default),
                key=key(field),
                help=HELP.get(field),
                bind="query-params",
                disabled=disabled,
            )
            if disabled:
                self.values[field] = default
            self._say_problem(field, lost)

    def number(self, field: str) -> None:
        """Draw a number that Streamlit does not bound: we say what is out of range."""
        is_real = field in _FORMATS
        lost = address_problem(key(field), "number" if is_real else "whole number")
        with st.container(width=WIDTH):
            self.values[field] = st.number_input(
                LABELS[field],
                value=_default(field, self.recipe),
                step=None if is_real else 1,
                format=_FORMATS.get(field),
                key=key(field),
                help=HELP[field],
                bind="query-params",
            )
            self._say_problem(field, lost)

    def warning(self) -> str | None:
        """Say that the learning rate is known to fail; the run may start all the same."""
        lr = self.values["lr"]
        if problems({"lr": lr}):
            return None
        return rate_warning(lr_table(), self.values["model"], lr)

    def wants_more(self) -> bool:
        """Return whether a setting under "More" differs from its default.

        While none does and their fold is shut, they are not drawn: they are a fifth of what the
        browser renders after a click on another setting.
        """
        return any(
            key(field) in st.query_params
            or _held(field, self.recipe) != _default(field, self.recipe)
            for field in _MORE
        )

    def more(self) -> None:
        """Draw the settings that a first run does not need."""
        # With this gap six of seven fit in a row inside the expander.
        with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
            for field in ("seed", "bs", "nh", "pct_start"):
                self.number(field)
            for field in _CHOSEN:
                used = _is_used(field, self.values["model"])
                self.select(field, _options(field)[0], disabled=not used)
            with st.container(width=WIDTH):
                switch(LABELS["same"], key("same"), explained=HELP["same"])
        self._own_text()

    def _own_text(self) -> None:
        if self.values["corpus"] != OWN:
            return
        chosen = own_text_box("train")
        self.told |= chosen is None
        self.values["corpus"] = chosen
        if chosen is not None:
            wrong = problems(self.values).get("split")
            self.told |= wrong is not None
            problem(wrong)

    def config(self) -> tuple[RunConfig | None, str | None]:
        """Return the config, or None and the first thing that is wrong."""
        if wrong := _device_problem(self.values["device"]):
            return None, wrong
        try:
            return RunConfig(**self.values), None
        except ConfigError as error:
            return None, str(error)

    def _say_problem(self, field: str, lost: str | None) -> None:
        """Check the values drawn so far; a rule about two of them is shown at the later one."""
        known = {name: value for name, value in self.values.items() if value != OWN}
        wrong = problems(known).get(field)
        if field == "device":
            wrong = wrong or _device_problem(self.values[field])
        self.told |= wrong is not None
        problem(wrong or lost)


def _device_problem(device: str) -> str | None:
    """Say that this machine cannot train on a device, as far as the engine has said."""
    known = info()
    if known is None or device in ("auto", *known.devices):
        return None
    there = ", ".join(known.devices)
    return f"this machine cannot train on {device}; choose one of auto, {there}"


def _chosen() -> tuple[str, bool]:
    """Return the model and whether the shared recipe is wanted; their widgets are not drawn yet."""
    model = state.get(key("model")) or st.query_params.get(key("model"), "Model5")
    same = state.get(key("same"), st.query_params.get(key("same")) == "true")
    return model if model in CATALOGUE else "Model5", bool(same)


def _chosen_recipe() -> Recipe:
    """Return the recipe that gives the settings left out."""
    model, same = _chosen()
    return recipe_for(model, same=same)


def _apply_recipe_once(recipe: Recipe) -> None:
    """Apply a recipe that was chosen since the page last ran as a whole.

    Not a widget's callback: while a run trains, an update of its pictures may reach the server
    together with the choice, run the callback, and then lose what the callback has set.
    """
    before = state.get(state.RECIPE)
    state.put(state.RECIPE, _chosen())
    if before is not None and before != _chosen():
        for field in _FROM_RECIPE:
            state.put(key(field), asdict(recipe)[field])
