"""Builds a file from pages of the app: one page, or the steps of a lesson."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hnviz import __version__
from hnviz.app.pictures import VIEWS
from hnviz.app.shell.keys import ADDRESS, EVERY
from hnviz.app.shell.variables import variables
from hnviz.export import modules, scene
from hnviz.export.asking import MOST, Question
from hnviz.export.collect import TITLES, Heading, Mount, Part, collect
from hnviz.export.errors import ExportError
from hnviz.export.holding import FREE, Holding
from hnviz.export.html import MAIN, Document, written
from hnviz.figures.theme import MODES
from hnviz.web.asked import Names

LARGEST = 1_600_000  # bytes of a file: an e-mail or a learning platform takes it
SNAPSHOT = "snapshot"
FEWEST = 2  # snapshots of a run that are tried at first: the first and the last


@dataclass(frozen=True)
class Shown:
    """A page at an address, and its parts."""

    page: str
    at: Mapping[str, str]
    parts: Sequence[Part]


def export_page(page: str, at: Mapping[str, str]) -> bytes:
    """Return a page of the app as one file. Raises ExportError."""
    _check(page, at)
    return fitted([shown(page, at)], f"{TITLES[page]} - hnviz", {})


def shown(page: str, at: Mapping[str, str]) -> Shown:
    """Run a page's script, and leave out headings that nothing follows. Raises ExportError."""
    parts = collect(page, at)
    follows = [*parts[1:], Heading(1, "")]
    pairs = zip(parts, follows, strict=True)
    return Shown(page, at, [each for each, after in pairs if not _is_empty(each, after)])


def _is_empty(part: Part, after: Part) -> bool:
    if not isinstance(part, Heading) or part.level == 1:
        return False
    return isinstance(after, Heading) and after.level <= part.level


def fitted(scenes: Sequence[Shown], title: str, more: Mapping[str, Any]) -> bytes:
    """Write a file of at most 1.6 MB, with fewer snapshots if it must be. Raises ExportError."""
    runs = sorted(set().union(*(scene.runs_of(list(each.parts)) for each in scenes)))
    answered: dict[Question, bytes] = {}
    size = 0
    for most in range(max(FEWEST, MOST // max(1, len(runs))), 0, -1):
        holding = Holding(Names(VIEWS), answered)
        for run in runs:
            holding.add_run(run, scene.steps_of(run, _wanted(scenes), most))
        content = _written(holding, scenes, title, more)
        size = len(content)
        if size <= LARGEST:
            return content
    raise ExportError(
        f"a file may have {LARGEST:,} bytes, but this one has {size:,} with one snapshot of each "
        "run: show fewer pictures or runs"
    )


def _written(
    holding: Holding, scenes: Sequence[Shown], title: str, more: Mapping[str, Any]
) -> bytes:
    for each in scenes:
        scene.hold(holding, list(each.parts), each.at)
    used = modules.needed([MAIN, *_modules(scenes)])
    for path in modules.styles(used):
        holding.add_source(path, "text")
    holding.add_source(modules.TOKENS, "json")
    data = {
        **more,
        "home": modules.HOME,
        "scenes": [
            {
                "page": each.page,
                "at": dict(each.at),
                "parts": [scene.described(part) for part in each.parts],
            }
            for each in scenes
        ],
        "runs": holding.runs,
        "answers": holding.answers,
        "free": FREE,
        "files": holding.files,
        "variables": {mode: variables(mode) for mode in MODES},
    }
    return written(
        Document(
            title=title,
            note=_note(holding),
            data=data,
            blobs=holding.blobs,
            modules=used,
            in_class=bool(more.get("in_class")),
        )
    )


def _wanted(scenes: Sequence[Shown]) -> list[int]:
    """Return the snapshots that addresses name."""
    named = (each.at.get(SNAPSHOT, "") for each in scenes)
    return [int(each) for each in named if each.isascii() and each.isdigit()]


def _modules(scenes: Sequence[Shown]) -> set[str]:
    mounts = (part for each in scenes for part in each.parts if isinstance(part, Mount))
    return {scene.module_of(mount) for mount in mounts}


def _note(holding: Holding) -> str:
    held = [
        f"{run} at training step {', '.join(f'{step:,}' for step in each['steps'])}"
        for run, each in holding.runs.items()
    ]
    runs = f" It holds {'; '.join(held)}." if held else ""
    return f"Made with hnviz {__version__}. This page is one file and needs no network.{runs}"


def _check(page: str, at: Mapping[str, str]) -> None:
    """Raise ExportError for a parameter that the page does not have."""
    title = TITLES.get(page)
    if title is None:
        raise ExportError(f"no page is named {page!r}; choose one of {', '.join(TITLES)}")
    known = [key.name for key in ADDRESS if key.page in (EVERY, title)]
    for name in at:
        if name not in known:
            raise ExportError(f"{title} has no parameter {name!r}; it has {', '.join(known)}")
