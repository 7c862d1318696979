"""Views asked as the web door asks them, with the real engine and without HTTP."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.shell.server import server
from hnviz.questions.params import read_query
from hnviz.questions.view import Look, Reply, View
from hnviz.web.answers import Asker

PATIENCE = 90.0  # seconds, on a machine that others use too


def shown(view: View, run: str = "Model5", step: int | str = "last", **params: Any) -> Reply:
    """Return what a view answers about a run's snapshot. Raises Refusal or ValueError."""
    pairs = [(name, written(value)) for name, value in params.items()]
    typed: Mapping[str, Any] = read_query(view.params, pairs, f"the question {view.name}")
    at = server().store.folder(run).resolve_step(step)
    return view.answer(Look(server().current(run), at, typed, Asker(server(), run, at, PATIENCE)))


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
