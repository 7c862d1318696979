"""A row of controls in a room: the browser draws it, and the address remembers it.

    with controls("batches_controls"):
        split = choice("Text", SPLITS, "batches_split")
        bs = whole("bs, rows", "batches_bs", 4)
        wrong("batches_bs", "bs must be 512 or less")

A row that is rarely used has a `fold`: the name of what a reader opens to see it.

Each call returns the value of its control, so a later control may depend on it; the row is drawn at
the end. The browser draws a change at once, writes it into the address, and reports it; the script
then runs again. If a reader changes a control before the script has answered the last change, that
answer does not undo the newer one. The text of an area may be long: it is never sent back. Where an
area takes files, the server stores a long one, and the area's text is its name there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from hnviz.app.kit.fields.field import Field
from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell import session as state
from hnviz.data.tokens import upright
from hnviz.figures.sentences import as_sentence

REPORT = "given"
PRESSED = "pressed"
SENT = "sent"
"""What a row reports whose button trains: the run that a student's own device has sent."""

LONGEST = 1_000_000  # characters; the rest of a longer text is not read
Option = TypeVar("Option", str, int)
Press = Callable[[], object]


def _sample() -> Mapping[str, Any]:
    row = Row("gallery_row")
    row.add(
        Field(name="of", label="Text", kind="choices", first="b", options=tuple("abcd"), beside=2)
    )
    row.add(Field(name="bs", label="bs, rows", kind="whole", first=4, help="Rows side by side."))
    row.add(Field(name="words", label="Phrase", kind="text", first="4367 to 4372", width="stretch"))
    row.add(Field(name="all", label="All", kind="area", file=5_000_000, width="stretch"))
    row.add(Field(name="at_random", label="Cut at random", kind="switch", first=False))
    row.say("bs", "bs must be a whole number from 1 to 512; got 0")
    return row.settings()


FIELDS = Picture(
    __file__,
    Place("*_fields", "68px"),
    reports=(REPORT, PRESSED, SENT),
    silent=True,
    examples={"ready": Example(settings=_sample)},
)


class Row:
    """The controls of one row, and their values."""

    def __init__(self, key: str) -> None:
        """Begin a row without controls; `key` is the component's."""
        self.key = key
        self.fields: list[Field] = []
        self.wrong: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.remarks: dict[str, str] = {}
        self.again: list[str] = []  # areas whose stored text is gone
        self.fold = ""  # what a reader opens to see the controls; "" shows them
        self.device: Mapping[str, Any] | None = None  # what a student's own device is to train

    def add(self, field: Field) -> Any:
        """Add a control; return its value."""
        self.fields.append(field)
        text = text_in(self.key, field.name)
        value = None if text is None else field.read(text)
        if text and value is None:
            asked = field.name not in _held(self.key).texts
            self.wrong[field.name] = _told(field.vain(text, asked=asked))
        self.values[field.name] = field.first if value is None else value
        return self.values[field.name]

    def say(self, name: str, sentence: str) -> None:
        """Say what is wrong with the value of a control."""
        self.wrong[name] = _told(sentence)

    def settings(self) -> dict[str, Any]:
        """Return what the browser gets."""
        held = _held(self.key)
        put = {"id": held.put, "texts": dict(held.texts)} if held.put else None
        long = {each.name for each in self.fields if each.kind == "area"} & held.texts.keys()
        new = [each for each in self.fields if each.name not in long]
        known = {each.name: text_in(self.key, each.name) for each in self.fields}
        return {
            "fields": [each.sent() for each in self.fields],
            "known": {
                name: len(text) if text and name in long else text for name, text in known.items()
            },
            "given": {each.name: each.written(self.values[each.name]) for each in new},
            "heard": held.heard,
            "wrong": dict(self.wrong),
            **({"put": put} if put else {}),
            **({"remarks": self.remarks} if self.remarks else {}),
            **({"again": self.again} if self.again else {}),
            **({"fold": self.fold} if self.fold else {}),
            **({"device": self.device} if self.device else {}),
        }

    def draw(self) -> None:
        """Mount the row."""
        if self.fields:
            holds = tuple(each.name for each in self.fields)
            FIELDS(key=self.key, settings=self.settings(), holds=holds)


def _told(sentence: str) -> str:
    """Return a sentence as it is below a row; it may quote a text from outside."""
    return upright(as_sentence(sentence))


class _Held(NamedTuple):
    """What the session knows of a row, besides the address."""

    texts: Mapping[str, str | None]
    heard: int  # the serial number of the last report, 0 for none
    put: int  # the number of what the script has set since then, 0 for nothing


def _held(key: str) -> _Held:
    report = (state.get(key) or {}).get(REPORT) or {}
    texts, heard = dict(report.get("value", {})), int(report.get("serial", 0))
    after, put, put_texts = state.get(_put_key(key), _NOTHING)
    if not put_texts:
        return _Held(texts, heard, 0)
    if heard > after:  # the browser has taken it over, and this report holds it
        state.put(_put_key(key), (0, put, {}))
        return _Held(texts, heard, 0)
    return _Held({**texts, **put_texts}, heard, put)


def serial(key: str) -> int:
    """Return the number of the last report of a row; a later one has a larger number."""
    return _held(key).heard


def text_in(key: str, name: str) -> str | None:
    """Return the text of a control in a row, even before it is drawn; None for none.

    It is what the browser reported or the script set last, unless a link, a lesson or the
    browser's Back has changed the address since then.
    """
    held, asked = _held(key), st.query_params.get(name)
    serial, before = state.get(f"_{key}_asked", (0, {}))
    if serial != held.heard:
        before = {}
        state.put(f"_{key}_asked", (held.heard, before))
    is_new = before.setdefault(name, asked) != asked
    text = held.texts[name] if name in held.texts and (held.put or not is_new) else asked
    return None if text is None else str(text)[:LONGEST]


def put_in(key: str, values: Mapping[str, Any]) -> None:
    """Set controls of a row; call it before they are drawn, or in a press."""
    held = _held(key)
    _, put, put_texts = state.get(_put_key(key), _NOTHING)
    texts = {name: Field.written(value) for name, value in values.items()}
    state.put(_put_key(key), (held.heard, put + 1, {**put_texts, **texts}))


def _put_key(key: str) -> str:
    return f"_{key}_put"


_NOTHING: tuple[int, int, dict[str, str]] = (0, 0, {})
_row: ContextVar[Row | None] = ContextVar("row", default=None)


@contextmanager
def controls(key: str) -> Iterator[Row]:
    """Draw the controls that are added inside as one row; `key` is the row's."""
    place, row = st.container(), Row(key)
    token = _row.set(row)
    try:
        yield row
    finally:
        _row.reset(token)
    with place:
        row.draw()


def _add(field: Field) -> Any:
    row = _row.get()
    if row is not None:
        return row.add(field)
    with controls(f"{field.name}_fields") as alone:
        return alone.add(field)


def choice(
    label: str, options: Sequence[Option], key: str, default: Option | None = None, **look: Any
) -> Option:
    """Add choices side by side; return the chosen one: at first `default`, or the first."""
    first = options[0] if default is None else default
    chosen: Option = _add(
        Field(name=key, label=label, kind="choices", first=first, options=options, **look)
    )
    return chosen


def menu(
    label: str, options: Sequence[str], key: str, default: str | None = None, **look: Any
) -> str:
    """Add a list to choose from."""
    first = options[0] if default is None else default
    return str(
        _add(Field(name=key, label=label, kind="menu", first=first, options=options, **look))
    )


def switch(label: str, key: str, *, explained: str = "") -> bool:
    """Add an on-off switch."""
    return bool(_add(Field(name=key, label=label, kind="switch", first=False, help=explained)))


def whole(label: str, key: str, default: int | None, **look: Any) -> Any:
    """Add a box for a whole number; return it, or `default` where the box has none."""
    look = {"width": 132, **look}
    return _add(Field(name=key, label=label, kind="whole", first=default, **look))


def text(label: str, key: str, default: str, **look: Any) -> str:
    """Add a box for words."""
    look = {"width": "stretch", **look}
    return str(_add(Field(name=key, label=label, kind="text", first=default, **look)))


def area(label: str, key: str, default: str, **look: Any) -> str:
    """Add a box for a text; a reader leaves it, or presses Ctrl+Enter, to hand it in.

    With `file`, it takes a text file, too. A text of more than `linked` characters is then stored
    (hnviz.data.corpora.texts), and this returns "~" and its hash.
    """
    look = {"width": "stretch", **look}
    return str(_add(Field(name=key, label=label, kind="area", first=default, **look)))


def slider(label: str, key: str, default: Any, **look: Any) -> Any:
    """Add a slider, over `options` or from one of `ends` to the other."""
    look = {"width": 220, **look}
    return _add(Field(name=key, label=label, kind="slider", first=default, **look))


def in_order(
    label: str, options: Sequence[str], places: Sequence[str], key: str, default: str
) -> str:
    """Add lines to put in order; return their numbers from top to bottom, such as "2 1 3".

    `places` has "{}" for each line, with its indent, and the lines that stay. The address may hold
    any text: the caller says what is wrong with it.
    """
    field = Field(
        name=key,
        label=label,
        kind="lines",
        first=default,
        options=options,
        places=places,
        width="stretch",
        bare=True,
        longest=100,
    )
    return str(_add(field))


def button(label: str, key: str, press: Press, **look: Any) -> None:
    """Add a button. A press calls `press`, and draws the page again from the top.

    Where it only sets controls, `leads` names their values, and a file can follow it, too.
    """
    row = _row.get()
    if row is None:
        with controls(f"{key}_fields"):
            button(label, key, press, **look)
        return
    row.add(Field(name=key, label=label, kind="button", **look))
    pressed = (state.get(row.key) or {}).get(PRESSED)
    if pressed and pressed["value"] == key and state.reported(row.key, PRESSED):
        press()
        st.rerun()


def remark(key: str, sentence: str) -> None:
    """Say below the row what is worth knowing about the value of a control."""
    if sentence and (row := _row.get()) is not None:
        row.remarks[key] = _told(sentence)


def ask_again(key: str) -> None:
    """Have the browser store the text of an area again, if it has it: the server has it no more."""
    if (row := _row.get()) is not None:
        row.again.append(key)


def wrong(key: str, sentence: str | None) -> None:
    """Say below the row what is wrong with the value of one of its controls."""
    row = _row.get()
    if sentence and row is not None:
        row.say(key, sentence)
