"""Builds a file from one page of the app, or from the pages of a lesson's steps."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from hnviz import __version__
from hnviz.app.pictures import VIEWS
from hnviz.app.shell.keys import ADDRESS, EVERY
from hnviz.app.shell.server import server
from hnviz.export import ExportError
from hnviz.export.collect import TITLES, Drawn, Group, Heading, Link, Mount, Part, Prose
from hnviz.export.contents import FREE, Contents, declared
from hnviz.export.html import (
    HOME,
    MAIN,
    TOKENS,
    Around,
    Document,
    first_view,
    needed,
    room_for_buttons,
    specifier,
    styles,
    write_document,
)
from hnviz.export.questions import (
    AT_END,
    MAX_SNAPSHOTS,
    Question,
    choose_steps,
    is_live,
    orders,
    questions,
)
from hnviz.export.rooms import MOST_SCENES, Scene, fitted, room_scenes
from hnviz.lessons.moved import moved
from hnviz.web.answers import Answers
from hnviz.web.assets import DATA, PACKAGE, PAGE_DATA
from hnviz.web.corpora import CORPORA, corpus_file

_FOLLOWS = re.compile(r'new Following\(\w+, "(\w+)"')
_COUNTED = "kinds"  # this topic's picture also asks how many whole numbers are right

MAX_FILE_BYTES = 1_500_000  # small enough for an e-mail or a learning platform
SPARE_BYTES = {"lesson": 100_000, "train": 500_000}
"""Kept free of snapshots: for another picture in a lesson, for an early first paint of Train."""
SNAPSHOT = "snapshot"
FIRST_SNAPSHOTS = 2  # of a run, to start with: the first and the last

MAX_FURTHER_BYTES = 400_000  # of the answers to a room's scenes but the first
LEAST = ((2, 0), (1, 0))  # snapshots, and bytes for further scenes, if it is too large otherwise

Find = Callable[[Link], str | None]  # finds a page's address beside a file; None: it is not there


def nowhere(link: Link) -> None:
    """Find no page beside a file."""


def module_of(mount: Mount) -> str:
    """Return the path below the package of the module that draws a picture."""
    return str(mount.data["module"]).split("/", 2)[2]


def _add_needs(contents: Contents, scene: Scene) -> None:
    """Add everything that a page's pictures need to the file. Raises ValueError."""
    for mount in scene.mounts:
        run = mount.data["run"]
        steps = contents.runs[run]["steps"] if run else []
        for asked in questions(mount, steps, scene.at):
            contents.add_answer(asked)
        if any(is_live(mount, ask, scene.at) for ask in mount.data["asks"]):
            contents.add_weights(run, steps)
        for topic in _topics(mount) if run else ():
            contents.add_topic(run, topic)
            for step in steps if topic == _COUNTED else ():
                contents.add_answer(Question(run, step, "whole_numbers"))
        for value in mount.data["settings"].values():
            if isinstance(value, str):
                _add_file(contents, value)


def _add_file(contents: Contents, address: str) -> None:
    """Add the content of an address that a picture fetches."""
    if address.startswith(CORPORA):
        contents.add_file(address, corpus_file(address), "arrayBuffer")
    content = PAGE_DATA.find(address.removeprefix(DATA)) if address.startswith(DATA) else None
    if content is not None:
        contents.add_file(address, content, "json" if address.endswith(".json") else "arrayBuffer")


def _topics(mount: Mount) -> list[str]:
    """Return the topics that a picture follows."""
    source = (PACKAGE / module_of(mount)).read_text(encoding="utf-8")
    named = mount.data["settings"].get("topic")
    return [*_FOLLOWS.findall(source), *([named] if named else [])]


def _as_data(part: Part, find: Find) -> dict[str, Any]:
    """Return a part as data for the browser."""
    if isinstance(part, Heading):
        return {"level": part.level, "text": part.text}
    if isinstance(part, Drawn):
        return {"name": part.called, "html": part.html}
    if isinstance(part, Prose):
        return {"prose": part.html}
    if isinstance(part, Link):
        where = find(part)
        link = Markup('<a href="{}">{}</a>').format(where, Markup(part.html))
        return {"prose": f"<p>{link if where else part.html}</p>"}
    if isinstance(part, Group):
        inside = [_as_data(each, find) for each in part.parts]
        named = {"title": part.title, "name": part.called, "open": part.is_open}
        return {"group": part.kind, "parts": inside, **named}
    data = {key: value for key, value in part.data.items() if key not in ("module", "debug")}
    settings = dict(data["settings"])
    if "orders" in settings:
        settings["orders"] = orders(settings["orders"])
    asks = [{**ask, "at": "end"} if ask["question"] in AT_END else ask for ask in data["asks"]]
    return {
        "picture": {
            "name": part.called,
            "module": specifier(module_of(part)),
            "height": part.height,
            "isolate": part.isolate,
            "modes": part.modes,
            "topics": _topics(part),
            "data": {**data, "asks": asks, "settings": settings, "tokens": TOKENS},
        }
    }


def export_page(
    page: str,
    at: Mapping[str, str],
    find: Find = nowhere,
    most: int = MOST_SCENES,
    around: Around | None = None,
) -> bytes:
    """Return a page of the app as one file; its address may be an older one. Raises ExportError.

    `find` returns the address at which a link's page is beside the file; of the room's scenes it
    holds so many at most.
    """
    page, at = moved(page, at)
    _check(page, at)
    scenes = room_scenes(page, at, most)
    return build_file([scenes], f"{TITLES[page]} - hnviz", {}, find, around)


def build_file(
    rooms: Sequence[Sequence[Scene]],
    title: str,
    more: Mapping[str, Any],
    find: Find = nowhere,
    around: Around | None = None,
) -> bytes:
    """Build a file of at most 1.5 MB, with fewer snapshots if necessary. Raises ExportError.

    `rooms` are its pages, each a list of scenes, of which it shows the first one at first.
    """
    every = [each for room in rooms for each in room]
    runs = sorted(set().union(*(each.runs for each in every)))
    named = (each.at.get(SNAPSHOT, "") for each in every)
    wanted = [int(each) for each in named if each.isascii() and each.isdigit()]
    answered: dict[Question, bytes] = {}
    size = 0
    kind = "lesson" if "lesson" in more else ", ".join({room[0].page for room in rooms})
    first = max(FIRST_SNAPSHOTS, MAX_SNAPSHOTS // max(1, len(runs)))
    for most, further in [*((most, MAX_FURTHER_BYTES) for most in range(first, 1, -1)), *LEAST]:
        contents = Contents(Answers(server(), VIEWS), answered)
        for run in runs:
            steps = server().store.folder(run).snapshots()
            chosen = choose_steps(steps, [step for step in wanted if step in steps], most)
            contents.add_run(run, chosen)
            if kind == "train":
                contents.add_others(run)
        held = []
        for room in rooms:
            contents, scenes = _held(contents, room, further)
            held.append(scenes)
        data = {**more, **_as_rooms(held, find)}
        content = _written(contents, held, title, data, around or Around())
        size = len(content)
        if size <= MAX_FILE_BYTES - SPARE_BYTES.get(kind, 0) * (most > FIRST_SNAPSHOTS):
            return content
    raise ExportError(
        f"a file may have {MAX_FILE_BYTES:,} bytes, but this one has {size:,} with one snapshot of "
        "each run: show fewer pictures or runs"
    )


def _held(contents: Contents, room: Sequence[Scene], most: int) -> tuple[Contents, list[Scene]]:
    """Return a file's contents with what a room needs, and those of its scenes that it holds.

    The answers to all but the first have at most so many bytes together; near scenes come first.
    """
    _add_needs(contents, room[0])
    held, most = [room[0]], most + contents.size
    for scene in room[1:]:
        more = contents.copied()
        try:
            _add_needs(more, scene)
        except ValueError:  # the app says in place of a picture why there is none
            continue
        if more.size <= most:
            contents = more
            held.append(scene)
    return contents, held


def _as_rooms(rooms: Sequence[Sequence[Scene]], find: Find) -> dict[str, Any]:
    """Return the pages of a file and their parts as data for the browser."""
    table: dict[str, int] = {}  # a part, and its place: equal ones are stored once

    def keep(part: Part, leads: Find) -> int:
        return table.setdefault(json.dumps(_as_data(part, leads)), len(table))

    pages = [
        {
            "page": room[0].page,
            "at": dict(room[0].at),
            "views": [
                {
                    "values": {name: given for name, (_, given) in scene.fields.items()},
                    "parts": [keep(part, _finder(room, find)) for part in fitted(room, scene)],
                }
                for scene in room
            ],
        }
        for room in rooms
    ]
    return {"scenes": pages, "parts": [json.loads(each) for each in table]}


def _finder(room: Sequence[Scene], find: Find) -> Find:
    """Return what finds a link's page in a room's own file, or beside it."""
    held = {(name, given) for scene in room for name, (_, given) in scene.fields.items()}

    def found(link: Link) -> str | None:
        is_here = link.page == room[0].page and link.at and held >= set(link.at.items())
        return f"#{urlencode(link.at)}" if is_here else find(link)

    return found


def _written(
    contents: Contents,
    rooms: Sequence[Sequence[Scene]],
    title: str,
    more: Mapping[str, Any],
    around: Around,
) -> bytes:
    scenes = [each for room in rooms for each in room]
    used = needed([MAIN, *{module_of(mount) for each in scenes for mount in each.mounts}])
    for path in styles(used):
        contents.add_source(path, "text")
    contents.add_source(TOKENS, "json")
    first = [
        first_view(
            [more["parts"][at] for at in page["views"][0]["parts"]], _top(room[0], contents.runs)
        )
        for page, room in zip(more["scenes"], rooms, strict=True)
    ]
    data = {
        **more,
        "home": HOME,
        "runs": contents.runs,
        "answers": contents.answers,
        "free": FREE,
        **declared(),
        "files": contents.files,
    }
    return write_document(
        Document(
            title=title,
            note=_note(contents),
            data=data,
            blobs=contents.blobs,
            modules=used,
            language=_language(more),
            in_class=bool(more.get("in_class")),
            around=around,
            first=first,
        )
    )


def _language(more: Mapping[str, Any]) -> str:
    """Return the language of a file: that of its lesson."""
    return str((more.get("lesson", {}).get("language") or {}).get("code", "en"))


def _top(scene: Scene, runs: Mapping[str, Mapping[str, Any]]) -> Markup | None:
    """Write the room for the buttons that yours.js and replay.js put on a page."""
    replays = any("curves" in _topics(each) for each in scene.mounts)
    shown = (runs.get(each.data["run"], {}) for each in scene.mounts)
    run = next((each for each in shown if "job" in each), None)
    models = [run["facts"]["model"], *run["job"].get("others", ())] if run else []
    return room_for_buttons(models, replays=replays)


def _note(contents: Contents) -> str:
    held = [
        f"{run} at training step {', '.join(f'{step:,}' for step in each['steps'])}"
        for run, each in contents.runs.items()
    ]
    runs = f" It holds {'; '.join(held)}." if held else ""
    return f"Made with hnviz {__version__}. This page is one file and needs no network.{runs}"


def _check(page: str, at: Mapping[str, str]) -> None:
    """Raise ExportError for a parameter that the page does not have."""
    page, at = moved(page, at)
    title = TITLES.get(page)
    if title is None:
        raise ExportError(f"no page is named {page!r}; choose one of {', '.join(TITLES)}")
    known = [key.name for key in ADDRESS if key.page in (EVERY, title)]
    for name in at:
        if name not in known:
            raise ExportError(f"{title} has no parameter {name!r}; it has {', '.join(known)}")
