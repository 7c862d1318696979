"""The board for a projector, with the students in a fold; it follows the class's WebSocket."""

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


Student = Mapping[str, int | bool]

ALONE: list[Student] = [
    {"number": at, "here": at % 4 > 0, "answers": at % 5, "place": at} for at in range(1, 6)
]
TOGETHER: list[Student] = [
    {"number": at, "here": at % 9 > 0, "answers": at % 7, "place": 9} for at in range(6, 126)
]


def _example(
    name: str, students: Sequence[Student], missing: Sequence[tuple[str, str]] = ()
) -> Mapping[str, Any]:
    address = f"http://{name}:8501/class/join"
    return {
        **_shown(Invitation(address, "K7QW4M", "")),
        "live": False,
        "here": sum(each["here"] for each in students),
        "members": len(students),
        "students": students,
        "lessons": {"all": 8, "missing": list(missing)},
    }


MISSING = (
    ("A loop is an RNN", "the page states took more than 600 s: this computer is busy; try again"),
    ("What does the state remember?", ""),
)

EXAMPLES = {
    "ready": Example(settings=_example("192.168.1.5", ALONE)),
    "long": Example(settings=_example("laptop.school.example.org", [*ALONE, *TOGETHER], MISSING)),
}

BOARD = Picture(__file__, Place("class_board", "307px", "580px"), silent=True, examples=EXAMPLES)
