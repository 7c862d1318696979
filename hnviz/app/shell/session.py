"""The one door to Streamlit's session state: every key that more than one place uses.

A widget's key is "<page>_<thing>", and with ``bind="query-params"`` also its name in the address.
The picker of runs is not bound: the address holds the run's id, the picker its label.
keys.py lists them all.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

RUN = "run"  # the id of the run in view, on every page and in the address
TRAIN_ERROR = "train_error"  # why the last press on Train did nothing
TASKS_ERROR = "tasks_error"  # why the last press on Train of the Tasks page did nothing
NEXT_RUN = "next_run"  # the run to bring into view when a page next runs as a whole
MADE = "made"  # in the address: how the run of a link was made, for a reader who lacks it
LOCK = "lock"  # in the address: a teacher's link, without settings
MODE = "mode"  # that an export asks for: it has no browser
LOST_ERROR = "lost_error"  # why a run of a link could not be trained
_LOST_RUN = "lost_run"
_LOST_MADE = "lost_made"
_LOCKED = "locked"
_SHOWN_RUN = "shown_run"

LOCKED = "1"
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


def reported(key: str, name: str, once: bool = True) -> Any:
    """Return a component's report under a name, else None. With `once`, return only a new one."""
    value = (get(key) or {}).get(name)
    taken = f"{key}_{name}_taken"
    if not value or (once and value == get(taken)):
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


def choose_run(known: Sequence[str], default: str | None) -> str | None:
    """Return the run to show, and put it where its picker, drawn next, finds it.

    An address that has changed since the last page, by a link or the browser's Back, comes before
    the picker; a run that was started or clicked on comes before both.
    """
    shown, asked = st.session_state.get(_SHOWN_RUN), st.query_params.get(RUN)
    run = get(RUN)
    if asked and asked != shown:
        if asked in known:
            run = asked
            forget_lost_run()
        else:
            st.session_state[_LOST_RUN] = asked[:LONGEST_NAME]
            st.session_state[_LOST_MADE] = st.query_params.get(MADE, "")
    run = st.session_state.pop(NEXT_RUN, None) or run
    if run not in known:
        run = shown if shown in known else default
    put(RUN, run)  # always: a run's label may be another one by now
    return run


def keep_run(default: str | None) -> None:
    """Write the run that is shown into the address, which leaves out the default.

    A link may name it: taking it out then would be an entry of its own for the browser's Back.
    """
    run, named = get(RUN), st.query_params.get(RUN)
    st.session_state[_SHOWN_RUN] = run
    if named == run:
        return
    if run in (None, default):
        st.query_params.pop(RUN, None)
    else:
        st.query_params[RUN] = run


def lost_run() -> str | None:
    """Return the run id that was asked for and does not exist."""
    return st.session_state.get(_LOST_RUN)


def lost_settings() -> str:
    """Return how the link says that run was made; "" if it does not."""
    return str(st.session_state.get(_LOST_MADE, ""))


def forget_lost_run() -> None:
    """Forget it: another run was picked, and the address names that one."""
    for key in (_LOST_RUN, _LOST_MADE, LOST_ERROR):
        st.session_state.pop(key, None)
    if MADE in st.query_params:
        del st.query_params[MADE]


def keep_lock() -> None:
    """Keep a teacher's lock on every page that the reader goes to, until it is loaded again."""
    if st.query_params.get(LOCK) == LOCKED:
        st.session_state[_LOCKED] = True
    elif st.session_state.get(_LOCKED):
        st.query_params[LOCK] = LOCKED
