"""Presses that change no training: rename, pin, delete and restore a run of one's own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hnviz.questions.params import quoted
from hnviz.runs import RunBusy, RunFolder, RunWriteError, trash
from hnviz.runs.folder import read_label, write_label
from hnviz.web.errors import Refusal, refused_values
from hnviz.web.standing import engine, store

Keep = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""(run's id, body) -> the answer. Raises Refusal, RunNotFound."""


def rename(run_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Give a run a name; with an empty one it is named by its settings again."""
    name = _only(body, "name")
    folder = _own(run_id)
    with refused_values():
        _written(folder, replace(read_label(folder.path), name=name))
    return {"name": read_label(folder.path).name}


def pin(run_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Put a run first in lists, or no longer."""
    pinned = _only(body, "pinned")
    if not isinstance(pinned, bool):
        raise Refusal(f"pinned must be true or false; got {quoted(pinned)}")
    folder = _own(run_id)
    _written(folder, replace(read_label(folder.path), pinned=pinned))
    return {"pinned": pinned}


def delete(run_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Delete a run that does not train; for an hour it can be restored."""
    _nothing(body, "delete")
    folder = _own(run_id)
    if engine().job(run_id) is not None:
        raise Refusal(f"the run {run_id} still trains: stop it first, then delete it", 409)
    try:
        trash.delete(folder)
    except (RunBusy, RunWriteError) as error:
        raise Refusal(str(error), 409) from error
    return {"deleted": True}


def restore(run_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a deleted run back."""
    _nothing(body, "restore")
    store().check_id(run_id)
    try:
        trash.restore(store().root, run_id)
    except RunWriteError as error:
        raise Refusal(str(error), 409) from error
    return {"restored": True}


KEEPING: Mapping[str, Keep] = {"rename": rename, "pin": pin, "delete": delete, "restore": restore}
"""Each press by the last part of its address. In a class they are the teacher's alone."""


def _own(run_id: str) -> RunFolder:
    folder = store().folder(run_id)
    if folder.shipped:
        raise Refusal(f"the run {run_id} is pre-trained: you can only look at it", 409)
    return folder


def _written(folder: RunFolder, label: Any) -> None:
    try:
        write_label(folder.path, label)
    except RunWriteError as error:
        raise Refusal(str(error), 409) from error


def _only(body: Mapping[str, Any], name: str) -> Any:
    if set(body) != {name}:
        got = ", ".join(map(quoted, list(body)[:5])) or "nothing"
        raise Refusal(f'the body must be {{"{name}": ...}}; got {got}')
    return body[name]


def _nothing(body: Mapping[str, Any], name: str) -> None:
    if body:
        raise Refusal(f"{name} takes no values; got {quoted(next(iter(body)))}")
