"""The Tasks page's controls: the task, its parameters, and what is wrong with them."""

from contextlib import suppress
from typing import Any

import streamlit as st

from hnviz.app.kit.fields.picture import controls, menu, put_in, text, text_in, whole, wrong
from hnviz.app.rooms.tasks.automaton.picture import KEY, REPORT, Edited
from hnviz.app.rooms.tasks.study import Study, outlooks, study
from hnviz.app.shell import session as state
from hnviz.figures.sentences import as_sentence
from hnviz.tasks.machine import TaskError
from hnviz.tasks.task import TASKS, Number, Parameter, TaskStream, Value

TASKS_PREFIX = "tasks_"
ROW = "tasks_controls"
TASK = "tasks_task"
TABLE = "tasks_table"  # in the address: the reader's automaton
AUTOMATON = "regular"  # the task whose parameter is that table
FIRST = "recall"
TITLES = {task.title: name for name, task in TASKS.items()}
STAYS = "The page still shows the last {} that could be used."

_GOOD = "_tasks_good"  # task -> the last parameters that could be used
_WRONG = "_tasks_wrong"  # what is wrong with the reader's automaton, and in which of its rows
_TEXT_WIDTH = 320  # px
WIDTH = 132  # px


def task_key(name: str) -> str:
    """Return a parameter's key, which is its name in the address too."""
    return TASKS_PREFIX + name


def task_in_hand() -> str:
    """Return the name of the task that is chosen, even before its list is drawn."""
    return TITLES.get(text_in(ROW, TASK) or "", FIRST)


def values_in_hand() -> dict[str, Any]:
    """Return the parameters that the controls hold or will hold, usable or not."""
    name = task_in_hand()
    good = _good(name)
    if name == AUTOMATON:
        return dict(good)
    held = {field: text_in(ROW, task_key(field)) for field in good}
    return {field: good[field] if text is None else text for field, text in held.items()}


def prepare(bptt: int | None) -> None:
    """Calculate a task's figures before its controls are drawn.

    Else the page would show the controls, wait for the takeaway above them, and move.
    """
    with suppress(TaskError):  # the controls say what is wrong
        outlooks(study(TaskStream.of(task_in_hand(), values_in_hand())).stream, bptt)


def task_controls() -> Study:
    """Draw the controls; return the figures of the task, or of the last one that could be used.

    Beside what cannot be used a sentence says so, and what was shown before stays.
    """
    with controls(ROW):
        menu("Task", tuple(TITLES), TASK, TASKS[FIRST].title, width=250)
        name = task_in_hand()
        if name == AUTOMATON:
            given: dict[str, Any] = {"table": _table_in_force()}
        else:
            _write_table(None)
            given = {each.name: _field(each) for each in TASKS[name].parameters}
        return _usable(name, given)


def show_task(stream: TaskStream) -> None:
    """Set the controls to a task; call it before they are drawn."""
    _keep(stream)
    values = {} if stream.name == AUTOMATON else dict(stream.values)
    named = {task_key(field): value for field, value in values.items()}
    put_in(ROW, {TASK: TASKS[stream.name].title, **named})


def address_of(stream: TaskStream) -> dict[str, str]:
    """Return the parameters of an address that shows a task."""
    usual = TASKS[stream.name].values()
    own = {task_key(name): str(value) for name, value in stream.values if value != usual[name]}
    return {"feed_part": "Tasks", TASK: TASKS[stream.name].title, **own}


def edited_automaton(name: str) -> Edited | None:
    """Return the reader's automaton, with what is wrong with the last change, if it is shown."""
    if name != AUTOMATON:
        return None
    return Edited(str(_good(name)["table"]), *state.get(_WRONG, ("", None)))


def _usable(name: str, given: dict[str, Any]) -> Study:
    """Return a task's figures; of parameters that cannot be used, a sentence and the last ones."""
    if None not in given.values():
        try:
            found = study(TaskStream.of(name, given))
        except TaskError as error:
            wrong(TASK, f"{as_sentence(str(error))} {STAYS.format('parameters')}")
        else:
            _keep(found.stream)
            return found
    return study(TaskStream.of(name, _good(name)))


def _field(parameter: Parameter) -> Value | None:
    """Draw the field of a parameter; return None, with a sentence, for what it cannot be."""
    name, label = task_key(parameter.name), parameter.name.capitalize()
    explained = f"{parameter.name}: {parameter.meaning}."
    value = (
        whole(label, name, parameter.default, width=WIDTH, help=explained)
        if isinstance(parameter, Number)
        else text(label, name, str(parameter.default), width=_TEXT_WIDTH, help=explained)
    )
    try:
        return parameter.checked(value)
    except TaskError as error:
        wrong(name, f"{as_sentence(str(error))} {STAYS.format('value')}")
        return None


def _table_in_force() -> str:
    """Return the automaton to show: a new one that can be used, the last one, or the address's."""
    report = state.reported(KEY, REPORT)
    if report:
        _take_table(str(report["value"]), "")
    elif AUTOMATON not in state.get(_GOOD, {}) and (asked := st.query_params.get(TABLE)):
        _take_table(asked, "The automaton in the address cannot be used. ")
    table = str(_good(AUTOMATON)["table"])
    _write_table(table if table != TASKS[AUTOMATON].values()["table"] else None)
    return table


def _write_table(table: str | None) -> None:
    """Put the automaton into the address; None takes it out."""
    if table is not None:
        st.query_params[TABLE] = table
    elif TABLE in st.query_params:
        del st.query_params[TABLE]


def _take_table(table: str, lead: str) -> None:
    try:
        found = study(TaskStream.of(AUTOMATON, {"table": table}))
    except TaskError as error:
        said = f"{lead}{as_sentence(str(error))} {STAYS.format('automaton')}"
        state.put(_WRONG, (said, None if lead else error.row))
    else:
        state.pop(_WRONG)
        _keep(found.stream)


def _good(name: str) -> dict[str, Value]:
    kept = state.get(_GOOD, {}).get(name)
    return dict(kept or TASKS[name].values())


def _keep(stream: TaskStream) -> None:
    state.put(_GOOD, {**state.get(_GOOD, {}), stream.name: dict(stream.values)})
