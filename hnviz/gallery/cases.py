"""What the gallery shows: each picture's examples, and the states made from its "ready" one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hnviz.app.kit.picture import Example, Picture
from hnviz.app.pictures import PICTURES, VIEWS
from hnviz.questions.view import View

READY = "ready"
MODES = ("light", "dark")
WIDTHS = (390, 1280)  # px: a phone's, and a page's


def examples(picture: Picture, empty: Mapping[str, str]) -> dict[str, Example]:
    """Return what a picture gets in each of its states.

    `empty` maps a pre-trained run to one of the same model that has no snapshots. "loading" and
    "error" get what "ready" does; the answers differ.
    """
    ready = picture.examples.get(READY)
    if ready is None:
        return {}
    states = {READY: ready}
    if ready.waits:
        states |= {"loading": ready, "error": ready}
    if ready.run:
        states["empty"] = replace(ready, run=empty[ready.run])
    return {**states, **picture.examples}


def runs() -> list[str]:
    """List the pre-trained runs that "ready" examples show."""
    examples = (picture.examples.get(READY) for picture in PICTURES.values())
    return sorted({example.run for example in examples if example and example.run})


def views() -> list[View]:
    """Return the views of all pictures, and those that only examples use."""
    by_name = {view.name: view for view in VIEWS}
    for picture in PICTURES.values():
        for example in picture.examples.values():
            for asked in example.asks:
                by_name.setdefault(asked.view.name, asked.view)
    return list(by_name.values())


def pictures(empty: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Describe every picture and its states for the browser."""
    return {
        name.removeprefix("rooms/"): {
            "height": picture.place.height,
            "isolate": picture.isolate,
            "states": {
                state: picture.sent(f"gallery_{state}", example)
                for state, example in examples(picture, empty).items()
            },
        }
        for name, picture in PICTURES.items()
    }
