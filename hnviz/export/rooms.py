"""A room of the app as scenes: one for each of its parts, and one for each choice in its rows.

The app's own script draws each scene, so a file shows what the app would show. Controls that only
change what the file's networks are asked need no scene: they are free. What is left is fixed, and
a sentence names the command that writes a file with another value.
"""

import shlex
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hnviz.app.kit.room import is_part
from hnviz.app.pictures import VIEWS
from hnviz.export.collect import (
    HERE,
    Group,
    Mount,
    Part,
    Prose,
    changed,
    collect,
    leaves,
    mounts,
)
from hnviz.export.contents import FREE
from hnviz.export.questions import COMPUTED, LIVE, is_live

FIELDS = "kit/fields"
FEW = 9  # choices of a control that has a scene for each
MOST_SCENES = 48
CHOSEN = ("choices", "menu", "switch", "slider")
"""Kinds of controls with a few choices."""


@dataclass(frozen=True)
class Scene:
    """A page at an address, with its parts."""

    page: str
    at: Mapping[str, str]
    parts: Sequence[Part]

    @property
    def mounts(self) -> list[Mount]:
        """The scene's pictures."""
        return mounts(self.parts)

    @property
    def runs(self) -> set[str]:
        """The runs that they are about."""
        return {each.data["run"] for each in self.mounts} - {""}

    @property
    def fields(self) -> dict[str, tuple[Mapping[str, Any], str]]:
        """Each control by its name, with its value."""
        return {
            each["name"]: (each, row.data["settings"]["given"].get(each["name"], each["first"]))
            for row in self.mounts
            if row.called == FIELDS
            for each in row.data["settings"]["fields"]
        }


def room_scenes(page: str, at: Mapping[str, str], most: int = MOST_SCENES) -> list[Scene]:
    """Draw a room at an address, then with each other choice, near ones first. Raises ExportError.

    A choice that brings another run in view is left out: its network would fill the file.
    """
    scenes: list[Scene] = []
    folds, names, runs = set[str](), set[str](), set[str]()
    todo, asked = deque([dict(at)]), {frozenset(at.items())}
    while todo and len(scenes) < most:
        scene = _opened(page, todo.popleft(), folds)
        if all(is_part(name) for name in scene.at.keys() - at.keys()):
            runs |= scene.runs
        names |= scene.fields.keys()
        lost = names & scene.at.keys() - scene.fields.keys()  # a control that is in other scenes
        if lost or not scene.runs <= runs:
            continue
        scenes.append(_at_end(scene, scenes[0], at) if scenes else scene)
        for near in _near(scene):
            if frozenset(near.items()) not in asked:
                asked.add(frozenset(near.items()))
                todo.append(near)
    return scenes


def _opened(page: str, at: Mapping[str, str], folds: set[str]) -> Scene:
    """Draw a scene with what is in its folds; `folds` are the names of those known so far."""
    parts = collect(page, {**dict.fromkeys(folds, "true"), **at})
    found = {each.called for each in _folds(parts)} - folds - {""}
    if found:
        folds |= found
        return _opened(page, at, folds)
    return Scene(page, at, [each for part in parts for each in _closed(part, at)])


def _folds(parts: Sequence[Part]) -> Iterator[Group]:
    for each in parts:
        if isinstance(each, Group):
            if each.kind == "fold":
                yield each
            yield from _folds(each.parts)


def _closed(part: Part, at: Mapping[str, str]) -> Iterator[Part]:
    """Close the folds that an address does not open, and leave out those without content."""
    if not isinstance(part, Group):
        yield part
        return
    inside = [each for inner in part.parts for each in _closed(inner, at)]
    if inside:
        yield replace(part, parts=inside, is_open=at.get(part.called) == "true")


def _at_end(scene: Scene, first: Scene, at: Mapping[str, str]) -> Scene:
    """Ask about the last snapshot alone what costs much: the slow questions of another part.

    Of another choice it is all that the first scene does not ask and the file does not answer.
    """
    all_late = not all(is_part(name) for name in scene.at.keys() - at.keys())
    known = [(mount.data["run"], each) for mount in first.mounts for each in mount.data["asks"]]

    def at_end(mount: Mount) -> Mount:
        asks = [
            {**each, "at": "end"}
            if (all_late or _SLOW[each["question"]])
            and not each["run"]
            and (mount.data["run"], each) not in known
            and not is_live(mount, each, scene.at)
            else each
            for each in mount.data["asks"]
        ]
        return replace(mount, data={**mount.data, "asks": asks})

    return replace(scene, parts=changed(scene.parts, at_end))


_SLOW = {view.name: view.slow for view in VIEWS}


def _near(scene: Scene) -> Iterator[dict[str, str]]:
    """Yield the addresses with another choice of one control; another part has its own controls."""
    for name, (field, given) in scene.fields.items():
        if free(scene, name):
            continue
        for value in _choices(field):
            kept = {
                key: text
                for key, text in scene.at.items()
                if key != name and not (is_part(name) and key in scene.fields)
            }
            if value != given:
                yield kept if value == field["first"] else {**kept, name: value}


def _choices(field: Mapping[str, Any]) -> Sequence[str]:
    """Return what a control lets a reader choose, if that is little."""
    if field["kind"] == "switch":
        return ("false", "true")
    options: Sequence[str] = field.get("options", ())
    return options if field["kind"] in CHOSEN and len(options) <= FEW else ()


def free(scene: Scene, name: str) -> list[str]:
    """Return the parameters that a control sets, if the file's networks answer with any value.

    They have the control's value, and but for words in a box also its name.
    """
    field, given = scene.fields[name]
    sets: set[str] = set()
    for mount in scene.mounts:
        for ask in mount.data["asks"]:
            for param, value in ask["params"].items():
                is_set = field["kind"] == "text" or name.endswith(f"_{param}")
                if is_set and value == given != "":
                    if not _is_free(scene, mount, ask, param):
                        return []
                    sets.add(param)
    told = any(isinstance(each, Prose) and given in each.html for each in leaves(scene.parts))
    has_weights = any(
        is_live(mount, ask, scene.at) for mount in scene.mounts for ask in mount.data["asks"]
    )
    return sorted(sets) if has_weights and not (field["kind"] == "text" and told) else []


def _is_free(scene: Scene, mount: Mount, ask: Mapping[str, Any], param: str) -> bool:
    question = ask["question"]
    if question in LIVE:
        return is_live(mount, ask, scene.at)
    return question in COMPUTED or param in FREE.get(question, ())


def fitted(scenes: Sequence[Scene], scene: Scene) -> list[Part]:
    """Return a scene's parts, with its rows of controls fitted to what the file holds."""
    held: dict[str, set[str]] = {}
    for each in scenes:
        for name, (_, given) in each.fields.items():
            held.setdefault(name, set()).add(given)

    def fit(mount: Mount) -> Mount:
        if mount.called != FIELDS:
            return mount
        settings = mount.data["settings"]
        fields = [_field(scene, each, held) for each in settings["fields"]]
        said = dict(_remarks(scene, fields, settings["fields"]))
        fitted = {**settings, "fields": fields, "remarks": {**settings.get("remarks", {}), **said}}
        return replace(mount, data={**mount.data, "settings": fitted})

    return changed(scene.parts, fit)


def _field(
    scene: Scene, field: Mapping[str, Any], held: Mapping[str, set[str]]
) -> Mapping[str, Any]:
    """Return a control with the choices that a file holds, or switched off."""
    if field["kind"] == "button":
        leads = field.get("leads", {})
        leads_on = leads and all(value in held.get(name, ()) for name, value in leads.items())
        return field if leads_on else {**field, "off": True}
    if sets := free(scene, field["name"]):
        return {**field, "free": sets}
    values = held[field["name"]]
    if len(values) == 1:
        return {**field, "off": True}
    options = field.get("options", [])
    kept = [at for at, each in enumerate(options) if each in values]
    shown = field.get("shown", [])
    return {
        **field,
        **({"options": [options[at] for at in kept]} if options else {}),
        **({"shown": [shown[at] for at in kept]} if shown else {}),
    }


def _remarks(
    scene: Scene, fields: Sequence[Mapping[str, Any]], whole: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Say below a row what its controls need: hnviz itself, or a file with other values."""
    lacking = []
    for each, app in zip(fields, whole, strict=True):
        if each["kind"] == "button":
            if each.get("off") and not app.get("off") and "leads" not in each:
                yield each["name"], HERE.replace("`", "")
        elif each.get("off") or each.get("options") != app.get("options"):
            lacking.append(each)
    if lacking:
        yield lacking[-1]["name"], _command(scene, lacking)


def _command(scene: Scene, fields: Sequence[Mapping[str, Any]]) -> str:
    """Say which command writes a file with other values of some controls."""
    labels = " and ".join(f"“{each['label']}”" for each in fields)
    name = fields[0]["name"]
    at = [f"{key}={value}" for key, value in scene.at.items() if key != name]
    words = ["python", "-m", "hnviz", "export", "page", scene.page, "--at", *at]
    return (
        f"This file has no other values of {labels}. This command writes one that has: "
        f"{shlex.join(words)} {name}=VALUE"
    )
