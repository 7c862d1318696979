"""The board for a projector; it follows the class's WebSocket as the teacher's browser."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell.serve import Invitation, invited
from hnviz.classroom import qr
from hnviz.web.classroom.desk import Desk


def board(held: Desk) -> Mapping[str, Any]:
    """Return what the board shows of this server's class; counts as of now."""
    found = invited()
    if found is None:
        raise ValueError("this server holds no class")
    return {**_shown(found), "members": len(held.room.members)}


def _shown(into: Invitation) -> dict[str, Any]:
    size, path = qr.path(into.scanned)
    return {"address": into.join, "code": into.code, "qr": {"size": size, "path": path}}


def _example(name: str, here: int, members: int) -> Mapping[str, Any]:
    address = f"http://{name}:8501/class/join"
    return {
        **_shown(Invitation(address, "K7QW4M", "")),
        "live": False,
        "here": here,
        "members": members,
    }


EXAMPLES = {
    "ready": Example(settings=_example("192.168.1.5", 28, 30)),
    "long": Example(settings=_example("teachers-laptop.school.example.org", 412, 500)),
}

BOARD = Picture(__file__, Place("class_board", "300px", "560px"), silent=True, examples=EXAMPLES)
