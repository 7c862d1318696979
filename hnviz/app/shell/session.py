"""The one door to Streamlit's session state: every key that more than one place uses.

A widget's key is "<page>_<thing>", and with ``bind="query-params"`` also its name in the address.
keys.py lists them all.
"""

from typing import Any

import streamlit as st

RUN = "run"  # the id of the run in view, on every page and in the address
SNAPSHOT = "snapshot"  # its snapshot in view, in updates of the weights
TRAIN_ERROR = "train_error"  # why the last press on Train did nothing
NEXT_RUN = "next_run"  # the run to bring into view when a page next runs as a whole
RECIPE = "train_recipe"  # the model and recipe that the settings were last filled in from
_LOST_RUN = "lost_run"

LONGEST_NAME = 60  # characters of a name from the address that a page repeats


def get(key: str, default: Any = None) -> Any:
    """Return what a key holds."""
    return st.session_state.get(key, default)


def put(key: str, value: Any) -> None:
    """Set a key; for a widget's key only before that widget is drawn, or in a callback."""
    st.session_state[key] = value


def pop(key: str, default: Any = None) -> Any:
    """Remove a key."""
    return st.session_state.pop(key, default)


def reported(key: str, name: str) -> Any:
    """Return a component's new report under a name, once; else None."""
    value = (get(key) or {}).get(name)
    taken = f"{key}_{name}_taken"
    if not value or value == get(taken):
        return None
    put(taken, value)
    return value


def show_run(run_id: str) -> None:
    """Bring a run into view.

    Not by setting RUN at once: a button's callback may run in a fragment's rerun, and the picker of
    runs would then return to its old value.
    """
    put(NEXT_RUN, run_id)
    forget_lost_run()


def note_lost_run(known: list[str]) -> None:
    """Remember a run id in the address that no run has, before a widget drops it from there."""
    asked = st.query_params.get(RUN)
    if asked and asked not in known:
        st.session_state[_LOST_RUN] = asked[:LONGEST_NAME]


def lost_run() -> str | None:
    """Return the run id that was asked for and does not exist."""
    return st.session_state.get(_LOST_RUN)


def forget_lost_run() -> None:
    """Forget it: another run was picked."""
    st.session_state.pop(_LOST_RUN, None)
