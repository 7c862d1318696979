"""Starting a run for the person at the page; in a class that takes membership.

A student's own device trains what it can: Python orders it, and a picture has the browser do it.
"""

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from hnviz.app.kit.fields.picture import SENT, Row, button
from hnviz.app.run.engine import attempt
from hnviz.app.shell import session as state
from hnviz.app.shell.classroom import class_service
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.web.assets import ASSETS
from hnviz.web.classroom.orders import order_for
from hnviz.web.classroom.phone import problem_of
from hnviz.web.classroom.service import Visitor
from hnviz.web.controls import Starter
from hnviz.web.limits import viewer

AGAIN_SECONDS = 2.0
MAX_ORDERS = 20  # that a page holds; the browser takes each when the page is drawn
DEVICE = "app/kit/class/device.js"
_LAST = "last_start"
_ORDERS = "orders"  # what the student's own device was asked to train in this session


def start(key: str, config: RunConfig) -> str | None:
    """Start a run for this viewer; return its id, or keep a refusal under `key`.

    Returns None for what a student's own device trains: the run gets its id when the class has it.
    A second press within two seconds is a double click: it returns the run of the first.
    """
    if trains_here(config):
        made = attempt(key, _order, config)
        if made is not None:
            state.put(_ORDERS, [*state.get(_ORDERS, []), made][-MAX_ORDERS:])
        return None
    before, when, started = state.get(_LAST, (None, 0.0, None))
    if before == config and time.monotonic() - when < AGAIN_SECONDS:
        return str(started)
    run_id: str | None = attempt(key, start_run, config)
    if run_id is not None:
        state.put(_LAST, (config, time.monotonic(), run_id))
    return run_id


def start_run(config: RunConfig) -> str:
    """Start a run; return its id. Raises EngineError, and ClassError where the class forbids it."""
    here = viewer(st.context.cookies, st.context.ip_address)
    return Starter(server(), here.asker, class_service(), visitor()).start(config)


def visitor() -> Visitor:
    """Say who looks at the page: in a class its teacher, a member or nobody."""
    classroom = class_service()
    return Visitor() if classroom is None else classroom.visitor(st.context.cookies)


def leads() -> bool:
    """Return whether the reader may do what in a class only the teacher may."""
    return class_service() is None or visitor().teacher


def student() -> int | None:
    """Return the number of the student at the page, None for anyone else."""
    classroom = class_service()
    return None if classroom is None else classroom.room.members.get(visitor().member or "")


def trains_here(config: RunConfig | None) -> bool:
    """Return whether the reader's own device trains these settings: a student's, if it can."""
    return config is not None and student() is not None and not problem_of(config)


def _order(config: RunConfig) -> dict[str, Any] | None:
    """Return what a student's browser needs to train a run. Raises ClassError if it may not."""
    classroom = class_service()
    return None if classroom is None else order_for(classroom, visitor().member, config)


def goes_on(config: RunConfig | None) -> str:
    """Say what becomes of a run if its page is closed."""
    if trains_here(config):
        return "This device trains it and sends it to the class: keep this tab open."
    return "It goes on if you close this tab."


def device() -> dict[str, Any]:
    """Return "device" for the settings of a picture that has a student's device train.

    It holds the address of the module that trains, and the orders of this session; the device takes
    each once. Empty for anyone but a student.
    """
    if student() is None:
        return {}
    return {"device": {"module": ASSETS.address(DEVICE), "orders": state.get(_ORDERS, [])}}


def device_module() -> dict[str, str]:
    """Return "device" for the settings of a picture that posts to /api/runs itself."""
    return {"device": ASSETS.address(DEVICE)} if student() is not None else {}


def train_button(row: Row, label: str, key: str, press: Callable[[], object], **look: Any) -> None:
    """Add a button that trains to a row, which shows what a student's own device trains."""
    button(label, key, press, **look)
    row.device = device().get("device")
    if sent := state.reported(row.key, SENT):
        state.show_run(str(sent["value"]))
        st.rerun()


def owner(run_id: str) -> int | None:
    """Return the number of the student who started a run, None for any other run."""
    classroom = class_service()
    return None if classroom is None else classroom.room.owner(run_id)


def whose(run_id: str) -> str:
    """Say in a class whose run it is, "student 7" or "yours"; "" for any other run."""
    number = owner(run_id)
    if number is None:
        return ""
    return "yours" if number == student() else f"student {number}"


def may_view() -> bool:
    """Return whether the page may show runs and pictures to this browser."""
    classroom = class_service()
    return classroom is None or classroom.view == "free" or visitor().is_known
