"""Starting a run for the person at the page; in a class that takes membership."""

import time
from typing import Any

import streamlit as st

from hnviz.app.run.engine import attempt
from hnviz.app.shell import session as state
from hnviz.app.shell.classroom import class_service
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.web.classroom.runs import phone_order, trains_on_a_phone
from hnviz.web.classroom.service import Visitor
from hnviz.web.controls import Starter
from hnviz.web.limits import viewer

AGAIN_SECONDS = 2.0
_LAST = "last_start"


def start(key: str, config: RunConfig) -> str | None:
    """Start a run for this viewer; return its id, or keep a refusal under `key`.

    A second press within two seconds is a double click: it returns the run of the first.
    """
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
    return config is not None and student() is not None and trains_on_a_phone(config)


def order(config: RunConfig) -> dict[str, Any]:
    """Return what a student's browser needs to train a run. Raises ClassError if it may not."""
    classroom = class_service()
    if classroom is not None:
        classroom.check_start(visitor().member)
    return phone_order(config)


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
