"""Pictures: browser components that fetch their own data from the web API.

A picture is one folder: ``picture.py`` says what it asks of a snapshot and what its sentence is,
``main.js`` draws it, ``style.css`` is its look. In ``picture.py``, at import time:

    UNITS_VIEW = View("units", {"layer": Param("int", 1)}, answer)  # served by the web door
    READY = Example("Model5", asks=[ask(UNITS_VIEW)])
    UNITS = Picture(__file__, Place("states_units", "780px"), views=(UNITS_VIEW,), ...)

The examples are what the gallery shows (``python -m hnviz gallery``). On a page:

    UNITS(run="Model5", asks=[ask(UNITS_VIEW, layer=1)], settings={...})

That call sends the browser some 300 bytes. Arrays, sentences and every later snapshot come from
``GET /api/runs/{run}/{step}/units?layer=1``, computed once for all viewers.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hnviz.app.kit.component import BrowserComponent
from hnviz.app.kit.state import Entries
from hnviz.data.tokens import upright
from hnviz.questions.view import View

ROOT = Path(__file__).parents[1]

DEBUG_VARIABLE = "HNVIZ_DEBUG"
"""Set it, and the browser checks each answer against the shapes that its picture declares."""


AT = ("step", "rest", "paced", "first", "end")
"""The snapshot of a question: the one that the slider shows; the one at which it was let go, for
slow questions; that one only while the run trains; the run's first one; the last one that it had
when it was first shown."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a picture."""

    view: View
    params: Mapping[str, Any]
    at: int | str = "step"  # one of AT, or with `run` a step or "last"
    run: str = ""  # a run other than the one in view; `at` is then one of its steps, or "last"
    name: str = ""  # the answer's name in `draw`: the view's unless given
    late: bool = False  # the picture is drawn without it, and again when it has come

    def sent(self) -> dict[str, Any]:
        """The question as the browser takes it. Raises ValueError for an unknown parameter."""
        unknown = sorted(set(self.params) - set(self.view.params))
        if unknown:
            raise ValueError(
                f"the view {self.view.name} has no parameter {', '.join(unknown)}; "
                f"it has {', '.join(self.view.params)}"
            )
        return {
            "name": self.name or self.view.name,
            "question": self.view.name,
            "at": str(self.at),
            "run": self.run,
            "late": self.late,
            "themed": "mode" in self.view.params and "mode" not in self.params,
            "params": {name: _written(value) for name, value in self.params.items()},
        }


def ask(view: View, *, at: int | str = "step", late: bool = False, **params: Any) -> Ask:
    """Ask a view; parameters go by name, and None leaves one out."""
    given = {key: value for key, value in params.items() if value is not None}
    return Ask(view, given, at, late=late)


@dataclass(frozen=True, slots=True)
class Example:
    """A picture on fixed data, for the gallery: what a page would hand to it.

    `run` is a pre-trained run, whose snapshots never change; "" where the picture has none.
    `settings` may be a function that makes them, where that reads a file.
    """

    run: str = ""
    asks: Sequence[Ask] = ()
    settings: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = field(default_factory=dict)
    follows: bool = False  # it follows a topic that is about no run

    @property
    def waits(self) -> bool:
        """Tell whether it asks the server for anything."""
        return bool(self.run or self.asks or self.follows)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture is on its page: its key, and the height (CSS) kept for it until it is drawn.

    A key that begins with "*" means all keys that hold the rest: each call gives its own.
    """

    key: str
    height: str = "0"
    phone: str = ""  # the height on a narrow screen, if another


@dataclass(eq=False)
class Picture:
    """A picture, made once in its folder's ``picture.py`` and called on a page to mount it.

    `views` are its questions, which the web door serves. `reports` are the names that its
    JavaScript may report to Python; each report reruns the page. Plotly needs `isolate` False: its
    style sheet goes into the document's head.
    `state` is what the address keeps of it, by the names that its JavaScript uses; a function of
    the settings where these limit it.
    `examples` has a "ready" one, a "long" one with a long text or many tokens, and any other.
    """

    file: str
    place: Place
    views: Sequence[View] = ()
    draws: str = ""  # the folder whose main.js draws it, below hnviz/app; its own unless given
    reports: tuple[str, ...] = ()
    isolate: bool = True
    silent: bool = False  # the picture writes its sentence itself, or has none
    holds: tuple[str, ...] = ()  # controls inside it that a lesson may point at
    state: Entries | Callable[[Mapping[str, Any]], Entries] = field(default_factory=dict)
    examples: Mapping[str, Example] = field(default_factory=dict)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = str(Path(self.file).parent.relative_to(ROOT).as_posix())
        self._component = BrowserComponent(
            self.draws or self.name,
            states=self.reports,
            min_height=self.place.height,
            isolate=self.isolate,
            name=self.name.replace("/", "_"),
        )

    @property
    def called(self) -> str:
        """Its name for lessons and on the page: "hidden_states/units"."""
        return self.name.removeprefix("rooms/")

    def __call__(
        self,
        *,
        key: str = "",
        run: str = "",
        asks: Sequence[Ask] = (),
        settings: Mapping[str, Any] | None = None,
        holds: tuple[str, ...] = (),
    ) -> Any:
        """Mount it, or where it is on the page already change what it shows.

        `settings` reach ``draw`` as they are; keep them small. `holds` names the controls inside
        it, besides its own. Returns what was reported.
        """
        data = self._data(run, asks, settings or {})
        held = {"holds": " ".join(holds)} if holds else {}
        return self._component(key or self.place.key, {**data, **held})

    def sent(self, key: str, example: Example) -> dict[str, Any]:
        """Return what the browser gets for an example: the same as from a page."""
        settings = example.settings() if callable(example.settings) else example.settings
        return self._component.sent(key, self._data(example.run, example.asks, settings))

    def given(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the settings with those that are the same on every page."""
        return settings

    def _state(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        entries = self.state(settings) if callable(self.state) else self.state
        return {name: entry.sent() for name, entry in entries.items()}

    def _data(self, run: str, asks: Sequence[Ask], settings: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "picture": self.called,
            "run": run,
            "asks": [each.sent() for each in asks],
            "settings": {name: _plain(value) for name, value in self.given(settings).items()},
            "silent": self.silent,
            **({"holds": " ".join(self.holds)} if self.holds else {}),
            **({"state": self._state(settings)} if self.state else {}),
            "debug": bool(os.environ.get(DEBUG_VARIABLE)),
        }


def _plain(value: Any) -> Any:
    """Return a setting; a text may have come from outside."""
    return upright(value) if isinstance(value, str) else value


def _written(value: Any) -> str:
    """Write a parameter as the address has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)
