"""How fast a run trains. At full speed it ends before anyone can watch it learn."""

import streamlit as st

from hnviz.app.rooms.train.settings import KEY, key
from hnviz.app.shell import session as state

SPEEDS: dict[str, tuple[str, float | None]] = {
    "full": ("full speed", None),
    "20": ("20 steps a second", 20.0),
    "5": ("5 steps a second", 5.0),
    "1": ("1 step a second", 1.0),
}
"""Each speed by its name in the address: what it is called, and its limit in steps a second."""

NAME = "speed"
"""The form's report, and with its prefix the parameter in the address."""


def speed_settings() -> dict[str, object]:
    """Return what the form gets of it."""
    return {"speeds": [[name, *speed] for name, speed in SPEEDS.items()], "speed": _chosen()}


def chosen_speed() -> float | None:
    """Return the limit for the next run, in steps a second; None is full speed."""
    return SPEEDS[_chosen()][1]


def _chosen() -> str:
    """Return what the browser has reported, or else what the address asked for."""
    report = (state.get(KEY) or {}).get(NAME)
    name = report["value"] if report else st.query_params.get(key(NAME))
    return name if name in SPEEDS else "full"
