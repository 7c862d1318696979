"""A lesson as one file, and all lessons as a folder for any static host."""

from collections.abc import Iterator
from html import escape

from hnviz.export.build import Shown, fitted, shown
from hnviz.export.collect import Heading
from hnviz.export.errors import ExportError
from hnviz.export.html import plain_page
from hnviz.lessons import PARAMETER, Lesson, as_data, lessons, query

AROUND = ("kit/headline", "run/bar", "train/lead")
"""Pictures that are around what a step is about."""

INDEX = "index.html"
TITLE = "Lessons: how a network learns to count"


def export_lesson(name: str, *, beside: bool = False, in_class: bool = False) -> bytes:
    """Return a lesson as one file; `beside` says that the other lessons' files are beside it.

    `in_class` is for a file that the server of a class serves: it may speak to that server.
    Raises ExportError.
    """
    lesson = lessons().get(name)
    if lesson is None:
        raise ExportError(f"no lesson is named {name!r}; choose one of {', '.join(lessons())}")
    scenes = [_scene(lesson, number) for number in range(1, len(lesson.steps) + 1)]
    data = as_data(lesson, _following(name))
    for step, scene in zip(data["steps"], scenes, strict=True):
        step["point"] = _pointed(step["point"], scene)
    return fitted(
        scenes,
        f"{lesson.title} - hnviz",
        {"lesson": {**data, "beside": beside}, "in_class": in_class},
    )


def _scene(lesson: Lesson, number: int) -> Shown:
    at = {key: value for key, value in query(lesson, number).items() if key != PARAMETER}
    return shown(lesson.steps[number - 1].page, at)


def _following(name: str) -> Lesson | None:
    names = list(lessons())
    rest = names[names.index(name) + 1 :]
    return lessons()[rest[0]] if rest else None


def _pointed(point: str, scene: Shown) -> str:
    """Return what a step points at in a file, which has the pictures but not all controls."""
    named = [part.called for part in scene.parts if not isinstance(part, Heading)]
    if point in named:
        return point
    return next((each for each in named if each not in AROUND), "")


def export_index(*, in_class: bool = False) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a folder with all lessons: names and contents, the index last.

    Raises ExportError.
    """
    for name in lessons():
        yield f"{name}.html", export_lesson(name, beside=True, in_class=in_class)
    yield INDEX, plain_page(TITLE, "\n".join(map(_offer, lessons().values())))


def _offer(lesson: Lesson) -> str:
    return (
        f'<h2><a href="{escape(lesson.id)}.html">{escape(lesson.title)}</a></h2>\n'
        f"<p>{escape(lesson.about)} {len(lesson.steps)} steps.</p>"
    )
