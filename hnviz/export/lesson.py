"""Exports a lesson as one file, or all lessons as a folder for any static host."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from markupsafe import Markup

from hnviz.export import ExportError
from hnviz.export.build import build_file
from hnviz.export.collect import Drawn, Heading, Mount, Part, collect, leaves
from hnviz.export.html import Around, plain_page
from hnviz.export.rooms import FIELDS, Scene, free
from hnviz.lessons import (
    PARAMETER,
    Lesson,
    Problem,
    as_data,
    following,
    lessons,
    lessons_and_translations,
    query,
    translations,
    translations_of,
)
from hnviz.lessons.language import language_of

BAR = "run/bar"
AROUND = ("kit/headline", BAR, FIELDS)
"""Pictures that surround a step's subject."""

FIGURES = ('<div class="hn-', '<table class="hn-', '<div class="hnviz-legend')
"""How the drawings begin that are pictures."""

INDEX = "index.html"
TITLE = "Lessons: how a network learns to count"


def export_lesson(name: str, *, in_class: bool = False) -> bytes:
    """Return a lesson that comes with the app as one file. Raises ExportError."""
    return lesson_file(lesson_named(name), in_class=in_class)


def lesson_named(name: str) -> Lesson:
    """Return a lesson that comes with the app. Raises ExportError."""
    known = lessons_and_translations()
    if isinstance(problem := translations().get(name), Problem):
        raise ExportError(f"this translation cannot be used: {problem}")
    if name not in known:
        raise ExportError(f"no lesson is named {name!r}; choose one of {', '.join(known)}")
    return known[name]


def lesson_file(
    lesson: Lesson,
    *,
    beside: bool = False,
    in_class: bool = False,
    scorm: bool = False,
    around: Around | None = None,
) -> bytes:
    """Return a lesson as one file; with `beside`, the other lessons' files are in its folder.

    With `in_class`, the server of a class serves the file, which may call that server; with
    `scorm`, it gives a learning platform the answers. Raises ExportError.
    """
    scenes = [_scene(lesson, number) for number in range(1, len(lesson.steps) + 1)]
    data = as_data(lesson, following(lesson))
    sections = []
    for step, scene in zip(data["steps"], scenes, strict=True):
        step["point"] = _pointed(step["point"], scene)
        because = step["guess"]["because"] if step["guess"] else ()
        for each in because:
            each["point"] = each["point"] and _pointed(each["point"], scene)
        points = {step["point"], *(each["point"] for each in because)} - {""}
        sections.append(replace(scene, parts=_sections(scene.parts, points)))
    return build_file(
        [[each] for each in sections],
        f"{lesson.title} - hnviz",
        {"lesson": {**data, "beside": beside, "scorm": scorm}, "in_class": in_class},
        around=around,
    )


def _scene(lesson: Lesson, number: int) -> Scene:
    """Return a step's pictures and headings; the panel has the words."""
    at = {key: value for key, value in query(lesson, number).items() if key != PARAMETER}
    page = lesson.steps[number - 1].page
    scene = Scene(page, at, [*leaves(collect(page, at))])
    parts = [each for part in scene.parts if (each := _shown(scene, part)) is not None]
    pairs = zip(parts, [*parts[1:], Heading(1, "")], strict=True)
    return replace(scene, parts=[each for each, after in pairs if not _is_empty(each, after)])


def _shown(scene: Scene, part: Part) -> Part | None:
    """Return a part if it is a heading or a picture; of a row, the controls that need no server."""
    if isinstance(part, Drawn):
        return part if next(iter(part.html.values())).startswith(FIGURES) else None
    if not isinstance(part, Mount) or part.called != FIELDS:
        return part if isinstance(part, Heading | Mount) else None
    settings = part.data["settings"]
    fields = [
        {**each, "free": sets} for each in settings["fields"] if (sets := free(scene, each["name"]))
    ]
    data = {**part.data, "settings": {**settings, "fields": fields}}
    return replace(part, data=data) if fields else None


def _is_empty(part: Part, after: Part) -> bool:
    if not isinstance(part, Heading) or part.level == 1:
        return False
    return isinstance(after, Heading) and after.level <= part.level


def _pointed(point: str, scene: Scene) -> str:
    """Return what a step points at in a file, which has pictures but not all controls."""
    named = [_called(part) for part in scene.parts if not isinstance(part, Heading)]
    if point in named:
        return point
    return next((each for each in named if each not in AROUND), "")


def _sections(parts: Sequence[Part], points: Collection[str]) -> list[Part]:
    """Return the sections of a page that a step points into, below the page's title and its run.

    The other sections would take more bytes than those that the lesson shows.
    """
    starts = [at for at, part in enumerate(parts) if isinstance(part, Heading)]
    top, *more = [list(parts[start:end]) for start, end in pairwise([*starts, len(parts)])]
    pointed = [each for each in more if any(_called(part) in points for part in each)]
    if not pointed:
        return top
    head = [part for part in top if _called(part) in ("", BAR, *points)]
    return head + [part for section in pointed for part in section]


def _called(part: Part) -> str:
    return part.called if isinstance(part, Drawn | Mount) else ""


def export_index(
    *, in_class: bool = False, around: Around | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file of a folder with all lessons, the index last.

    Their translations are beside them, but not in a class.

    Raises ExportError.
    """
    for lesson in (lessons() if in_class else lessons_and_translations()).values():
        yield (
            f"{lesson.id}.html",
            lesson_file(lesson, beside=True, in_class=in_class, around=around),
        )
    yield (
        INDEX,
        plain_page(
            TITLE,
            Markup("\n").join(map(_offer, lessons().values())),
            nav=around.nav if around else None,
        ),
    )


def _offer(lesson: Lesson) -> Markup:
    link = Markup('<h2><a href="{}.html">{}</a></h2>\n').format(lesson.id, lesson.title)
    about = Markup("<p>{} {} steps.</p>").format(_coded(lesson.about), len(lesson.steps))
    return link + about + Markup("").join(map(_other, translations_of(lesson)))


def _other(lesson: Lesson) -> Markup:
    """Return the link to a translation, in its language."""
    spoken = language_of(lesson.id)
    link = '\n<p lang="{0}"><a href="{1}.html" hreflang="{0}">{2}: {3}</a></p>'
    if spoken is None:
        return Markup()
    return Markup(link).format(spoken.code, lesson.id, spoken.name, lesson.title)


def _coded(text: str) -> Markup:
    """Return a text with its `code` in code elements."""
    code = Markup("<code>{}</code>")
    parts = enumerate(text.split("`"))
    return Markup().join(code.format(part) if at % 2 else part for at, part in parts)
