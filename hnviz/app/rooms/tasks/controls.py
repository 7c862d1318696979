"""The Tasks page's controls: the task, its parameters, and what is wrong with them."""

from contextlib import suppress
from typing import Any

import streamlit as st

from hnviz.app.kit.text import problem
from hnviz.app.kit.wrong import mark_field
from hnviz.app.rooms.tasks.editor.picture import KEY, REPORT, editor
from hnviz.app.rooms.tasks.study import Study, outlooks, study
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.figures.sentences import as_sentence
from hnviz.tasks.machine import TaskError
from hnviz.tasks.task import TASKS, Number, Parameter, TaskStream, Value

TASKS_PREFIX = "tasks_"
TASK = "tasks_task"
TABLE = "tasks_table"  # in the address: the reader's automaton
AUTOMATON = "regular"  # the task whose parameter is that table
FIRST = "recall"
TITLES = {task.title: name for name, task in TASKS.items()}
STAYS = "The page still shows the last {} that could be used."

_GOOD = "_tasks_good"  # task -> the last parameters that could be used
_WRONG = "_tasks_wrong"  # what is wrong with the reader's automaton
_TEXT_WIDTH = 320  # px
WIDTH = 132  # px


def task_key(name: str) -> str:
    """Return a parameter's key, which is its name in the address too."""
    return TASKS_PREFIX + name


def task_in_hand() -> str:
    """Return the name of the task that is chosen, as its widget holds it at this moment."""
    title = state.get(TASK) or st.query_params.get(TASK)
    return TITLES.get(str(title), FIRST)


def values_in_hand() -> dict[str, Any]:
    """Return the parameters that the widgets hold or will hold, usable or not."""
    name = task_in_hand()
    good = _good(name)
    if name == AUTOMATON:
        return dict(good)
    asked = st.query_params
    return {
        field: state.get(task_key(field), asked.get(task_key(field), value))
        for field, value in good.items()
    }


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
    lost = address_problem(TASK, tuple(TITLES))
    with st.container(horizontal=True, gap="small", vertical_alignment="top", key="tasks_controls"):
        with st.container(width=250):
            st.selectbox(
                "Task",
                tuple(TITLES),
                index=list(TITLES.values()).index(FIRST),
                key=TASK,
                bind="query-params",
            )
        name = task_in_hand()
        if name == AUTOMATON:
            given: dict[str, Any] = {"table": _table_in_force()}
        else:
            _write_table(None)
            given = {each.name: _field(each) for each in TASKS[name].parameters}
    problem(lost)
    return _usable(name, given)


def show_task(stream: TaskStream) -> None:
    """Set the controls to a task; call it before they are drawn."""
    state.put(TASK, TASKS[stream.name].title)
    _keep(stream)
    if stream.name != AUTOMATON:
        for field, value in stream.values:
            state.put(task_key(field), value)


def automaton_editor(name: str) -> None:
    """Draw the table of the reader's automaton, where the task has one."""
    if name != AUTOMATON:
        return
    editor(str(_good(name)["table"]))
    problem(state.get(_WRONG))


def _usable(name: str, given: dict[str, Any]) -> Study:
    """Return a task's figures; of parameters that cannot be used, a sentence and the last ones."""
    if None not in given.values():
        try:
            found = study(TaskStream.of(name, given))
        except TaskError as error:
            problem(f"{as_sentence(str(error))} {STAYS.format('parameters')}")
        else:
            _keep(found.stream)
            return found
    return study(TaskStream.of(name, _good(name)))


def _field(parameter: Parameter) -> Value | None:
    """Draw the field of a parameter; return None, with a sentence, for what it cannot be."""
    name, label = task_key(parameter.name), parameter.name.capitalize()
    explained, lost = f"{parameter.name}: {parameter.meaning}.", None
    value: Any
    with st.container(width=WIDTH if isinstance(parameter, Number) else _TEXT_WIDTH):
        if isinstance(parameter, Number):
            lost = address_problem(name, "whole number")
            value = st.number_input(
                label,
                value=parameter.default,
                step=1,
                key=name,
                help=explained,
                bind="query-params",
            )
        else:
            value = st.text_input(
                label, value=parameter.default, key=name, help=explained, bind="query-params"
            )
        try:
            checked: Value = parameter.checked(value)
        except TaskError as error:
            mark_field(name)
            problem(f"{as_sentence(str(error))} {STAYS.format('value')}")
            return None
        problem(lost)
    return checked


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
        state.put(_WRONG, f"{lead}{as_sentence(str(error))} {STAYS.format('automaton')}")
    else:
        state.pop(_WRONG)
        _keep(found.stream)


def _good(name: str) -> dict[str, Value]:
    kept = state.get(_GOOD, {}).get(name)
    return dict(kept or TASKS[name].values())


def _keep(stream: TaskStream) -> None:
    state.put(_GOOD, {**state.get(_GOOD, {}), stream.name: dict(stream.values)})
