"""A lesson as data for its panel in a browser, and what the pictures of its steps ask."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hnviz.lessons.language import key_of, language_of, words_of
from hnviz.lessons.model import Lesson
from hnviz.models.catalogue import FIRST_RUN

PARAMETER = "lesson"
"""The address parameter that says which step a page shows: "<lesson>.<number>", from 1."""

FIRST_PAGE = "start"
ASKS = Path(__file__).with_name("asks.json")


def query(lesson: Lesson, number: int) -> dict[str, str]:
    """Return the parameters of a step's address; the end of a lesson uses its last step's."""
    step = lesson.steps[min(number, len(lesson.steps)) - 1]
    return {"run": FIRST_RUN, **step.at, PARAMETER: f"{lesson.id}.{number}"}


def address(lesson: Lesson, number: int) -> str:
    """Return a step's address, relative to the app's own: "batches?run=Model5&..."."""
    page = lesson.steps[min(number, len(lesson.steps)) - 1].page
    return f"{page_path(page)}?{urlencode(query(lesson, number))}"


def page_path(page: str) -> str:
    """Return a page's path below the app's own address, which the first page has."""
    return "" if page == FIRST_PAGE else page.replace("_", "-")


def page_named(path: str) -> str:
    """Return the page at a path below the app's own address: what `page_path` leads to."""
    return path.replace("-", "_") or FIRST_PAGE


def as_data(lesson: Lesson, following: Lesson | None = None) -> dict[str, Any]:
    """Return what the panel shows, for JSON; addresses are relative to the app's own."""
    return {
        "id": lesson.id,
        "key": key_of(lesson.id),
        "title": lesson.title,
        "words": words_of(lesson),
        "language": (spoken := language_of(lesson.id)) and spoken.as_data(),
        "about": lesson.about,
        "steps": [_step(lesson, number) for number in range(1, len(lesson.steps) + 1)],
        "next": following
        and {
            "id": following.id,
            "title": following.title,
            "address": address(following, 1),
        },
    }


def _step(lesson: Lesson, number: int) -> dict[str, Any]:
    """Return what the panel shows of a step; "run" is "" if the step before shows the same run."""
    found = asdict(lesson.steps[number - 1])
    del found["transfer"]  # the question for the teacher
    run = query(lesson, number)["run"]
    before = query(lesson, number - 1)["run"] if number > 1 else FIRST_RUN
    return {**found, "address": address(lesson, number), "run": run if run != before else ""}


def asks_in(lesson: str, n_steps: int) -> list[list[dict[str, Any]]]:
    """Return what each step of a lesson asks; nothing for a lesson outside the package."""
    found = _all().get(key_of(lesson), [])
    return found if len(found) == n_steps else [[]] * n_steps


@cache
def _all() -> dict[str, list[list[dict[str, Any]]]]:
    found: dict[str, list[list[dict[str, Any]]]] = json.loads(ASKS.read_text(encoding="utf-8"))
    return found
