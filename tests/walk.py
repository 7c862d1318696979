"""Open every page on a run, and ask all that its pictures ask: python -m tests.walk RUN MODEL.

Prints a line for each page: its name, and how many questions its pictures ask.
Ends with status 1, and the sentences, if a page fails or a question has no answer.
"""

import sys
from typing import Any

from hnviz.own import use_named

use_named()  # before the pictures, which list the models

# ruff: noqa: E402
from hnviz.app.pictures import VIEWS
from hnviz.app.shell.navigation import PAGES
from hnviz.app.shell.server import server
from hnviz.questions.params import read_query
from hnviz.questions.view import Look
from hnviz.web.answers import Asker
from hnviz.web.http import Refusal
from tests.pages import mounts, open_page
from tests.views import written

BY_NAME = {view.name: view for view in VIEWS}
FOLDS = {f"models_{fold}": "true" for fold in ("cell", "parts", "source", "figures")}
MORE: dict[str, list[dict[str, str]]] = {
    "start": [{}, {"count_part": "Counting map"}],
    "feed": [{}, {"feed_part": "Batches"}, {"feed_part": "Tasks", "tasks_network": "true"}],
    "build": [{"models_model": "{model}", "models_weights": "run in view", **FOLDS}],
    "train": [
        {"train_model": "{model}"},
        {"train_part": "Compare runs"},
        {"train_part": "Many runs"},
        {"train_part": "Exercises"},
        {"train_part": "Exercises", "train_exercise": "Lines"},
    ],
    "remember": [
        {"states_show": "keep", "states_view": "What each unit codes"},
        {
            "states_show": "write",
            "states_view": "What the whole state shows",
            "states_all_models": "true",
        },
        {"remember_part": "Another memory"},
    ],
    "learn_back": [{"time_more_costs": "true", "time_more_state": "true"}],
}
"""Other addresses of a page than its plain one."""
PATIENCE = 300.0  # seconds for one question, on a machine that others use too
NOT_HERE = ("class",)  # it does not show the run in view


def main(run: str, model: str) -> int:
    """Walk all pages; return the exit status."""
    wrong = []
    for page in (name for pages in PAGES.values() for name in pages if name not in NOT_HERE):
        asked = 0
        for more in MORE.get(page, [{}]):
            address = {key: value.format(model=model) for key, value in more.items()}
            app = open_page(page, run=run, **address)
            where = f"{page} {address}"
            wrong += [f"{where}: {each.message}" for each in app.exception]
            for mount in mounts(app):
                for ask in mount.get("asks", []):
                    asked += 1
                    said = _refused(ask, mount.get("run") or run)
                    wrong += [f"{where}: {ask['question']}: {said}"] if said else []
        print(page, asked, flush=True)
    print(*wrong, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


def _refused(ask: dict[str, Any], run: str) -> str:
    """Ask a picture's question; return the sentence of a refusal, "" for an answer."""
    view = BY_NAME[ask["question"]]
    pairs = [(name, written(value)) for name, value in ask["params"].items()]
    at = server().store.folder(run).resolve_step(0 if ask.get("at") == "first" else "last")
    try:
        typed = read_query(view.params, pairs, view.name)
        view.answer(Look(server().current(run), at, typed, Asker(server(), run, at, PATIENCE)))
    except (Refusal, ValueError) as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
