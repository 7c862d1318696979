"""Builds a file from one page of the app, or from the pages of a lesson's steps."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hnviz import __version__
from hnviz.app.pictures import VIEWS
from hnviz.app.shell.keys import ADDRESS, EVERY
from hnviz.app.shell.server import server
from hnviz.app.shell.variables import variables
from hnviz.export import ExportError
from hnviz.export.collect import TITLES, Drawn, Heading, Mount, Part, collect
from hnviz.export.contents import FREE, Contents, declared
from hnviz.export.html import (
    HOME,
    MAIN,
    TOKENS,
    Document,
    needed,
    specifier,
    styles,
    write_document,
)
from hnviz.export.questions import (
    AT_END,
    LIVE,
    MAX_SNAPSHOTS,
    Question,
    choose_steps,
    is_live,
    orders,
    questions,
)
from hnviz.figures.theme import MODES
from hnviz.lessons.moved import moved
from hnviz.web.answers import Answers
from hnviz.web.assets import DATA, PACKAGE, PAGE_DATA
from hnviz.web.corpora import CORPORA, corpus_file

_FOLLOWS = re.compile(r'new Following\(\w+, "(\w+)"')
_COUNTED = "kinds"  # this topic's picture also asks how many whole numbers are right

MAX_FILE_BYTES = 1_600_000  # small enough for an e-mail or a learning platform
SNAPSHOT = "snapshot"
FIRST_SNAPSHOTS = 2  # of a run, to start with: the first and the last


def module_of(mount: Mount) -> str:
    """Return the path below the package of the module that draws a picture."""
    return str(mount.data["module"]).split("/", 2)[2]


@dataclass(frozen=True)
class Scene:
    """A page at an address, with its parts."""

    page: str
    at: Mapping[str, str]
    parts: Sequence[Part]

    @property
    def mounts(self) -> list[Mount]:
        """The scene's pictures."""
        return [part for part in self.parts if isinstance(part, Mount)]


def scene_of(page: str, at: Mapping[str, str]) -> Scene:
    """Run a page's script, and leave out headings without content. Raises ExportError."""
    parts = collect(page, at)
    follows = [*parts[1:], Heading(1, "")]
    pairs = zip(parts, follows, strict=True)
    return Scene(page, at, [each for each, after in pairs if not _is_empty(each, after)])


def _is_empty(part: Part, after: Part) -> bool:
    if not isinstance(part, Heading) or part.level == 1:
        return False
    return isinstance(after, Heading) and after.level <= part.level


def _add_needs(contents: Contents, scene: Scene) -> None:
    """Add everything that a page's pictures need to the file. Raises ValueError."""
    for mount in scene.mounts:
        run = mount.data["run"]
        steps = contents.runs[run]["steps"] if run else []
        for asked in questions(mount, steps, scene.at):
            contents.add_answer(asked)
        if any(is_live(mount, ask, scene.at) for ask in mount.data["asks"]):
            for step in steps:
                contents.add_weights(run, step)
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


def _as_data(part: Part) -> dict[str, Any]:
    """Return a part as data for the browser."""
    if isinstance(part, Heading):
        return {"level": part.level, "text": part.text}
    if isinstance(part, Drawn):
        return {"name": part.called, "html": part.html}
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
            "data": {**data, "asks": asks, "settings": settings, "tokens": TOKENS},
        }
    }


def export_page(page: str, at: Mapping[str, str]) -> bytes:
    """Return a page of the app as one file; its address may be an older one. Raises ExportError."""
    page, at = moved(page, at)
    _check(page, at)
    return build_file([scene_of(page, at)], f"{TITLES[page]} - hnviz", {})


def build_file(scenes: Sequence[Scene], title: str, more: Mapping[str, Any]) -> bytes:
    """Build a file of at most 1.6 MB, with fewer snapshots if necessary. Raises ExportError."""
    runs = sorted({mount.data["run"] for each in scenes for mount in each.mounts} - {""})
    named = (each.at.get(SNAPSHOT, "") for each in scenes)
    wanted = [int(each) for each in named if each.isascii() and each.isdigit()]
    answered: dict[Question, bytes] = {}
    size = 0
    for most in range(max(FIRST_SNAPSHOTS, MAX_SNAPSHOTS // max(1, len(runs))), 0, -1):
        contents = Contents(Answers(server(), VIEWS), answered)
        for run in runs:
            steps = server().store.folder(run).snapshots()
            chosen = choose_steps(steps, [step for step in wanted if step in steps], most)
            contents.add_run(run, chosen)
        content = _written(contents, scenes, title, more)
        size = len(content)
        if size <= MAX_FILE_BYTES:
            return content
    raise ExportError(
        f"a file may have {MAX_FILE_BYTES:,} bytes, but this one has {size:,} with one snapshot of "
        "each run: show fewer pictures or runs"
    )


def _written(
    contents: Contents, scenes: Sequence[Scene], title: str, more: Mapping[str, Any]
) -> bytes:
    for each in scenes:
        _add_needs(contents, each)
    used = needed([MAIN, *{module_of(mount) for each in scenes for mount in each.mounts}])
    for path in styles(used):
        contents.add_source(path, "text")
    contents.add_source(TOKENS, "json")
    data = {
        **more,
        "home": HOME,
        "scenes": [
            {
                "page": each.page,
                "at": dict(each.at),
                "parts": [_as_data(part) for part in each.parts],
            }
            for each in scenes
        ],
        "runs": contents.runs,
        "answers": contents.answers,
        "free": FREE,
        "live": LIVE,
        **declared(),
        "files": contents.files,
        "variables": {mode: variables(mode) for mode in MODES},
    }
    return write_document(
        Document(
            title=title,
            note=_note(contents),
            data=data,
            blobs=contents.blobs,
            modules=used,
            in_class=bool(more.get("in_class")),
        )
    )


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
