"""A class for tests: its own lessons, a service with a clock that a test moves, and its routes."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from hnviz.app.rooms.classroom.join.page import join_page, train_page
from hnviz.classroom import Classroom, Limits
from hnviz.classroom.store import ClassStore
from hnviz.lessons import Guess, Lesson, Step
from hnviz.web import assets
from hnviz.web.classroom.experiment_routes import experiment_routes
from hnviz.web.classroom.lessons import LessonFiles
from hnviz.web.classroom.routes import class_routes, members_only
from hnviz.web.classroom.service import TEACHER, ClassService
from hnviz.web.guard import Rules, guard
from hnviz.web.http import door

LIVE = "/api/class/live"
HOST = "testserver"  # as the test client names it for a WebSocket
CHOICE, NUMBER, CURVE, SQUARE = (f"counting.{number}" for number in (1, 2, 3, 4))
NO_GUESS = "counting.5"
LIMITS = Limits(members=3, at_once=2, each=3, in_all=4)

GUESSES = (
    Guess(kind="choice", ask="Which?", why="So.", answers=("one", "two", "three"), truth=1),
    Guess(kind="number", ask="How many?", why="So.", low=0, high=100, unit="words", truth=47),
    Guess(
        kind="curve",
        ask="How does it fall?",
        why="So.",
        answers=("0", "100", "200"),
        low=0,
        high=4,
        truth=(3.6, 1.2, 0.4),
    ),
    Guess(kind="square", ask="Where?", why="So.", answers=("a", "b", "c", "d"), columns=2, truth=3),
    None,
)
LESSON = Lesson(
    id="counting",
    title="Counting",
    about="A lesson for tests.",
    steps=tuple(
        Step(title=f"Step {at}", text="Look.", page="data", point="data/guess", guess=guess)
        for at, guess in enumerate(GUESSES, 1)
    ),
)


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_service(
    folder: Path, view: str = "free", under_way: Collection[str] = (), **limits: int
) -> ClassService:
    """A class; `under_way` are the runs that train, which a test may change."""
    limited, clock = Limits(**limits), Clock()
    return ClassService(folder, view=view, limits=limited, clock=clock, jobs=lambda: under_way)


def site(
    service: ClassService,
    folder: Path | None = None,
    more: Collection[Any] = (),
    write: Callable[[str], bytes] = str.encode,
) -> Starlette:
    """The class's routes behind the guard, as the app has them."""
    service.lessons = LessonFiles(folder, write)
    rules = Rules(hosts=(HOST,))
    closed = [members_only(service, lambda: "")] if service.view == "coded" else []
    of_class = [*class_routes(service, join_page()), *experiment_routes(service, train_page())]
    ours = [*of_class, *assets.routes(), *more]
    return Starlette(routes=door(ours), middleware=[guard(lambda: rules), *closed])


@contextmanager
def visiting(app: Starlette, address: str = "10.0.0.7"):
    """A browser at an address, with cookies of its own; all of an app share its event loop."""
    with TestClient(app, base_url=f"http://{HOST}", client=(address, 50_000)) as client:
        yield client


def another(client: TestClient, address: str) -> TestClient:
    """Another browser at the same server."""
    made = TestClient(client.app, base_url=f"http://{HOST}", client=(address, 50_000))
    made.portal = client.portal
    return made


def as_teacher(client: TestClient, service: ClassService) -> TestClient:
    client.cookies.set(TEACHER, service.room.secret)
    return client


def joined(client: TestClient, service: ClassService) -> str:
    """Join; return the token."""
    answer = client.post("/api/class/join", json={"code": service.room.code})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


@contextmanager
def live(client: TestClient, **first: Any) -> Iterator[Any]:
    """A connection, after its first message."""
    with client.websocket_connect(LIVE) as line:
        line.send_json(first)
        yield line


def closed(said: Any) -> WebSocketDisconnect:
    """Hear how a connection ends."""
    with pytest.raises(WebSocketDisconnect) as ended:
        until(said, lambda message: False)
    return ended.value


def turned_away(client: TestClient, **first: Any) -> WebSocketDisconnect:
    """Hear how a connection ends that begins in such a way."""
    with live(client, **first) as said:
        return closed(said)


def heard(said: Any) -> list[Any]:
    """Hear one frame, as a list of messages."""
    frame = said.receive_json()
    return frame if isinstance(frame, list) else [frame]


def until(said: Any, wanted: Callable[[Any], Any], seconds: float = 20.0) -> Any:
    """Hear messages until one is as wanted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for message in heard(said):
            if wanted(message):
                return message
    raise AssertionError("that was never said")


def a_room(*members: str) -> Classroom:
    """A class as a value, with these members."""
    room = Classroom()
    for member in members:
        room = room.joined(member, LIMITS)
    return room


def stored(folder: Path) -> Classroom | None:
    """The class as the next server finds it."""
    store = ClassStore(folder)
    try:
        return store.load()
    finally:
        store.close()
