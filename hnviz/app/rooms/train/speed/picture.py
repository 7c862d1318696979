"""The choice of a training speed. Without one a run is over before anybody sees it learn."""

import streamlit as st

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell import session as state

SPEEDS: dict[str, tuple[str, float | None]] = {
    "full": ("full speed", None),
    "20": ("20 steps a second", 20.0),
    "5": ("5 steps a second", 5.0),
    "1": ("1 step a second", 1.0),
}
"""Each speed by its name in the address: what it is called, and its limit in steps a second."""

KEY = "train_speed"

_SETTINGS = {"speeds": [[name, *speed] for name, speed in SPEEDS.items()]}

EXAMPLES = {
    "ready": Example("Model5", settings={**_SETTINGS, "chosen": "full"}),
    "long": Example(settings={**_SETTINGS, "chosen": "20"}),  # no run yet
}

SPEED = Picture(__file__, Place(KEY, "68px"), reports=("name",), silent=True, examples=EXAMPLES)


def speed(run_id: str) -> None:
    """Draw the choice: it holds for the next run, and for the run shown while that trains."""
    SPEED(run=run_id, settings={**_SETTINGS, "chosen": _chosen()})


def chosen_speed() -> float | None:
    """Return the limit for the next run, in steps a second; None is full speed."""
    return SPEEDS[_chosen()][1]


def _chosen() -> str:
    """Return what the browser has reported, or else what the address asked for."""
    report = (state.get(KEY) or {}).get("name")
    name = report["value"] if report else st.query_params.get(KEY)
    return name if name in SPEEDS else "full"
