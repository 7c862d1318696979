"""The board for a projector; it follows the class's WebSocket as the teacher's browser."""

from collections.abc import Mapping, Sequence
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell.host import Invitation, invited
from hnviz.classroom import qr


def board() -> Mapping[str, Any]:
    """Return what the board shows of this server's class; the rest comes by its WebSocket."""
    found = invited()
    if found is None:
        raise ValueError("this server holds no class")
    return _shown(found)


def _shown(into: Invitation) -> dict[str, Any]:
    size, path = qr.path(into.scanned)
    return {"address": into.join, "code": into.code, "qr": {"size": size, "path": path}}


def _example(
    name: str, here: int, members: int, missing: Sequence[tuple[str, str]] = ()
) -> Mapping[str, Any]:
    address = f"http://{name}:8501/class/join"
    return {
        **_shown(Invitation(address, "K7QW4M", "")),
        "live": False,
        "here": here,
        "members": members,
        "lessons": {"all": 8, "missing": list(missing)},
    }


MISSING = (
    ("A loop is an RNN", "the page states took more than 600 s: this computer is busy; try again"),
    ("What does the state remember?", ""),
)

EXAMPLES = {
    "ready": Example(settings=_example("192.168.1.5", 28, 30)),
    "long": Example(settings=_example("teachers-laptop.school.example.org", 412, 500, MISSING)),
}

BOARD = Picture(__file__, Place("class_board", "300px", "560px"), silent=True, examples=EXAMPLES)
